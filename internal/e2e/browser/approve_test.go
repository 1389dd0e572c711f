package browser

import (
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// ways are the circumstances in which the main job is done.
var ways = []struct {
	name, engine string
	options      []testkit.BrowserOption
}{
	{"sqlite", "sqlite", nil},
	{"postgres without JavaScript", "postgres", []testkit.BrowserOption{testkit.NoScript()}},
}

// everyWay runs a journey in each of the ways.
func everyWay(t *testing.T, journey func(w *place, p *person)) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{Engine: way.engine})
			journey(w, w.person("person", way.options...))
		})
	}
}

func TestFacebookTwoOfThreePages(t *testing.T) {
	t.Parallel()
	everyWay(t, func(w *place, p *person) {
		l := w.newLink()
		p.open(l.URL)
		p.at(choosePage)
		p.choosePlatform("facebook")
		p.consent("creator")
		p.reads("Creator with three pages", "Harbour Bakery", "Night Market", "Paper Kites")
		p.doesNotRead("You did not allow everything")
		p.pick("Harbour Bakery", "Paper Kites")
		p.at(returnedPage)
		w.wantConnected(l, "facebook", "Harbour Bakery", "Paper Kites")
		w.wantTimes(2, "channel.connected")
		w.wantTimes(1, "session.succeeded")
	})
}

func TestFacebookOnePageLeftTicked(t *testing.T) {
	t.Parallel()
	everyWay(t, func(w *place, p *person) {
		l := w.newLink()
		p.open(l.URL)
		p.choosePlatform("facebook")
		p.consent("creator", "Harbour Bakery", "Paper Kites")
		p.at(returnedPage)
		w.wantConnected(l, "facebook", "Night Market")
	})
}

func TestX(t *testing.T) {
	t.Parallel()
	everyWay(t, func(w *place, p *person) {
		l := w.newLink()
		p.open(l.URL)
		p.choosePlatform("x")
		p.consent("second")
		p.at(returnedPage)
		w.wantConnected(l, "x", "Second account")
	})
}

func TestWithoutRedirectTheWindowCanBeClosed(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person")
	l := w.newLinkWithoutReturn()
	p.open(l.URL)
	p.choosePlatform("facebook")
	p.consent("creator")
	p.pick("Harbour Bakery", "Night Market")
	p.at(closePage)
	p.reads("2 accounts connected", "Harbour Bakery", "Night Market", "You can close this window.")
	p.doesNotRead("Back to")
	names := []string{"Harbour Bakery", "Night Market"}
	w.wantSuccess(l, "facebook", w.wantChannels("facebook", names), names)

	l = w.newLinkWithoutReturn()
	p.open(l.URL)
	p.choosePlatform("x")
	p.consent("creator")
	p.at(closePage)
	p.reads("1 account connected", "Creator account", "You can close this window.")
}
