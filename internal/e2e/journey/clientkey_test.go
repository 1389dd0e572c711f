package journey_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// Bluesky's servers know us by a key, which all replicas must have: each of them
// publishes the same, whatever lies on its own disk.
func TestReplicasPublishOneClientKey(t *testing.T) {
	onBoth(t, func(t *testing.T, engine string) {
		public := func(c *config.Config) { c.PublicURL = "https://connect.patchbay.dev" }
		first := e2e.Start(t, e2e.Options{Engine: engine, Change: public, NoLab: true})
		jwks := func(w *e2e.World) string {
			got := w.Call(t, http.MethodGet, "/oauth/bluesky/jwks.json", nil)
			if got.Status != http.StatusOK || len(got.Body) < 100 {
				t.Fatalf("got status %d and %s, want the public key", got.Status, got.Body)
			}
			return string(got.Body)
		}
		want := jwks(first)
		if n := countOn(t, first, engine, `SELECT count(*) FROM apps WHERE platform = 'bluesky' AND sealed IS NOT NULL`); n != 1 {
			t.Errorf("got %d sealed client keys, want 1", n)
		}
		if engine != "postgres" {
			return // one process a database
		}
		second := e2e.Start(t, e2e.Options{Engine: engine, Beside: first, NoLab: true, Change: func(c *config.Config) {
			public(c)
			if err := os.WriteFile(filepath.Join(c.DataDir, "bluesky-client-key.pem"), []byte("another"), 0o600); err != nil {
				t.Error(err)
			}
		}})
		if got := jwks(second); got != want {
			t.Errorf("the second replica publishes another key:\n%s\n%s", got, want)
		}
	})
}
