package alive_test

import (
	"bytes"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// TestTheRunningProgramSeesAMovedClock: nobody drives the engine here. The clock is moved
// as people move it, and what is due then is done by itself.
func TestTheRunningProgramSeesAMovedClock(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			asked := make(listener, 100)
			w := &world{World: e2e.Start(t, e2e.Options{Engine: engine, Log: asked, Change: func(c *config.Config) { c.RateLimit = -1 }})}
			id := w.one(t, twitter, "crowd-1")
			asked.hear(t) // the exchange of the code
			before := w.health(t, id)
			for range 3 {
				w.lab(t, "/lab/clock", map[string]any{"advance_s": (115 * time.Minute).Seconds()})
				asked.hear(t)
				after := w.health(t, id)
				for deadline := time.Now().Add(30 * time.Second); after.ExpiresAt.Equal(*before.ExpiresAt) && time.Now().Before(deadline); {
					after = w.health(t, id) // what was answered is being stored
				}
				if life := after.ExpiresAt.Sub(w.now()); life < 119*time.Minute || after.String() != "healthy nobody" {
					t.Fatalf("got a token that ends in %s, %s; want a new one of two hours", life, after)
				}
				before = after
			}
		})
	}
}

// listener hears in the log when the Lab's X was asked for a token.
type listener chan struct{}

func (l listener) Write(line []byte) (int, error) {
	if bytes.Contains(line, []byte("/lab/x/{host}/2/oauth2/token")) {
		select {
		case l <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}

func (l listener) hear(t *testing.T) {
	t.Helper()
	select {
	case <-l:
	case <-time.After(30 * time.Second):
		t.Fatal("X was not asked for a token within 30 s")
	}
}
