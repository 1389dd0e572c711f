package platformtest

import (
	"testing"

	"patchbay/internal/platform"
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
	revoked("trouble is told", func(t *testing.T, w *world, c alive) {
		w.failWhen(func(string, int) bool { return true }, broken()["502 HTML"])
		wantPassing(t, revoke(t, w, c))
	})
}
