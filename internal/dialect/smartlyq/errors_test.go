package smartlyq

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// leak is what no caller may ever see.
const leak = "token hunter2 of host db.internal"

func answerTo(err error) *httptest.ResponseRecorder {
	a := &API{now: time.Now}
	w := httptest.NewRecorder()
	httpx.Handle(a.writeError, func(http.ResponseWriter, *http.Request) error { return err }).
		ServeHTTP(w, httptest.NewRequest(http.MethodGet, accounts, nil))
	return w
}

// told is an error as a client reads it.
type told struct {
	Success *bool
	Error   struct {
		Code, Message string
		Details       map[string]any
	}
	Meta meta
}

func read(t *testing.T, got *httptest.ResponseRecorder) (e told) {
	t.Helper()
	if err := json.Unmarshal(got.Body.Bytes(), &e); err != nil {
		t.Fatalf("%v: %s", err, got.Body)
	}
	return e
}

func TestEveryCodeHasARenderingWithoutTheCause(t *testing.T) {
	t.Parallel()
	for _, code := range fault.Codes() {
		row, ok := renderings[code]
		if !ok {
			t.Errorf("%s: got no row, want one", code)
		}
		got := answerTo(fault.New(code, "reason", "Safe to show.").Because(errors.New(leak)))
		e := read(t, got)
		if got.Code != row.status || got.Code < 400 || e.Success == nil || *e.Success || e.Error.Code != row.code || e.Error.Message == "" || e.Error.Details == nil {
			t.Errorf("%s: got %d %s", code, got.Code, got.Body)
		}
		if strings.Contains(got.Body.String(), "hunter2") {
			t.Errorf("%s: the cause shows: %s", code, got.Body)
		}
	}
	if len(renderings) != len(fault.Codes()) {
		t.Errorf("got %d rows, want one for each of %d codes", len(renderings), len(fault.Codes()))
	}
}

func TestForeignErrorsSayNothing(t *testing.T) {
	t.Parallel()
	got := answerTo(errors.New(leak))
	if e := read(t, got); got.Code != http.StatusInternalServerError || e.Error.Code != "SERVER_ERROR" || strings.Contains(got.Body.String(), "hunter2") {
		t.Errorf("got %d %s, want 500 SERVER_ERROR", got.Code, got.Body)
	}
}

// What the documents promise of single errors: status, code and details.
func TestErrorsOfTheDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err     error
		status  int
		code    string
		details string
	}{
		{connect.ErrKeyUnknown, 401, "INVALID_API_KEY", `{}`},
		{errScope("social:read").because(errors.New(leak)), 403, "INSUFFICIENT_SCOPE", `{"required_scope":"social:read"}`},
		{httpx.ErrBodyNotJSON, 400, "BAD_REQUEST", `{}`},
		{httpx.ErrBodyTooLarge, 413, "PAYLOAD_TOO_LARGE", `{}`},
		{connect.NoSuch("channel"), 404, "RESOURCE_NOT_FOUND", `{}`},
		{connect.ErrDisconnected, 404, "RESOURCE_NOT_FOUND", `{}`},
		{connect.ErrChannelExists, 409, "CONFLICT", `{}`},
		{connect.ErrOnceReused, 409, "IDEMPOTENCY_CONFLICT", `{}`},
		{connect.ErrRedirect, 422, "VALIDATION_ERROR", `{"fields":{"return_url":` + quoted(connect.ErrRedirect.Message) + `}}`},
		{platform.ErrPasswordWrong, 422, "VALIDATION_ERROR", `{"fields":{"app_password":` + quoted(platform.ErrPasswordWrong.Message) + `}}`},
		{platform.ErrHandleUnknown, 422, "VALIDATION_ERROR", `{"fields":{"identifier":` + quoted(platform.ErrHandleUnknown.Message) + `}}`},
		{connect.ErrNotConfigured, 422, "PROVIDER_NOT_CONFIGURED", `{}`},
		{errNotEnabled, 404, "NOT_ENABLED", `{}`},
		{httpx.ErrRate.After(1500 * time.Millisecond), 429, "RATE_LIMITED", `{"retry_after":2}`},
		{platform.ErrUnavailable, 502, "PLATFORM_ERROR", `{}`},
		{platform.ErrRejected, 502, "PLATFORM_ERROR", `{}`},
		{platform.ErrScopesMissing, 403, "CONNECTION_SCOPE_MISSING", `{"reconnect_required":true}`},
		{fault.New(fault.Conflict, "limit_reached", "There are too many."), 403, "LIMIT_REACHED", `{}`},
		{platform.ErrReauth, 409, "CONFLICT", `{"reconnect_required":true}`},
	} {
		got := answerTo(c.err)
		e := read(t, got)
		details, _ := json.Marshal(e.Error.Details)
		if got.Code != c.status || e.Error.Code != c.code || string(details) != c.details || strings.Contains(got.Body.String(), "hunter2") {
			t.Errorf("%v: got %d %s, want %d %s with the details %s", c.err, got.Code, got.Body, c.status, c.code, c.details)
		}
	}
}

func quoted(s string) string {
	b, _ := json.Marshal(s)
	return string(b)
}

func TestRetryAfterIsWholeSeconds(t *testing.T) {
	t.Parallel()
	got := answerTo(httpx.ErrRate.After(1500 * time.Millisecond))
	if got.Code != http.StatusTooManyRequests || got.Header().Get("Retry-After") != "2" {
		t.Errorf("got %d, Retry-After %q, want 429 and 2", got.Code, got.Header().Get("Retry-After"))
	}
}

// The vendor's names, and a moment where the standard's tells seconds from now.
func TestLimitsAreShownInTheVendorsNames(t *testing.T) {
	t.Parallel()
	h := http.Header{}
	h.Set("RateLimit-Limit", "100")
	h.Set("RateLimit-Remaining", "7")
	h.Set("RateLimit-Reset", "30")
	showLimit(h, time.Unix(1_780_000_000, 0))
	for name, want := range map[string]string{"X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "1780000030"} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
