package browser

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

const warningPage = "This would disconnect 1 account"

// A consent that unticks a page which a channel uses changes nothing until its person
// has said so.
func TestConsentThatCostsAChannel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options []testkit.BrowserOption
		keep    bool
	}{
		"kept":   {[]testkit.BrowserOption{testkit.Phone(), testkit.Dark()}, true},
		"let go": {[]testkit.BrowserOption{testkit.Desktop(), testkit.Light(), testkit.NoScript()}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", c.options...)
			p.connects("Harbour Bakery", "Night Market")
			before := w.healths()
			p.open(w.nativeSession().ConnectURL)
			p.goTo("facebook", "")
			p.consent("creator", "Night Market")
			p.at(warningPage)
			p.reads("Night Market", "Page", "Nothing has changed yet", "leave all pages ticked")
			p.doesNotRead("Harbour Bakery", "Paper Kites")
			if d := cmp.Diff(before, w.healths()); d != "" {
				t.Errorf("channels at the warning (-before +after):\n%s", d)
			}
			want := map[string]string{"Harbour Bakery": "healthy", "Night Market": "healthy", "Paper Kites": "healthy"}
			if c.keep {
				p.click("Ask again and keep it")
				p.consent("creator")
			} else {
				p.click("Go on without it")
				want["Night Market"] = "error"
			}
			p.pick("Paper Kites")
			p.at(returnedPage)
			if d := cmp.Diff(want, w.healths()); d != "" {
				t.Errorf("channels (-want +got):\n%s", d)
			}
		})
	}
}

// With the keyboard alone, to ask again comes before going on. Where nothing is left to
// choose, going on ends at the application.
func TestWarningByKeyboard(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	p.do("hold the focus", emulation.SetFocusEmulationEnabled(true))
	p.connects("Harbour Bakery", "Night Market")
	session := w.reconnect(w.channels()[0].ID)
	p.open(session.ConnectURL)
	p.tabTo("Continue to Facebook")
	p.step("press Enter", chromedp.KeyEvent(kb.Enter))
	p.consent("creator", "Night Market", "Paper Kites")
	p.at(warningPage)
	p.tabTo("Ask again and keep it")
	p.tabTo("Go on without it")
	p.step("press Enter", chromedp.KeyEvent(kb.Enter))
	p.at(returnedPage)
	w.wantLastReturn(fmt.Sprintf("/callback?session_id=%d&status=succeeded", session.ID))
}

// healths tells each channel's health by its name.
func (w *place) healths() map[string]string {
	w.t.Helper()
	var page struct {
		Data []struct {
			Name   string
			Health struct{ Status string }
		}
	}
	w.call(http.MethodGet, "/v1/channels", "", &page)
	healths := map[string]string{}
	for _, c := range page.Data {
		healths[c.Name] = c.Health.Status
	}
	return healths
}
