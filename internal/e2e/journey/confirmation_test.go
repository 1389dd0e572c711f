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

// waiting brings a session with initiator_check confirm to where it waits for the
// application, and answers its id and the code that came to the redirect URL.
func waiting(t *testing.T, w *e2e.World, p *e2e.Person, owner, persona string) (id int64, link, code string) {
	t.Helper()
	var made struct {
		ID         int64  `json:"id"`
		ConnectURL string `json:"connect_url"`
	}
	w.Call(t, http.MethodPost, "/v1/sessions", map[string]any{
		"owner": map[string]string{"external_id": owner}, "initiator_check": "confirm", "redirect_url": w.Receiver.URL,
	}).Into(t, http.StatusCreated, &made)
	back := p.Open(decide(p, choose(p, made.ConnectURL, "x"), "approve", url.Values{"persona": {persona}}).Redirect)
	code = back.URL.Query().Get("code")
	if code == "" || back.URL.Query().Get("status") != "pending" {
		t.Fatalf("came back to %s, want a code and the status pending", back.URL)
	}
	return made.ID, made.ConnectURL, code
}

type confirmed struct {
	Status string  `json:"status"`
	Reason *string `json:"reason"`
	Ended  *string `json:"ended_at"`
}

func confirm(t *testing.T, w *e2e.World, id int64, code string) e2e.Answer {
	t.Helper()
	return w.Call(t, http.MethodPost, fmt.Sprintf("/v1/sessions/%d/confirm", id), map[string]string{"code": code})
}

// An unconfirmed consent ends with its own reason, also when the link's time is over
// before, and is not told to have worked by a late confirmation.
func TestLateConfirmationIsToldAsSuch(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		clock := newClock()
		w, p := e2e.Start(t, e2e.Options{Engine: engine, Now: clock.now}), e2e.NewPerson(t)
		id, _, code := waiting(t, w, p, "user-1", "creator")
		clock.advance(26 * time.Minute)
		if got := confirm(t, w, id, code); got.Status != http.StatusConflict {
			t.Fatalf("got status %d and %s, want 409", got.Status, got.Body)
		}
		var s confirmed
		w.Call(t, http.MethodGet, fmt.Sprintf("/v1/sessions/%d?wait=10", id), nil).Into(t, http.StatusOK, &s)
		if s.Status != "failed" || s.Reason == nil || *s.Reason != "not_confirmed" {
			t.Errorf("got %+v, want failed with the reason not_confirmed", s)
		}
		if n := countOn(t, w, engine, `SELECT count(*) FROM grants`); n != 0 {
			t.Errorf("got %d grants stored, want the consent erased", n)
		}
	})
}

// Whoever starts over while the application has not confirmed yet loses nothing: going
// back, the page still leads on, and declining elsewhere says nothing of the first.
func TestStartingOverWhileItWaits(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w, p := e2e.Start(t, e2e.Options{Engine: engine}), e2e.NewPerson(t)
		id, link, code := waiting(t, w, p, "user-1", "creator")
		again := p.Open(link + "?choose=1")
		other := p.Submit(p.Form(again, "/platform", "platform=linkedin"), url.Values{"platform": {"linkedin"}})
		found := false
		for _, to := range e2e.Links(p.Open(link)) {
			found = found || strings.Contains(to, "code="+code)
		}
		if !found {
			t.Error("the page no longer leads on with the code")
		}
		back := p.Open(decide(p, other, "deny", nil).Redirect)
		if q := back.URL.Query(); q.Get("status") == "failed" {
			t.Errorf("came back to %s, which tells of a failure while the first waits", back.URL)
		}
		var s confirmed
		confirm(t, w, id, code).Into(t, http.StatusOK, &s)
		if s.Status != "succeeded" || len(w.Channels(t)) != 1 {
			t.Errorf("got %+v and %d channels, want success and 1", s, len(w.Channels(t)))
		}
	})
}

