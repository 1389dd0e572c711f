package crash_test

import (
	"net/http"
	"testing"
	"time"
)

// A polite stop is no crash: a code that is out comes home, the person gets an answer,
// and what it led to is stored.
func TestStopWaitsForTheCallback(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			v := w.visit(t, onePage, "user-1")
			v.decide(t, "approve")
			w.gate.delay.Store(int64(150 * time.Millisecond))
			exchanged := atCall("GET /oauth/access_token", passing) // the long-lived exchange
			w.gate.set(exchanged)
			done := v.send(t, http.MethodGet, v.callback, nil)
			<-exchanged.reached
			if err := w.program.Stop(); err != nil {
				t.Fatalf("got %v, want a stop without an error\n%s", err, w.program.Log())
			}
			v.expectAnswer(t, done)
			w.gate.delay.Store(0)
			w.start(t)
			if s := v.rest(t); s.Status != "succeeded" || len(s.Attempts) != 1 {
				t.Errorf("got %s after %d attempts, want succeeded after one", s.Status, len(s.Attempts))
			}
			for _, wrong := range violations(w.truth(t)) {
				t.Error(wrong)
			}
		})
	}
}
