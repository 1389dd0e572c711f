package platformtest

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/fault"
)

// broken is everything that a platform in trouble, or something between, answers with.
// Each tries to have its text repeated.
func broken() map[string]http.HandlerFunc {
	answer := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	return map[string]http.HandlerFunc{
		"500":            answer(500, "application/json", `{"error":"canary"}`),
		"502 HTML":       answer(502, "text/html", "<html><h1>canary</h1>"),
		"503 empty":      answer(503, "text/plain", ""),
		"429":            answer(429, "application/json", `{"title":"canary"}`),
		"200 HTML":       answer(200, "text/html", "<html><h1>canary</h1>"),
		"200 empty":      answer(200, "application/json", ""),
		"200 null":       answer(200, "application/json", "null"),
		"200 object":     answer(200, "application/json", "{}"),
		"200 list":       answer(200, "application/json", `["canary"]`),
		"200 cut off":    answer(200, "application/json", `{"data":[{"id":"canary`),
		"200 wrong type": answer(200, "application/json", `{"data":4242424242,"access_token":4242424242,"id":4242424242}`),
		"oversized":      answer(200, "application/json", `{"pad":"`+strings.Repeat("canary ", 200_000)+`"}`),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path+"/followed?canary=1", http.StatusTemporaryRedirect)
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
}

func runFaults(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	for name, answer := range broken() {
		check(t, "token endpoint: "+name, h, func(t *testing.T, w *world) { tokenFault(t, w, creator, answer) })
		check(t, "API: "+name, h, func(t *testing.T, w *world) { apiFault(t, w, creator, answer) })
	}
	check(t, "each call of an exchange", h, func(t *testing.T, w *world) {
		never := func(string, int) bool { return false }
		req := w.exchangeRequest(t, creator)
		w.failWhen(never, nil) // counts from here
		if _, err := w.exchange(t, req); err != nil {
			t.Fatal(err)
		}
		calls, _ := w.counted()
		for n := range len(calls) {
			w.failWhen(never, nil)
			req := w.exchangeRequest(t, creator)
			w.failWhen(func(_ string, i int) bool { return i == n+1 }, broken()["502 HTML"])
			_, err := w.exchange(t, req)
			wantReason(t, err, "platform_unavailable")
		}
	})
	personas := slices.Sorted(maps.Keys(h.Others))
	for _, persona := range append(personas, h.Creator) {
		check(t, "each call of a verification: "+persona, h, func(t *testing.T, w *world) { eachCall(t, w, choice{persona: persona}) })
	}
	t.Run("nobody answers", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, h, 250*time.Millisecond)
		tokenFault(t, w, creator, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	})
}

// eachCall breaks one call of a verification after another.
func eachCall(t *testing.T, w *world, c choice) {
	t.Helper()
	client := w.connected(t, c)
	w.failWhen(func(string, int) bool { return false }, nil)
	if _, _, err := w.verify(t, client); err != nil {
		t.Fatal(err)
	}
	calls, _ := w.counted()
	for n := range len(calls) {
		w.failWhen(func(_ string, i int) bool { return i == n+1 }, broken()["502 HTML"])
		if _, _, err := w.verify(t, client); fault.ReasonOf(err) != "platform_unavailable" {
			t.Errorf("call %s broke: got %v, want platform_unavailable", calls[n], err)
		}
	}
}

// tokenFault: one post, no second try, a class that blames nobody, no secret.
func tokenFault(t *testing.T, w *world, c choice, answer http.HandlerFunc) {
	t.Helper()
	req := w.exchangeRequest(t, c)
	w.failWhen(func(string, int) bool { return true }, answer)
	token, err := w.exchange(t, req)
	wantReason(t, err, "platform_unavailable")
	if !token.Credentials.Access.Empty() {
		t.Error("got credentials with an error")
	}
	if requests, codes := w.counted(); len(requests) != 1 || codes != 1 {
		t.Errorf("got calls %q, want the code to be posted once", requests)
	}
}

// apiFault: the same for what is asked with the token.
func apiFault(t *testing.T, w *world, c choice, answer http.HandlerFunc) {
	t.Helper()
	client := w.connected(t, c)
	w.failWhen(func(string, int) bool { return true }, answer)
	id, targets, err := w.verify(t, client)
	wantReason(t, err, "platform_unavailable")
	if id.Subject != "" || len(targets) != 0 {
		t.Error("got an identity or targets with an error")
	}
	if requests, _ := w.counted(); strings.Contains(fmt.Sprint(requests), "followed") {
		t.Errorf("a redirect was followed: %q", requests)
	}
}
