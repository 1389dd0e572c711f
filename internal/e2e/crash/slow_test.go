package crash_test

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// A walk that takes longer than a lease would be resumed for ever: it must come to an
// end that the person can do something about.
func TestSlowerThanALease(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine, "PATCHBAY_PLATFORM_TIMEOUT=400ms") // a lease is six times that
			v := w.visit(t, wallet, "user-1")
			v.decide(t, "approve")
			w.gate.delay.Store(int64(300 * time.Millisecond)) // of nine calls
			v.expectAnswer(t, v.send(t, http.MethodGet, v.callback, nil))
			if s := v.rest(t); s.Status != "failed" {
				t.Fatalf("got %+v, want a session that failed", s)
			}
			w.gate.delay.Store(0)
			v.arrive(t)
			s := v.rest(t)
			if got := []string{s.Attempts[0].Status, s.Attempts[len(s.Attempts)-1].Status}; !slices.Equal(got, []string{"failed", "succeeded"}) {
				t.Errorf("got attempts %v, want the first failed and the last succeeded", got)
			}
			for _, wrong := range violations(w.truth(t)) {
				t.Error(wrong)
			}
		})
	}
}
