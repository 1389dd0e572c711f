package platformtest

import (
	"io"
	"net/http"
	"testing"

	"patchbay/internal/platform"
)

// runRefresh holds refreshes to what the model says; a platform whose consents cannot be
// refreshed has nothing to show.
func runRefresh(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	refreshed := func(name string, f func(t *testing.T, w *world, c alive)) {
		check(t, name, h, func(t *testing.T, w *world) {
			if c := w.alive(t, creator); platform.Refreshable(w.spec, c.Credentials) {
				f(t, w, c)
			}
		})
	}
	refreshed("what comes back works", refreshWorks)
	refreshed("what the answer leaves out stays", refreshKeeps)
	refreshed("a withdrawn consent is permanent", func(t *testing.T, w *world, c alive) {
		w.withdrawn(t, h)
		_, err := w.refresh(t, c)
		wantRefusal(t, err, platform.ClassPermanent, platform.ReasonRevoked)
	})
	refreshed("a spent refresh token is permanent", func(t *testing.T, w *world, c alive) {
		if _, err := w.refresh(t, c); err != nil {
			t.Fatal(err)
		}
		if _, err := w.refresh(t, c); w.spec.Refresh == platform.RefreshRotating {
			wantRefusal(t, err, platform.ClassPermanent, platform.ReasonRevoked)
		} else if err != nil {
			t.Errorf("refreshed again: %v", err)
		}
	})
	refreshed("our app is refused", func(t *testing.T, w *world, c alive) {
		w.app.ClientID = "unknown"
		_, err := w.refresh(t, c)
		wantRefusal(t, err, platform.ClassConfiguration)
	})
	for name, answer := range broken() {
		refreshed("token endpoint: "+name, func(t *testing.T, w *world, c alive) {
			w.failWhen(func(string, int) bool { return true }, answer)
			token, err := w.refresh(t, c)
			wantPassing(t, err)
			if requests, _ := w.counted(); len(requests) != 1 || !token.Credentials.Access.Empty() {
				t.Errorf("got credentials with an error, or not one call: %q", requests)
			}
		})
	}
}

func refreshWorks(t *testing.T, w *world, c alive) {
	w.later(w.spec.AccessLifetime / 2)
	w.failWhen(func(string, int) bool { return false }, nil) // counts from here
	token, err := w.refresh(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if requests, _ := w.counted(); len(requests) != 1 {
		t.Errorf("got calls %q, want one", requests)
	}
	same := token.Credentials.Refresh.Equal(c.Credentials.Refresh)
	if same == (w.spec.Refresh == platform.RefreshRotating) {
		t.Errorf("the refresh token is the same: %t, with the model %q", same, w.spec.Refresh)
	}
	if !token.Credentials.ExpiresAt.After(w.now()) {
		t.Errorf("ends %v, which is over", token.Credentials.ExpiresAt)
	}
	c.Credentials = token.Credentials
	if proof, err := w.probe(t, c); err != nil || len(proof.Broken) != 0 {
		t.Errorf("probe with the new token: got %v, %v", proof.Broken, err)
	}
}

func refreshKeeps(t *testing.T, w *world, c alive) {
	w.failWhen(func(string, int) bool { return true }, func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, `{"access_token":"new","token_type":"bearer","expires_in":3600}`)
	})
	token, err := w.refresh(t, c)
	if err != nil || token.Credentials.Access.Reveal() != "new" {
		t.Fatalf("got %v", err)
	}
	if !token.Credentials.Refresh.Equal(c.Credentials.Refresh) || !token.Credentials.Extra.Equal(c.Credentials.Extra) ||
		!token.Credentials.RefreshExpiresAt.Equal(c.Credentials.RefreshExpiresAt) {
		t.Error("the refresh token, its end, or the platform's own did not stay")
	}
}
