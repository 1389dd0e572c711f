package journey_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, engine string)) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, engine)
		})
	}
}

func TestTwoOfThreePages(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		link := w.NewLink(t, "user-1", w.Receiver.URL)
		consent := choose(p, link.URL, "facebook")
		picker := p.Open(decide(p, consent, "approve", nil).Redirect)
		pick(t, p, picker, 2)
		want := "/callback?channel_ids=1,2&platform=facebook&status=success&connect_token=" + link.Token
		if got := w.Receiver.Arrivals(); len(got) != 1 || got[0] != want {
			t.Fatalf("got %q, want %q", got, want)
		}
		s := w.LinkStatus(t, link)
		if s.ConnectStatus != "success" || fmt.Sprint(s.ChannelIDs) != "[1 2]" || s.ChannelID != nil {
			t.Errorf("got status %+v, want success of channels 1 and 2", s)
		}
		if got := len(w.Channels(t)); got != 2 {
			t.Errorf("got %d channels, want 2", got)
		}
	})
}

// A mail scanner, a preview or a prefetch opens links: nothing may come of it.
func TestOpeningALinkConsumesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w := e2e.Start(t, e2e.Options{Engine: engine})
		link := w.NewLink(t, "user-1", "")
		before := w.LinkStatus(t, link)
		for range 20 {
			scanner := e2e.NewPerson(t)
			scanner.Fetch(http.MethodHead, link.URL, nil)
			if page := scanner.Open(link.URL); page.Status != http.StatusOK {
				t.Fatalf("got status %d, want 200", page.Status)
			}
		}
		if got := w.LinkStatus(t, link); got.ConnectStatus != before.ConnectStatus || len(w.Events(t)) != 1 {
			t.Errorf("got %+v and %d events, want what it was before", got, len(w.Events(t)))
		}
		choose(e2e.NewPerson(t), link.URL, "x") // still works
	})
}

// The callback's URL is sent many times at once: the code may be posted only once.
func TestConcurrentCallbacksPostTheCodeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		link := w.NewLink(t, "user-1", w.Receiver.URL)
		callback := decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect
		var wg sync.WaitGroup
		for range 16 {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, callback, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range p.Cookies(w.URL) {
				request.AddCookie(c)
			}
			wg.Go(func() {
				resp, err := http.DefaultTransport.RoundTrip(request)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode >= 500 {
					t.Errorf("got status %d, want no 5xx", resp.StatusCode)
				}
			})
		}
		wg.Wait()
		if got := redeems(w); got != 1 {
			t.Errorf("the code was posted %d times, want once", got)
		}
		if got := len(w.Channels(t)); got != 1 {
			t.Errorf("got %d channels, want 1", got)
		}
	})
}

// redeems counts how often an authorization code was posted to the Lab.
func redeems(w *e2e.World) int {
	n := 0
	for _, c := range w.App.Lab.Calls() {
		if c.Grant == "authorization_code" || (c.Platform == "facebook" && strings.HasSuffix(c.Path, "/oauth/access_token") && c.Grant == "") {
			n++
		}
	}
	return n
}

func TestAnotherBrowserGetsAnHonestPageAndChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		link := w.NewLink(t, "user-1", w.Receiver.URL)
		callback := decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect
		events := len(w.Events(t))
		other := e2e.NewPerson(t).Open(callback)
		if other.Status != http.StatusForbidden || !strings.Contains(e2e.Text(other), "another browser") {
			t.Errorf("got %d %q, want 403 and why", other.Status, e2e.Text(other))
		}
		if strings.Contains(e2e.Text(other), "Creator") {
			t.Error("the page names an account")
		}
		if redeems(w) != 0 || len(w.Events(t)) != events {
			t.Errorf("got %d codes posted and %d new events, want none", redeems(w), len(w.Events(t))-events)
		}
		p.Open(callback) // the person who began can still finish
		if got := w.LinkStatus(t, link).ConnectStatus; got != "success" {
			t.Errorf("got %s, want success", got)
		}
	})
}

func TestReplayedCallbackChangesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		link := w.NewLink(t, "user-1", w.Receiver.URL)
		callback := decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect
		p.Open(callback)
		events := len(w.Events(t))
		again := p.Open(callback)
		if again.Status != http.StatusConflict || !strings.Contains(e2e.Text(again), "already used") {
			t.Errorf("got %d %q, want 409 and that it was already used", again.Status, e2e.Text(again))
		}
		if redeems(w) != 1 || len(w.Events(t)) != events {
			t.Errorf("got %d codes posted and %d new events, want 1 and none", redeems(w), len(w.Events(t))-events)
		}
	})
}

