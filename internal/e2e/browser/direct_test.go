package browser

import (
	"fmt"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// A link that leads straight to the platform connects everything there is, once.
func TestDirectLink(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p, other := w.person("person", testkit.Phone(), testkit.Dark()), w.person("other", testkit.NoScript())
	made := w.directSession(t, "facebook", "")
	page := w.URL + "/connect/s/" + made.State.Reveal()
	other.open(page)
	other.at("This link leads to Facebook")
	p.open(made.URL)
	callback := p.answer(allOfCreator())
	p.open(callback)
	p.at(closePage)
	p.reads("3 accounts connected", "You can close this window.")
	w.wantChannels("facebook", []string{"Harbour Bakery", "Night Market", "Paper Kites"})

	before, events := w.channels(), len(w.events())
	for _, who := range []*person{other, p} {
		who.open(callback)
		who.at("This link was already used")
	}
	other.open(page)
	other.at(closePage)
	other.doesNotRead("Harbour Bakery")
	if got := w.channels(); len(got) != len(before) || len(w.events()) != events {
		t.Errorf("a second arrival: got %d channels and %d events, want %d and %d", len(got), len(w.events()), len(before), events)
	}
}

// A refusal leads back at once where there is an address; without one its page offers
// nothing that such a link cannot do.
func TestDirectLinkDenied(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person", testkit.Phone(), testkit.Light())
	p.open(w.directSession(t, "facebook", "").URL)
	p.click("Deny")
	p.at(deniedPage)
	p.reads("ask it for a new one")
	p.doesNotRead("Try again")
	made := w.directSession(t, "x", w.Receiver.URL)
	p.open(made.URL)
	p.click("Deny")
	p.at(returnedPage)
	w.wantReturn(fmt.Sprintf("?session_id=%d&status=failed&reason=denied", made.ID))
	if !strings.HasPrefix(made.URL, w.LabURL) {
		t.Errorf("direct link: got %s, want the platform's own address", made.URL)
	}
}

// directSession is a session whose link is the platform's authorize address.
func (w *place) directSession(t *testing.T, platform, redirectURL string) connect.CreatedDirect {
	t.Helper()
	caller, err := w.App.Service.Authenticate(t.Context(), vault.NewSecret(w.Key))
	if err != nil {
		t.Fatal(err)
	}
	made, err := w.App.Service.CreateDirect(t.Context(), caller, connect.NewSession{
		Origin: connect.OriginNative, Platforms: []string{platform}, Selection: connect.SelectAll, RedirectURL: redirectURL,
	}, connect.Once[connect.CreatedDirect]{})
	if err != nil {
		t.Fatal(err)
	}
	return made
}
