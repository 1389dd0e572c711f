package alive_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// revokeReplaced says of the open servers that revoking ends one consent's tokens alone.
func revokeReplaced(t testing.TB) func(*config.Config) {
	return func(c *config.Config) {
		withOpen(t)(c)
		files, err := filepath.Glob(filepath.Join(c.CustomPlatforms[len(c.CustomPlatforms)-1], "*.yaml"))
		if err != nil || len(files) == 0 {
			t.Fatalf("files of the open servers: got %v, %v", files, err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			write(t, path, string(text)+"revoke_replaced: true\n")
		}
	}
}

// TestAReconnectionEndsTheConsentBefore: where revoking ends nothing else the old family is
// over at the platform, whether it was refreshed meanwhile or not. The new one lives on, and
// is refreshed. Where that is not known the platform is told nothing.
func TestAReconnectionEndsTheConsentBefore(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		for _, c := range []struct {
			kind
			ends bool
		}{{strict, true}, {grace, true}, {stable, true}, {twitter, false}, {partner, false}} {
			t.Run(engine+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				w := start(t, e2e.Options{Engine: engine, Change: revokeReplaced(t)})
				w.registerOpen(t)
				old := w.consents(t, c.kind, "crowd-1")
				id := old.channels[0].ID
				if c.needs == shortLife {
					w.pass(t, 4*time.Hour, time.Hour)
				}
				before := w.lease(t, id, nil)
				again := w.consents(t, c.kind, "crowd-1")
				w.tell(t)
				if works := w.works(t, c.kind, old.channels[0], before); works == c.ends {
					t.Errorf("the token of the consent before works: %t, want %t", works, !c.ends)
				}
				if got := w.ended(old.family); got != c.ends {
					t.Errorf("the platform was told of the old consent: %t, want %t", got, c.ends)
				}
				if w.ended(again.family) {
					t.Error("the platform was told that the new consent is over")
				}
				lent := w.lease(t, id, nil)
				w.advance(10 * 24 * time.Hour)
				w.rest(t)
				if got := w.health(t, id).String(); got != "healthy nobody" {
					t.Errorf("health: got %q", got)
				}
				later := w.lease(t, id, nil)
				if !w.works(t, c.kind, again.channels[0], later) || c.needs == shortLife && later.Version == lent.Version {
					t.Errorf("ten days later: version %d after %d, want one that works", later.Version, lent.Version)
				}
			})
		}
	}
}

// tell tells the platforms what is to be revoked.
func (w *world) tell(t testing.TB) {
	t.Helper()
	s := w.services[0]
	apps, err := s.DueRevocations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range apps {
		claimed, _, _, err := s.ClaimRevocations(t.Context(), app, hands)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range claimed {
			if err := s.TellPlatform(t.Context(), r); err != nil {
				t.Error(err)
			}
		}
	}
}

// ended tells whether a consent was revoked at the platform while it lived.
func (w *world) ended(family string) bool {
	for _, r := range w.App.Lab.Revocations() {
		if r.Family == family && r.Outcome == lab.RevokeOK && r.Reach == lab.RevokeConsent {
			return true
		}
	}
	return false
}
