package smartlyq_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
	"patchbay/internal/testkit"
)

// Headless connect at every platform, in Chromium: the link leads straight to the
// platform, everything is connected without a picker, the person is back in the
// application, and polling says so.
func TestHeadless(t *testing.T) {
	t.Parallel()
	w := world{e2e.Start(t, e2e.Options{})}
	for _, c := range []struct{ word, persona, names string }{
		{"facebook", "creator", "Harbour Bakery, Night Market, Paper Kites"},
		{"instagram", "creator", "Clay Studio, lab_morning_ferry"},
		{"twitter", "second", "Second account"},
		{"linkedin", "creator", "Copper Loom, Creator with organizations, Field Notes Press, Tidewater Works"},
	} {
		t.Run(c.word, func(t *testing.T) { w.connectsHeadless(t, c.word, c.persona, c.names) })
	}
	t.Run("denied", w.isDenied)
	t.Run("reconnect", w.reconnects)
}

func (w world) connectsHeadless(t *testing.T, word, persona, names string) {
	l, b := w.asks(t, word), newBrowser(t)
	if !strings.HasPrefix(l.ConnectURL, w.LabURL+"/lab/") {
		t.Errorf("connect_url: got %s, want the platform's own address", l.ConnectURL)
	}
	if got := w.polls(t, l); got.Status != "pending" {
		t.Errorf("before: got %+v, want pending", got)
	}
	b.open(l.ConnectURL)
	b.as(persona).click("Allow")
	b.reads("Back at the application")
	got := w.polls(t, l)
	if got.Status != "connected" || got.Platform != word || got.names() != names || got.Account.AccountID != got.Accounts[0].AccountID {
		t.Errorf("got %+v, want %s connected", got, names)
	}
	if want := fmt.Sprintf("/callback?connected=%d&platform=%s", len(got.Accounts), word); w.returned(t) != want {
		t.Errorf("came back to %s, want %s", w.returned(t), want)
	}
	var listed []int64
	for _, a := range data[[]struct {
		ID       int64
		Platform string
	}](t, w, http.MethodGet, "/accounts", nil, http.StatusOK) {
		if a.Platform == word {
			listed = append(listed, a.ID)
		}
	}
	connected := got.ids()
	slices.Sort(connected)
	if diff := cmp.Diff(connected, listed); diff != "" {
		t.Errorf("accounts (-connected +listed):\n%s", diff)
	}

	arrivals := len(w.Receiver.Arrivals())
	b.open(l.ConnectURL)
	b.as(persona).click("Allow")
	b.reads("This link was already used")
	if diff := cmp.Diff(got, w.polls(t, l)); diff != "" || len(w.Receiver.Arrivals()) != arrivals {
		t.Errorf("after a second arrival (-before +after):\n%s", diff)
	}
}

func (w world) isDenied(t *testing.T) {
	l, b := w.asks(t, "twitter"), newBrowser(t)
	b.open(l.ConnectURL)
	b.click("Deny")
	b.reads("Back at the application")
	if got := w.polls(t, l); got.Status != "expired" || got.Reason != "denied" {
		t.Errorf("got %+v, want expired with the reason denied", got)
	}
	if got, want := w.returned(t), "/callback?connected=0&platform=twitter&error=denied"; got != want {
		t.Errorf("came back to %s, want %s", got, want)
	}
}

// An account whose consent was withdrawn is expired until its person consents again on
// the page of reconnect-url: the same account resumes.
func (w world) reconnects(t *testing.T) {
	id := w.idOf(t, "twitter")
	w.Call(t, http.MethodPost, "/lab/revoke", map[string]any{"platform": "x", "persona": "second"})
	w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", id), nil).Into(t, http.StatusOK, &struct{}{})
	if got := w.health(t, id); got != "expired" {
		t.Errorf("withdrawn: got the health %s, want expired", got)
	}
	told := data[struct {
		ReconnectURL string `json:"reconnect_url"`
	}](t, w, http.MethodGet, fmt.Sprintf("/accounts/%d/reconnect-url", id), nil, http.StatusOK)
	if !strings.HasPrefix(told.ReconnectURL, w.URL+"/connect/twitter?token=") {
		t.Fatalf("reconnect_url: got %s, want our page", told.ReconnectURL)
	}
	b := newBrowser(t)
	b.open(told.ReconnectURL)
	b.reads("Second account")
	b.step("go to X", clickButton("platform", "x"))
	b.as("second").click("Allow")
	if got, again := w.health(t, id), w.idOf(t, "twitter"); got != "connected" || again != id {
		t.Errorf("consented again: got account %d with the health %s, want %d connected", again, got, id)
	}
}

