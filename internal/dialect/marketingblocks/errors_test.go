package marketingblocks

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

// leak is what no caller may ever see.
const leak = "token hunter2 of host db.internal"

func answerTo(err error) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	httpx.Handle(writeError, func(http.ResponseWriter, *http.Request) error { return err }).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, connectStatus, nil))
	return w
}

func TestEveryCodeHasARenderingWithoutTheCause(t *testing.T) {
	t.Parallel()
	for _, code := range fault.Codes() {
		if _, ok := renderings[code]; !ok {
			t.Errorf("%s: got no row, want one", code)
		}
		got := answerTo(fault.New(code, "reason", "Safe to show.").Because(errors.New(leak)))
		body := got.Body.String()
		if got.Code < 400 || !strings.HasPrefix(body, `{"status":false,"message":"`) || strings.Contains(body, "hunter2") {
			t.Errorf("%s: got %d %s", code, got.Code, body)
		}
	}
	if len(renderings) != len(fault.Codes()) {
		t.Errorf("got %d rows, want one for each of %d codes", len(renderings), len(fault.Codes()))
	}
}

func TestForeignErrorsSayNothing(t *testing.T) {
	t.Parallel()
	got := answerTo(errors.New(leak))
	if want := `{"status":false,"message":"Server Error"}`; got.Code != http.StatusInternalServerError || got.Body.String() != want {
		t.Errorf("got %d %s, want 500 %s", got.Code, got.Body, want)
	}
}

func TestRetryAfterIsWholeSeconds(t *testing.T) {
	t.Parallel()
	got := answerTo(fault.New(fault.RateLimited, "rate_limited", "Slow down.").After(1500 * time.Millisecond))
	if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "2" {
		t.Errorf("got %d, Retry-After %q, want 429 and 2", got.Code, got.Header().Get("Retry-After"))
	}
}