func TestFirstTabThatFinishesWins(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		link := w.NewLink(t, "user-1", w.Receiver.URL)
		first := decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect
		second := decide(p, choose(p, link.URL, "facebook"), "approve", nil).Redirect
		p.Open(first)
		events := len(w.Events(t))
		late := p.Open(second)
		if late.Status >= 500 || redeems(w) != 1 || len(w.Events(t)) != events {
			t.Errorf("the late tab: status %d, %d codes posted, %d new events; want an honest page and nothing changed",
				late.Status, redeems(w), len(w.Events(t))-events)
		}
	})
}

func TestFormsOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", "")
	form := p.Form(p.Open(link.URL), "/platform", "platform=x")
	fields := form.With(url.Values{"platform": {"x"}})
	stranger := e2e.NewPerson(t)
	stranger.Open(w.NewLink(t, "user-2", "").URL) // has a cookie of its own
	cases := map[string]func() e2e.Page{
		"another browser's form token": func() e2e.Page { return stranger.Fetch(http.MethodPost, form.Action, fields) },
		"no cookie":                    func() e2e.Page { return e2e.NewPerson(t).Fetch(http.MethodPost, form.Action, fields) },
		"no form token": func() e2e.Page {
			return p.Fetch(http.MethodPost, form.Action, form.With(url.Values{"platform": {"x"}, "form_token": nil}))
		},
	}
	for name, post := range cases {
		if got := post(); got.Status != http.StatusForbidden || got.Redirect != "" {
			t.Errorf("%s: got %d to %q, want 403", name, got.Status, got.Redirect)
		}
	}
	if got := len(w.App.Lab.Calls()); got != 0 {
		t.Errorf("the platform was asked %d times, want never", got)
	}
}

// Whoever else has the link of a finished session learns no account from it, and is
// not led into the application.
func TestAFinishedLinkTellsOthersNothing(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{}), e2e.NewPerson(t)
	link := w.NewLink(t, "user-1", w.Receiver.URL)
	p.Open(decide(p, choose(p, link.URL, "x"), "approve", nil).Redirect)
	own, other := p.Open(link.URL), e2e.NewPerson(t).Open(link.URL)
	if !strings.Contains(e2e.Text(own), "Creator account") || !strings.Contains(own.Body, w.Receiver.URL) {
		t.Errorf("the own browser: got %q, want the account and the way back", e2e.Text(own))
	}
	if other.Status != http.StatusOK || strings.Contains(e2e.Text(other), "Creator") || strings.Contains(other.Body, w.Receiver.URL) {
		t.Errorf("another browser: got %d %q, want neither account nor way back", other.Status, e2e.Text(other))
	}
}

// A link that has expired begins nothing, but an attempt that began in time has ten
// more minutes.
func TestExpiryAndTheTenMoreMinutes(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		clock := newClock()
		w, p := e2e.Start(t, e2e.Options{Engine: engine, Now: clock.now}), e2e.NewPerson(t)
		finished, forgotten := w.NewLink(t, "user-1", ""), w.NewLink(t, "user-2", "")
		consent := choose(p, finished.URL, "facebook")
		choose(e2e.NewPerson(t), forgotten.URL, "facebook")
		clock.advance(16 * time.Minute)
		if got := w.LinkStatus(t, finished).ConnectStatus; got != "pending" {
			t.Errorf("an attempt is under way: got %s, want pending", got)
		}
		callback := decide(p, consent, "approve", nil).Redirect
		pick(t, p, p.Open(callback), 1)
		if got := w.LinkStatus(t, finished).ConnectStatus; got != "success" {
			t.Errorf("finished within the ten minutes: got %s, want success", got)
		}
		if page := e2e.NewPerson(t).Open(forgotten.URL); !strings.Contains(e2e.Text(page), "expired") {
			t.Errorf("got %q, want that the link has expired", e2e.Text(page))
		}
		clock.advance(10 * time.Minute)
		if got := w.LinkStatus(t, forgotten); got.HTTP != http.StatusNotFound || got.ConnectStatus != "expired" {
			t.Errorf("got %+v, want 404 expired", got)
		}
	})
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Now()} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
