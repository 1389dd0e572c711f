package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// The one that is required is left out with JavaScript.
func TestOptionalPermissionLeftOut(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person", testkit.NoScript())
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.consent("creator", "read_insights")
	p.at(pickerPage)
	p.reads("You did not allow everything", "read statistics")
	p.pick("Harbour Bakery", "Night Market")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Harbour Bakery", "Night Market")
}

func TestOptionalPermissionLeftOutWithoutRedirect(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	p.open(w.newLinkWithoutReturn().URL)
	p.choosePlatform("facebook")
	p.consent("creator", "read_insights", "Paper Kites", "Night Market")
	p.at(closePage)
	p.reads("Without the permissions that you did not give, Harbour Tools cannot:", "read statistics")
}

func TestRequiredPermissionLeftOut(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.consent("creator", "pages_manage_posts")
	p.at(missingPage)
	if got := w.channels(); len(got) != 0 {
		t.Errorf("channels: got %v, want none", got)
	}
	p.click("Try again")
	p.consent("creator", "Harbour Bakery")
	p.pick("Paper Kites")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Paper Kites")
	wantAskedAgain(t, p.watch.visited("/dialog/oauth"))
}

// wantAskedAgain: Facebook's dialog leaves out what was declined before unless it is
// told to ask again. https://developers.facebook.com/docs/facebook-login/web/permissions/
func wantAskedAgain(t *testing.T, dialogs []string) {
	t.Helper()
	var asked []string
	for _, address := range dialogs {
		if len(asked) == 0 || asked[len(asked)-1] != address { // showing and deciding have one address
			asked = append(asked, address)
		}
	}
	if len(asked) != 2 {
		t.Fatalf("consent dialogs: got %v, want two", asked)
	}
	for i, want := range []bool{false, true} {
		if got := strings.Contains(asked[i], "auth_type=rerequest"); got != want {
			t.Errorf("auth_type=rerequest in dialog %d: got %v, want %v", i+1, got, want)
		}
	}
}

func TestPagesLeftOut(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.consent("creator", "Night Market")
	p.at(pickerPage)
	p.reads("Harbour Bakery", "Paper Kites")
	p.doesNotRead("Night Market")
	p.click("Connect") // nothing is ticked yet
	p.at(pickerPage)
	p.reads("Choose at least one entry.")
	p.pick("Harbour Bakery")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Harbour Bakery")
}

func TestPersonWithoutPages(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.consent("nopages")
	p.at(nothingPage)
	p.reads("Usual causes", "business portfolio")
	p.click("Try again")
	p.consent("portfolio")
	p.at(pickerPage)
	p.reads("Tidal Press", "Orchard Radio")
	p.pick("Tidal Press", "Orchard Radio")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Tidal Press", "Orchard Radio")
}

func TestPageThatCannotBeChosenStaysVisible(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.consent("analyst")
	p.at(pickerPage)
	var why string
	p.do("read the blocked row", chromedp.Text(row("Lighthouse Weekly"), &why, chromedp.BySearch),
		chromedp.WaitEnabled(row("Copper Kettle")+"//input", chromedp.BySearch))
	if !strings.Contains(why, "role") {
		t.Errorf("the blocked row says %q, want the reason", why)
	}
	var disabled []map[string]string
	p.do("find blocked rows", chromedp.AttributesAll(`input[name=target]:disabled`, &disabled, chromedp.ByQueryAll))
	if len(disabled) != 1 {
		t.Errorf("blocked rows: got %v, want one", disabled)
	}
	p.pick("Copper Kettle")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Copper Kettle")
}
