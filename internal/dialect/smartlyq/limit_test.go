package smartlyq_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"patchbay/internal/dialect/smartlyq"
	"patchbay/internal/httpx"
)

func TestTooManyRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	rate := httpx.NewRate(1, time.Hour, 1)
	limit := func(rw http.ResponseWriter, _ *http.Request, keyID int64) error {
		return rate.TakeShown(rw, strconv.FormatInt(keyID, 10))
	}
	w.Handler = httpx.Log(quiet, httpx.Mux(smartlyq.New(w.svc, appOrigin, w.now, limit).Routes()))
	first, second := w.call(http.MethodGet, "/accounts", ""), w.call(http.MethodGet, "/accounts", "")
	if first.Status != http.StatusOK || first.Header.Get("X-RateLimit-Limit") != "1" || first.Header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("the first: got %d %v", first.Status, first.Header)
	}
	reset, err := strconv.ParseInt(second.Header.Get("X-RateLimit-Reset"), 10, 64)
	if until := time.Until(time.Unix(reset, 0)); err != nil || until < 50*time.Minute || until > 2*time.Hour {
		t.Errorf("X-RateLimit-Reset: got %q, want a moment in an hour", second.Header.Get("X-RateLimit-Reset"))
	}
	wait, err := strconv.Atoi(second.Header.Get("Retry-After"))
	if err != nil || wait < 3000 || wait > 3600 {
		t.Errorf("Retry-After: got %q, want up to an hour", second.Header.Get("Retry-After"))
	}
	second.refuses(t, http.StatusTooManyRequests, "RATE_LIMITED", `{"retry_after":`+strconv.Itoa(wait)+`}`)
}
