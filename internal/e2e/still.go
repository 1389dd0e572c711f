package e2e

import (
	"net/http"
	"testing"
	"time"

	"patchbay/internal/app"
)

// serveStill serves the listeners and runs nothing beside them.
func (w *World) serveStill(t testing.TB, listeners []app.Listener) {
	t.Cleanup(func() {
		if err := w.App.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	for _, l := range listeners {
		server, done := &http.Server{Handler: l.Handler, ReadHeaderTimeout: 5 * time.Second}, make(chan struct{})
		go func() { defer close(done); _ = server.Serve(l.Listen) }()
		t.Cleanup(func() { _ = server.Close(); <-done })
	}
}
