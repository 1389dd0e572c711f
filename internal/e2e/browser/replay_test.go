package browser

import (
	"slices"
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// callback is the last address at which the tab came back from a platform.
func (p *person) callback() string {
	p.t.Helper()
	for _, address := range slices.Backward(p.watch.visited("/oauth/callback/")) {
		if strings.Contains(address, "state=") {
			return address
		}
	}
	p.t.Fatalf("%s: no callback was visited", p.name)
	return ""
}

func TestReplayedCallback(t *testing.T) {
	t.Parallel()
	for name, options := range map[string][]testkit.BrowserOption{"with JavaScript": nil, "without": {testkit.NoScript()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", options...)
			l := w.newLink()
			p.open(l.URL)
			p.choosePlatform("facebook")
			p.consent("creator")
			p.at(pickerPage)

			before := w.stand(l)
			p.open(p.callback()) // while the choice is open it leads there
			p.at(pickerPage)
			w.wantUnchanged(l, before)
			p.pick("Harbour Bakery", "Night Market")
			p.at(returnedPage)

			before = w.stand(l)
			p.open(p.callback())
			p.at(replayedPage)
			p.reads("Back to Harbour Tools")
			w.wantUnchanged(l, before)
		})
	}
}

func TestReplayedCallbackOfX(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("x")
	p.click("Deny")
	p.at(deniedPage)
	before := w.stand(l)
	p.open(p.callback())
	p.at(replayedPage)
	w.wantUnchanged(l, before)

	p.click("Start again here")
	p.at(deniedPage)
	p.click("Try again")
	p.consent("creator")
	p.at(returnedPage)
	before = w.stand(l)
	p.open(p.callback())
	p.at(replayedPage)
	w.wantUnchanged(l, before)
}

func TestBackButton(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLink()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.consent("creator")
	p.at(pickerPage)

	before := w.stand(l)
	p.back()
	p.atLab()
	p.consent("analyst") // the answer belongs to a state that is used
	p.at(pickerPage)
	p.reads("Harbour Bakery", "Night Market", "Paper Kites")
	w.wantUnchanged(l, before)

	p.pick("Harbour Bakery", "Night Market")
	p.at(returnedPage)
	w.wantConnected(l, "facebook", "Harbour Bakery", "Night Market")
	before = w.stand(l)
	p.back()
	p.at(successPage)
	p.reads("Harbour Bakery", "Night Market")
	w.wantUnchanged(l, before)
	p.back()
	p.atLab()
	p.consent("analyst")
	p.at(replayedPage)
	w.wantUnchanged(l, before)
}
