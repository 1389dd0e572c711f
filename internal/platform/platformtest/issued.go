package platformtest

import (
	"slices"
	"testing"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// runIssued holds what a platform says of a token's app to the truth; one that does not say
// is never known.
func runIssued(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	tells := h.TellsApp && !slices.Contains(h.Silent, h.server)
	check(t, "our own token", h, func(t *testing.T, w *world) {
		ours, known, err := w.issuedTo(t, w.connected(t, creator))
		if ours != tells || known != tells || err != nil {
			t.Errorf("got ours %t, known %t, %v; want %t", ours, known, err, tells)
		}
	})
	check(t, "another app's token", h, func(t *testing.T, w *world) {
		mine := w.app
		w.app = w.otherApp(t)
		c := w.connected(t, creator)
		w.app, c.App = mine, mine
		ours, known, err := w.issuedTo(t, c)
		if ours || known != tells || err != nil {
			t.Errorf("got ours %t, known %t, %v; want another app's, known %t", ours, known, err, tells)
		}
	})
	if !tells {
		return
	}
	check(t, "a dead token", h, func(t *testing.T, w *world) {
		c := w.connected(t, creator)
		w.withdrawn(t, h)
		_, known, err := w.issuedTo(t, c)
		wantRefusal(t, err, platform.ClassPermanent)
		if known {
			t.Error("known of a dead token")
		}
	})
	check(t, "our secret is wrong", h, func(t *testing.T, w *world) {
		c := w.connected(t, creator)
		c.App.ClientSecret = vault.NewSecret("other-canary")
		_, known, err := w.issuedTo(t, c)
		wantRefusal(t, err, platform.ClassConfiguration)
		if known {
			t.Error("known with a wrong secret")
		}
	})
	for name, answer := range broken() {
		check(t, "trouble: "+name, h, func(t *testing.T, w *world) {
			c := w.connected(t, creator)
			w.failWhen(func(string, int) bool { return true }, answer)
			_, known, err := w.issuedTo(t, c)
			if err != nil {
				wantPassing(t, err)
			}
			if known {
				t.Error("known from an answer that is none")
			}
		})
	}
}

func (w *world) issuedTo(t *testing.T, c *platform.Client) (ours, known bool, err error) {
	t.Helper()
	ours, known, err = platform.IssuedTo(t.Context(), w.platform, c)
	w.noLeak(t, err)
	return ours, known, err
}

// otherApp registers a second app, somebody else's, for the same redirect URI.
func (w *world) otherApp(t *testing.T) platform.App {
	t.Helper()
	app, err := register(t, w.platform, w.env, w.lab.Register, registration{
		server: w.input, redirect: w.redirect, app: platform.App{ClientID: "somebody-else", ClientSecret: vault.NewSecret("canary-of-somebody-else")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return app
}
