package journey_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// A link whose time is over while a consent is open must not be written again and
// again by whoever waits for it or looks at it.
func TestWaitingInTheGraceMinutesChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		clock := newClock()
		w, p := e2e.Start(t, e2e.Options{Engine: engine, Now: clock.now}), e2e.NewPerson(t)
		link := w.NewLink(t, "user-1", "")
		consent := choose(p, link.URL, "x")
		clock.advance(16 * time.Minute)
		read := func() (version string) {
			var s struct {
				UpdatedAt string `json:"updated_at"`
			}
			w.Call(t, http.MethodGet, "/v1/sessions/1", nil).Into(t, http.StatusOK, &s)
			return s.UpdatedAt
		}
		before := read()
		clock.advance(time.Second)
		e2e.NewPerson(t).Open(link.URL)
		w.LinkStatus(t, link)
		if after := read(); after != before {
			t.Errorf("updated_at moved from %s to %s though nothing changed", before, after)
		}
		done := make(chan string, 1)
		go func() {
			a := w.Call(t, http.MethodGet, "/v1/sessions/1?wait=60", nil)
			done <- string(a.Body)
		}()
		p.Open(decide(p, consent, "approve", nil).Redirect)
		if body := <-done; !strings.Contains(body, `"status":"succeeded"`) {
			t.Errorf("the waiter was told %s, want the success", body)
		}
	})
}

// When one person's page goes to another person's consent, the first consent is
// erased: nothing uses it.
func TestAReplacedGrantIsErased(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w := e2e.Start(t, e2e.Options{Engine: engine})
		connectPage := func(persona string) {
			p := e2e.NewPerson(t)
			consent := choose(p, w.NewLink(t, "user-1", w.Receiver.URL).URL, "facebook")
			picker := p.Open(decide(p, consent, "approve", url.Values{"persona": {persona}}).Redirect)
			if strings.Contains(picker.URL.Path, "/connect/") {
				pick(t, p, picker, 1)
			}
		}
		connectPage("creator")
		if _, err := execOn(w, engine, `UPDATE grants SET subject = 'somebody else of the same page'`); err != nil {
			t.Fatal(err)
		}
		connectPage("creator")
		var erased, reconnected int
		for _, e := range w.Events(t) {
			switch e.Type {
			case "grant.erased":
				erased++
			case "channel.reconnected":
				reconnected++
			}
		}
		if erased != 1 || reconnected != 1 || len(w.Channels(t)) != 1 {
			t.Errorf("got %d grants erased, %d channels reconnected, %d channels; want 1 of each", erased, reconnected, len(w.Channels(t)))
		}
		if n := countOn(t, w, engine, `SELECT count(*) FROM grants`); n != 1 {
			t.Errorf("got %d grants stored, want 1", n)
		}
	})
}

// Somebody else's browser, with the link still open in it, is not led into the
// application with the channel that another browser connected.
func TestCancelInAnotherBrowserDoesNotReturnItsSuccess(t *testing.T) {
	t.Parallel()
	w, p, other := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", w.Receiver.URL)
	cancel := other.Form(other.Open(link.URL), "/leave", "")
	p.Open(decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect)
	page := other.Submit(cancel, nil)
	if got := w.Receiver.Arrivals(); len(got) != 1 || strings.Contains(e2e.Text(page), "Creator") {
		t.Errorf("got %d arrivals and %q, want the first browser's alone and no account named", len(got), e2e.Text(page))
	}
}

// The session tells of the attempt that ended last, also when an older one comes
// back after a younger one was denied.
func TestTheSessionTellsOfTheAttemptThatEndedLast(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", "")
	older, younger := choose(p, link.URL, "x"), choose(p, link.URL, "x")
	callback := decide(p, older, "approve", nil).Redirect
	p.Open(decide(p, younger, "deny", nil).Redirect)
	p.Open(strings.Replace(callback, "code=", "code=not", 1))
	if s := w.LinkStatus(t, link); s.ConnectStatus != "failed" {
		t.Errorf("got %s, want failed: no attempt is under way", s.ConnectStatus)
	}
}

// The addresses of forms, opened by hand, lead to the session's page.
func TestFormAddressesLeadBack(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", "")
	for _, form := range []string{"platform", "targets", "leave"} {
		page := p.Open(fmt.Sprintf("%s/connect/s/%s/%s", w.URL, link.Token, form))
		if page.Status != http.StatusOK || len(e2e.Text(page)) == 0 || !strings.HasSuffix(page.URL.Path, link.Token) {
			t.Errorf("%s: got %d at %s, want the session's page", form, page.Status, page.URL.Path)
		}
	}
}
