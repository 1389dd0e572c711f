package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchbay/internal/fault"
)

func TestEveryCodeHasARowAndKeepsItsCause(t *testing.T) {
	t.Parallel()
	statuses := map[fault.Code]int{
		fault.Invalid: 422, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409,
		fault.RateLimited: 429, fault.ReauthRequired: 409, fault.Denied: 403, fault.PlatformUnavailable: 503,
		fault.PlatformRejected: 502, fault.Unsupported: 501, fault.Internal: 500,
	}
	for _, code := range fault.Codes() {
		err := fmt.Errorf("noun 7: %w", fault.New(code, "a_reason", "A message.").After(1500*time.Millisecond).Because(errors.New("hunter2")))
		w := httptest.NewRecorder()
		writeProblem(w, httptest.NewRequest(http.MethodGet, "/v1/sessions", nil), err)
		if w.Code != statuses[code] {
			t.Errorf("%s: got status %d, want %d", code, w.Code, statuses[code])
		}
		if p := newProblem(err); p.Title == "" || p.Code != string(code) || p.Reason != "a_reason" || p.Detail != "A message." {
			t.Errorf("%s: got %+v, want title, code, reason and message", code, p)
		}
		if all := fmt.Sprint(w.Body, w.Header()); strings.Contains(all, "hunter2") || strings.Contains(all, "noun") {
			t.Errorf("%s: the cause is shown: %s", code, all)
		}
		if got := w.Header().Get("Retry-After"); got != "2" {
			t.Errorf("%s: got Retry-After %q, want 2 whole seconds", code, got)
		}
	}
}

func TestForeignErrorsAreInternal(t *testing.T) {
	t.Parallel()
	p := newProblem(errors.New("hunter2"))
	if p.Status != 500 || strings.Contains(p.Detail+p.Error(), "hunter2") {
		t.Errorf("got %+v, want an internal problem that says nothing", p)
	}
}
