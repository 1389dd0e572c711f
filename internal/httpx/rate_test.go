package httpx

import (
	"errors"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"patchbay/internal/fault"
)

func TestRateAllowsTheBurstAndThenTheRate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	l := NewRate(10, time.Second, 3)
	l.now = func() time.Time { return now }
	for i, want := range []struct{ left, reset string }{{"2", "1"}, {"1", "1"}, {"0", "1"}} {
		w := httptest.NewRecorder()
		if err := l.TakeShown(w, "a"); err != nil {
			t.Fatalf("request %d: got %v, want allowed", i, err)
		}
		h := w.Header()
		if h.Get("RateLimit-Limit") != "3" || h.Get("RateLimit-Remaining") != want.left || h.Get("RateLimit-Reset") != want.reset {
			t.Errorf("request %d: got headers %v, want %+v of 3", i, h, want)
		}
	}
	err := l.Take("a")
	var f *fault.Error
	if !errors.Is(err, fault.RateLimited) || !errors.As(err, &f) || f.RetryAfter != 100*time.Millisecond {
		t.Errorf("got %v, want rate limited for 100 ms", err)
	}
	if err := l.Take("b"); err != nil {
		t.Errorf("another caller: got %v, want allowed", err)
	}
	now = now.Add(100 * time.Millisecond)
	if err := l.Take("a"); err != nil {
		t.Errorf("after the wait: got %v, want allowed", err)
	}
	if ErrRate.RetryAfter != 0 {
		t.Error("the shared error was changed")
	}
}

func TestRateForgetsWhoHasEverythingAgain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	l := NewRate(1, time.Second, 2)
	l.now = func() time.Time { return now }
	for i := range maxBuckets - 1 {
		_ = l.Take(strconv.Itoa(i))
	}
	now = now.Add(time.Minute)
	_, _ = l.Take("busy"), l.Take("busy")
	_ = l.Take("one more")
	if len(l.buckets) != 2 {
		t.Errorf("got %d callers remembered, want the busy one and the new one", len(l.buckets))
	}
	if err := l.Take("busy"); !errors.Is(err, fault.RateLimited) {
		t.Errorf("busy: got %v, want still rate limited", err)
	}
	var none *Rate
	if err := errors.Join(none.Take("x"), none.TakeShown(httptest.NewRecorder(), "x")); err != nil {
		t.Errorf("no limit: got %v", err)
	}
}