// idOf is the one account of a platform.
func (w world) idOf(t *testing.T, word string) int64 {
	t.Helper()
	var ids []int64
	for _, a := range data[[]struct {
		ID       int64
		Platform string
	}](t, w, http.MethodGet, "/accounts", nil, http.StatusOK) {
		if a.Platform == word {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) != 1 {
		t.Fatalf("accounts of %s: got %v, want one", word, ids)
	}
	return ids[0]
}

// Fifteen minutes, and not one more: who comes back later connects nothing.
func TestFifteenMinutesOnTheClock(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
			clock := lab.NewClock(func() time.Time { return now })
			w := world{e2e.Start(t, e2e.Options{Engine: engine, Clock: clock})}
			inTime, late := w.asks(t, "twitter"), w.asks(t, "twitter")
			if inTime.ExpiresAt != "2026-11-02T09:15:00Z" {
				t.Errorf("expires_at: got %s", inTime.ExpiresAt)
			}
			p, other := e2e.NewPerson(t), e2e.NewPerson(t)
			clock.Advance(15*time.Minute - time.Second)
			first := decide(p, inTime.ConnectURL, "creator", "approve")
			if back := p.Open(first); back.URL.RequestURI() != "/callback?connected=1&platform=twitter" {
				t.Errorf("in the last second: came to %s: %s", back.URL, e2e.Text(back))
			}
			second := decide(other, late.ConnectURL, "second", "approve")
			clock.Advance(time.Second)
			if got := w.polls(t, late); got.Status != "expired" || got.Reason != "" {
				t.Errorf("at expires_at: got %+v, want expired", got)
			}
			page := other.Open(second)
			if got := w.polls(t, late); got.Status != "expired" {
				t.Errorf("after a late arrival (%s): got %+v, want expired", e2e.Text(page), got)
			}
			if got := w.polls(t, inTime); got.Status != "connected" || len(w.Channels(t)) != 1 {
				t.Errorf("got %+v and %d channels, want the one that came in time", got, len(w.Channels(t)))
			}
			again := p.Open(first)
			if got := e2e.Text(again); !strings.Contains(got, "This link was already used") || len(w.Channels(t)) != 1 {
				t.Errorf("the callback again: got %s", got)
			}
		})
	}
}

// Bluesky asks for a handle first, on our page; with an app password it is connected at
// once. The servers are the reference ones.
func TestBluesky(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	w := world{e2e.Start(t, e2e.Options{Change: func(c *config.Config) {
		c.BlueskyPLC, c.BlueskyResolver = servers.PLC, servers.PDS
		c.TrustedOrigins = []string{servers.PLC, servers.PDS}
	}})}
	alice := servers.Accounts[0]
	l := w.asks(t, "bluesky")
	if !strings.HasPrefix(l.ConnectURL, w.URL+"/connect/bluesky?state=") {
		t.Fatalf("connect_url: got %s, want our page", l.ConnectURL)
	}
	b := newBrowser(t)
	b.open(l.ConnectURL)
	b.click("Continue")
	b.signInAtBluesky(alice)
	got := w.polls(t, l)
	if got.Status != "connected" || got.names() != alice.Handle {
		t.Errorf("got %+v, want %s connected", got, alice.Handle)
	}
	if want := "/callback?connected=1&platform=bluesky"; w.returned(t) != want {
		t.Errorf("came back to %s, want %s", w.returned(t), want)
	}

	at := data[struct {
		Platform string
		Account  struct {
			AccountID int64 `json:"account_id"`
			Username  string
		}
	}](t, w, http.MethodPost, "/connect/bluesky", map[string]string{
		"identifier": alice.Handle, "app_password": servers.AppPassword(t, alice, "smartlyq"),
	}, http.StatusCreated)
	if at.Platform != "bluesky" || at.Account.AccountID != got.Account.AccountID || at.Account.Username != alice.Handle {
		t.Errorf("with an app password: got %+v, want the same account %d", at, got.Account.AccountID)
	}
}
