package browser

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

// answer is the address with which the Lab sends the person back who allows
// everything, without going there.
func (p *person) answer(form url.Values) string {
	p.t.Helper()
	p.atLab()
	form.Set("decision", "approve")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(p.location(), form)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	address := resp.Header.Get("Location")
	if !strings.HasPrefix(address, p.w.URL+"/oauth/callback/") {
		p.t.Fatalf("the Lab's answer: got %s to %q, want our callback", resp.Status, address)
	}
	return address
}

// allOfCreator is the form of the creator who unticks nothing.
func allOfCreator() url.Values {
	return url.Values{
		"persona": {"creator"}, "target": {"730100000000101", "730100000000102", "730100000000103"},
		"scope": {"pages_show_list", "pages_read_engagement", "pages_manage_posts", "business_management"},
	}
}

func TestConsentComesBackInAnotherBrowser(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	l := w.newLink()
	first, other := w.person("first"), w.person("other")
	first.open(l.URL)
	first.choosePlatform("facebook")
	callback := first.answer(allOfCreator())

	before := w.stand(l)
	other.open(callback)
	other.at(mismatchPage)
	other.doesNotRead("Harbour Bakery", "Night Market", "Paper Kites", "Creator with three pages")
	w.wantUnchanged(l, before)

	first.open(callback) // the code is still good where it was begun
	first.at(pickerPage)
	if got := w.codesPosted(); got != 1 {
		t.Errorf("codes posted: got %d, want 1", got)
	}
	first.pick("Harbour Bakery", "Paper Kites")
	first.at(returnedPage)
	w.wantConnected(l, "facebook", "Harbour Bakery", "Paper Kites")
}

func TestStartAgainInTheOtherBrowser(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	l := w.newLink()
	first, other := w.person("first"), w.person("other")
	first.open(l.URL)
	first.choosePlatform("x")
	callback := first.answer(url.Values{"persona": {"creator"}})

	before := w.stand(l)
	other.open(l.URL) // a browser with a cookie of its own
	other.open(callback)
	other.at(mismatchPage)
	other.doesNotRead("Creator account", "lab_creator")
	w.wantUnchanged(l, before)

	other.click("Start again here")
	other.at(choosePage)
	other.choosePlatform("x")
	other.consent("second")
	other.at(returnedPage)
	w.wantConnected(l, "x", "Second account")

	before = w.stand(l)
	first.open(callback) // too late now, also where it was begun
	first.at(lateTabPage)
	w.wantUnchanged(l, before)
}
