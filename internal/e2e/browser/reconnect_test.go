package browser

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// The same person consents anew: the id stays, and nothing is to be chosen.
func TestReconnectKeepsTheChannel(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		disconnected bool
		options      []testkit.BrowserOption
	}{
		"living":       {false, []testkit.BrowserOption{testkit.Phone(), testkit.Dark()}},
		"disconnected": {true, []testkit.BrowserOption{testkit.Desktop(), testkit.Light(), testkit.NoScript()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, e2e.Options{})
			p := w.person("person", c.options...)
			p.connects("Harbour Bakery", "Night Market")
			before := w.channels()
			if c.disconnected {
				w.call(http.MethodPost, fmt.Sprintf("/v1/channels/%d/disconnect", before[0].ID), "", &channel{})
			}
			session := w.reconnect(before[0].ID)
			p.open(session.ConnectURL)
			p.at("Connect Harbour Bakery again")
			p.reads("Page", "Nothing else changes", "leave all pages ticked")
			p.doesNotRead("Night Market")
			p.click("Continue to Facebook")
			p.consent("creator")
			p.at(returnedPage)
			if d := cmp.Diff(before, w.channels()); d != "" {
				t.Errorf("channels (-before +after):\n%s", d)
			}
			w.wantLastReturn(fmt.Sprintf("/callback?session_id=%d&status=succeeded", session.ID))
			w.wantTimes(1, "channel.reconnected")
			p.open(session.ConnectURL)
			p.at("Connected again")
		})
	}
}

// Another person is refused, and so is a consent that leaves the page out. Each page
// says how to go on, and the third try does it.
func TestReconnectRefused(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person", testkit.Phone(), testkit.Light())
	p.connects("Night Market")
	before := w.channels()
	session := w.reconnect(before[0].ID)
	p.open(session.ConnectURL)
	p.click("Continue to Facebook")
	p.consent("analyst")
	p.at("That was another account")
	p.reads("The account that is needed", "Night Market", "nothing has changed")
	p.doesNotRead("Copper Kettle", "Lighthouse Weekly")
	w.wantSession(session.ID, "failed", "other_account")
	p.click("Try again")
	p.consent("creator", "Night Market")
	p.at("Night Market was not included")
	p.reads("It was not ticked", "leave all pages ticked")
	p.doesNotRead("Harbour Bakery")
	w.wantSession(session.ID, "failed", "target_missing")
	if d := cmp.Diff(before, w.channels()); d != "" {
		t.Errorf("channels after two refusals (-before +after):\n%s", d)
	}
	w.wantTimes(0, "channel.reconnected")
	p.click("Try again")
	p.consent("creator")
	p.at(returnedPage)
	if d := cmp.Diff(before, w.channels()); d != "" {
		t.Errorf("channels (-before +after):\n%s", d)
	}
}

// What was typed at the first time is there at the second.
func TestReconnectFillsInTheServer(t *testing.T) {
	t.Parallel()
	w := begin(t, e2e.Options{})
	p := w.person("person", testkit.Phone(), testkit.Dark())
	p.open(w.nativeSession().ConnectURL)
	p.goTo("mastodon", "mastodon.example")
	p.consent("creator")
	p.at(returnedPage)
	before := w.channels()
	p.open(w.reconnect(before[0].ID).ConnectURL)
	p.at("Connect " + before[0].Name + " again")
	p.click("Continue")
	p.at("Connect " + before[0].Name + " again")
	var filled string
	p.do("read the field", chromedp.Value("#field", &filled, chromedp.ByQuery))
	if filled != "mastodon.example" {
		t.Errorf("field: got %q, want the channel's server", filled)
	}
	p.click("Continue")
	p.consent("second")
	p.at("That was another account")
	p.click("Try again with another account")
	p.click("Continue")
	p.consent("creator")
	p.at(returnedPage)
	if d := cmp.Diff(before, w.channels()); d != "" {
		t.Errorf("channels (-before +after):\n%s", d)
	}
}

// connects has the creator connect these pages, of three.
func (p *person) connects(pages ...string) {
	p.t.Helper()
	p.open(p.w.nativeSession().ConnectURL)
	p.goTo("facebook", "")
	p.consent("creator")
	p.pick(pages...)
	p.at(returnedPage)
}

// reconnect is a session that is pinned to a channel; its person returns to the receiver.
func (w *place) reconnect(id int64) nativeSession {
	w.t.Helper()
	var s nativeSession
	w.call(http.MethodPost, fmt.Sprintf("/v1/channels/%d/reconnect", id), fmt.Sprintf(`{"redirect_url":%q}`, w.Receiver.URL), &s)
	return s
}

// wantLastReturn fails unless the last visit to the application brought this.
func (w *place) wantLastReturn(want string) {
	w.t.Helper()
	arrivals := w.Receiver.Arrivals()
	if len(arrivals) == 0 || arrivals[len(arrivals)-1] != want {
		w.t.Errorf("last return: got %v, want %s", arrivals, want)
	}
}