// Two sessions that wait for the same person are confirmed at once: both succeed.
func TestTwoConfirmationsOfOnePerson(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w := e2e.Start(t, e2e.Options{Engine: engine})
		for round := range 5 {
			owner := fmt.Sprintf("user-%d", round)
			var ids [2]int64
			var codes [2]string
			for i := range ids {
				ids[i], _, codes[i] = waiting(t, w, e2e.NewPerson(t), owner, "creator")
			}
			answers := make(chan e2e.Answer, 2)
			for i := range ids {
				go func() { answers <- confirm(t, w, ids[i], codes[i]) }()
			}
			for range ids {
				if got := <-answers; got.Status != http.StatusOK {
					t.Errorf("round %d: got status %d and %s, want 200", round, got.Status, got.Body)
				}
			}
		}
		if n := len(w.Channels(t)); n != 5 {
			t.Errorf("got %d channels, want 5", n)
		}
	})
}

// Two changes of different members at once are both kept.
func TestChangesAtOnceAreAllKept(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		w := e2e.Start(t, e2e.Options{Engine: engine})
		var owner struct {
			ID int64 `json:"id"`
		}
		w.Call(t, http.MethodPost, "/v1/owners", map[string]string{"external_id": "user-1"}).Into(t, http.StatusCreated, &owner)
		type change struct {
			path string
			body map[string]any
		}
		for round := range 15 {
			text := fmt.Sprint("round ", round)
			url := fmt.Sprintf("https://app.example/%d", round)
			ownerPath, spacePath := fmt.Sprintf("/v1/owners/%d", owner.ID), fmt.Sprintf("/v1/workspaces/%d", w.Workspace.ID)
			changes := []change{
				{ownerPath, map[string]any{"name": text}},
				{ownerPath, map[string]any{"reference": text}},
				{spacePath, map[string]any{"name": text}},
				{spacePath, map[string]any{"allowed_redirects": []string{url}}},
			}
			done := make(chan struct{}, len(changes))
			for _, c := range changes {
				go func() {
					defer func() { done <- struct{}{} }()
					if got := w.Call(t, http.MethodPatch, c.path, c.body); got.Status != http.StatusOK {
						t.Errorf("%s: got status %d and %s", c.path, got.Status, got.Body)
					}
				}()
			}
			for range changes {
				<-done
			}
			o, s := string(w.Call(t, http.MethodGet, ownerPath, nil).Body), string(w.Call(t, http.MethodGet, spacePath, nil).Body)
			if strings.Count(o, text) != 2 || !strings.Contains(s, text) || !strings.Contains(s, url) {
				t.Fatalf("round %d: got %s and %s, want every change", round, o, s)
			}
		}
	})
}

// What a stranger sends as a method makes no label of its own.
func TestMetricsKnowNoStrangersMethods(t *testing.T) {
	t.Parallel()
	w := e2e.Start(t, e2e.Options{})
	for i := range 5 {
		w.Call(t, fmt.Sprint("METHOD", i), "/nothing", nil)
	}
	page := string(w.Call(t, http.MethodGet, "/metrics", nil).Body)
	if strings.Contains(page, "METHOD") || !strings.Contains(page, `route="other /"`) {
		t.Error("the metrics hold a method that a stranger made up, or lack the word other")
	}
}

// A forwarding header that contradicts the other must not free anybody from the limits.
func TestContradictingProxiesAreStillLimited(t *testing.T) {
	t.Parallel()
	w, p := e2e.Start(t, e2e.Options{Change: behindProxy}), e2e.NewPerson(t)
	p.Address = "203.0.113.9"
	p.Header = http.Header{"Forwarded": {"for=198.51.100.1"}}
	links := []string{w.NewLink(t, "user-1", "").URL, w.NewLink(t, "user-2", "").URL}
	for i := range 31 {
		got := begin(p, links[i%2], "x")
		if limited := got.Status == http.StatusTooManyRequests; limited != (i == 30) {
			t.Fatalf("attempt %d: got status %d", i+1, got.Status)
		}
	}
}
