package platformtest

import (
	"testing"

	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

func runRevoke(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	revoke := func(t *testing.T, w *world, c alive) error {
		t.Helper()
		err := platform.Revoke(t.Context(), w.env, w.platform, platform.RevokeRequest{App: w.app, Credentials: c.Credentials, Subject: c.Subject})
		w.noLeak(t, err)
		return err
	}
	revoked := func(name string, f func(t *testing.T, w *world, c alive)) {
		check(t, name, h, func(t *testing.T, w *world) {
			if c := w.alive(t, creator); w.spec.Revocation != platform.ReachNone {
				f(t, w, c)
			}
		})
	}
	revoked("the consent is over", func(t *testing.T, w *world, c alive) {
		if err := revoke(t, w, c); err != nil {
			t.Fatal(err)
		}
		_, err := w.probe(t, c)
		wantRefusal(t, err, platform.ClassPermanent, platform.ReasonRevoked, platform.ReasonTokenRefused)
		if platform.Refreshable(w.spec, c.Credentials) {
			_, err = w.refresh(t, c)
			wantRefusal(t, err, platform.ClassPermanent, platform.ReasonRevoked)
		}
	})
	revoked("once more is no error", func(t *testing.T, w *world, c alive) {
		for range 2 {
			if err := revoke(t, w, c); err != nil {
				t.Error(err)
			}
		}
	})
	revoked("over already is no error", func(t *testing.T, w *world, c alive) {
		w.withdrawn(t, h)
		if err := revoke(t, w, c); err != nil {
			t.Error(err)
		}
	})
	revoked("a token that has run out", func(t *testing.T, w *world, c alive) {
		w.later(2 * w.spec.AccessLifetime)
		if err := revoke(t, w, c); err != nil {
			t.Error(err)
		}
		if w.spec.Revocation == platform.ReachUserApp || !c.Credentials.Refresh.Empty() { // something lives on
			w.wantRevoked(t, h, w.spec.Revocation)
		}
	})
	revoked("the platform heard of it", func(t *testing.T, w *world, c alive) {
		if err := revoke(t, w, c); err != nil {
			t.Fatal(err)
		}
		w.wantRevoked(t, h, w.spec.Revocation)
	})
	revoked("with a wrong secret", func(t *testing.T, w *world, c alive) {
		mine := w.app
		w.app.ClientSecret = vault.NewSecret("other-canary")
		wantRefusal(t, revoke(t, w, c), platform.ClassConfiguration)
		w.app = mine
		w.wantAlive(t, c)
	})
	revoked("by another app", func(t *testing.T, w *world, c alive) {
		mine := w.app
		w.app = w.otherApp(t)
		wantRefusal(t, revoke(t, w, c), platform.ClassConfiguration)
		w.app = mine
		w.wantAlive(t, c)
	})
	revoked("trouble is told", func(t *testing.T, w *world, c alive) {
		w.failWhen(func(string, int) bool { return true }, broken()["502 HTML"])
		wantPassing(t, revoke(t, w, c))
	})
}

// wantRevoked looks into the Lab's log for what our app ended, and how far.
func (w *world) wantRevoked(t *testing.T, h Harness, reach platform.Reach) {
	t.Helper()
	log := w.lab.Revocations()
	for _, r := range log {
		whole := reach != platform.ReachUserApp || r.Reach == lab.RevokeUserApp || h.server != "" // there one token is all that the app has of a person
		if r.Outcome == lab.RevokeOK && r.Persona == h.Creator && r.ClientID == w.app.ClientID && whole {
			return
		}
	}
	t.Errorf("the Lab heard of %+v, want %s's consent to be ended by us as %q", log, h.Creator, reach)
}

// wantAlive checks that the consent works as before.
func (w *world) wantAlive(t *testing.T, c alive) {
	t.Helper()
	if proof, err := w.probe(t, c); err != nil || len(proof.Broken) != 0 {
		t.Errorf("the consent no longer works: %v, %v", proof.Broken, err)
	}
}
