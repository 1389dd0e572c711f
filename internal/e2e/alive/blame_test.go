package alive_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
)

// TestAnAppThatIsRefused: the secret was changed at the platform and not here. The app is
// flagged, no grant is touched, and all go on as soon as the new secret is known.
func TestAnAppThatIsRefused(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, e2e.Options{Engine: engine})
			app, redirect := w.app(t, w.ownApp(t))
			ids := []int64{w.one(t, twitter, "crowd-1"), w.one(t, twitter, "crowd-2")}
			w.appSecret(t, redirect, "second-secret")
			seq := w.seq()
			w.pass(t, 119*time.Minute, time.Minute)
			for _, id := range ids {
				if got := w.health(t, id).String(); got != "healthy nobody" {
					t.Errorf("before the token runs out: got %s, want healthy", got)
				}
				w.lease(t, id, nil)
			}
			if got := w.trouble(t, app); got != "app_rejected" {
				t.Errorf("the app's trouble: got %q, want app_rejected", got)
			}
			if diff := cmp.Diff([]string{"app.troubled app_rejected"}, words(w.news(t))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			w.pass(t, 24*time.Hour, 10*time.Minute)
			for _, id := range ids {
				if got := w.health(t, id).String(); got != "error operator app_rejected" {
					t.Errorf("a day later: got %s, want error operator app_rejected", got)
				}
			}
			if got := len(w.xCalls()); got > 24+10 {
				t.Errorf("X was asked %d times in a day, want about once an hour", got)
			}
			if diff := cmp.Diff([]string{"channel.error app_rejected", "channel.error app_rejected"}, words(w.news(t))); diff != "" {
				t.Errorf("events of the day (-want +got):\n%s", diff)
			}
			w.Call(t, http.MethodPatch, fmt.Sprintf("/v1/apps/%d", app), map[string]any{"client_secret": "second-secret"}).Into(t, http.StatusOK, &struct{}{})
			w.pass(t, time.Minute, 10*time.Second)
			for _, id := range ids {
				if lent := w.lease(t, id, nil); !w.works(t, twitter, channel{ID: id}, lent) || w.health(t, id).String() != "healthy nobody" {
					t.Errorf("a minute after the secret was put right: got %s", w.health(t, id))
				}
			}
			if diff := cmp.Diff(map[string]int{"app.recovered": 1, "channel.recovered": 2}, counted(words(w.news(t)))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if got := len(w.redeems(seq)); got != 2 {
				t.Errorf("got %d redeems, want 2: a refused client redeems nothing", got)
			}
		})
	}
}

// TestARateLimit: X is not asked again before the time that it named.
func TestARateLimit(t *testing.T) {
	t.Parallel()
	date := began.Add(118 * time.Minute) // two minutes before the token ends
	for asked, until := range map[string]func(time.Time) time.Time{
		"":                           func(first time.Time) time.Time { return first.Add(30 * time.Second) },
		"400":                        func(first time.Time) time.Time { return first.Add(400 * time.Second) },
		date.Format(http.TimeFormat): func(time.Time) time.Time { return date },
	} {
		t.Run(asked, func(t *testing.T) {
			t.Parallel()
			w := start(t, e2e.Options{})
			w.ownApp(t)
			w.one(t, twitter, "crowd-1")
			w.lab(t, "/lab/faults", map[string]any{"platform": "x", "path": "/2/oauth2/token", "kind": "status", "status": 429, "retry_after": asked})
			w.pass(t, 3*time.Hour, 10*time.Second)
			calls := w.xCalls()
			if len(calls) < 2 || calls[1].Outcome != "ok" {
				t.Fatalf("got the calls %+v, want one that was limited and one that was not", calls)
			}
			if late := calls[1].At.Sub(until(calls[0].At)); late < 0 || late > time.Minute {
				t.Errorf("asked again %s after it might, want 0s to a minute", late)
			}
			if diff := cmp.Diff([]string{"app.troubled rate_limited", "app.recovered"}, words(w.news(t))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func counted(words []string) map[string]int {
	n := map[string]int{}
	for _, word := range words {
		n[word]++
	}
	return n
}

func (w *world) app(t testing.TB, id int64) (_ int64, redirect string) {
	t.Helper()
	var app struct {
		Redirect string `json:"redirect_uri"`
	}
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/apps/%d", id), nil).Into(t, http.StatusOK, &app)
	return id, app.Redirect
}

// trouble is what keeps the platform from serving an app; empty: nothing.
func (w *world) trouble(t testing.TB, id int64) string {
	t.Helper()
	var app struct{ Trouble *struct{ Reason string } }
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/apps/%d", id), nil).Into(t, http.StatusOK, &app)
	if app.Trouble == nil {
		return ""
	}
	return app.Trouble.Reason
}
