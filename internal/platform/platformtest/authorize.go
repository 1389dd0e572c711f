package platformtest

import (
	"maps"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"patchbay/internal/platform"
)

func runAuthorize(t *testing.T, h Harness) {
	check(t, "exact parameters", h, func(t *testing.T, w *world) { exactParameters(t, w, w.authorizeRequest(), nil) })
	check(t, "exact parameters for another account", h, func(t *testing.T, w *world) {
		req := w.authorizeRequest()
		req.Switch = true
		exactParameters(t, w, req, h.Switch)
	})
	check(t, "asking for another account is understood", h, func(t *testing.T, w *world) {
		req := w.authorizeRequest()
		req.Switch, req.Again = true, true
		a, err := platform.Begin(t.Context(), w.env, w.platform, req)
		if err != nil {
			t.Fatal(err)
		}
		if back := w.consent(t, a.URL, choice{persona: h.Creator}); back.Get("code") == "" {
			t.Errorf("got %v", back)
		}
	})
	check(t, "real address", h, realAuthorizeAddress)
	check(t, "spaces as %20", h, func(t *testing.T, w *world) {
		if got := w.begin(t).URL; strings.Contains(got, "+") {
			t.Errorf("a space is encoded as plus: %s", got)
		}
	})
	check(t, "no secret in the address", h, func(t *testing.T, w *world) {
		got := w.begin(t).URL
		for _, secret := range []string{"secret-canary", w.verifier.Reveal()} {
			if strings.Contains(got, secret) {
				t.Errorf("%q is in %s", secret, got)
			}
		}
	})
	check(t, "no call but discovery", h, func(t *testing.T, w *world) {
		w.begin(t)
		requests, _ := w.counted()
		for _, call := range requests {
			if h.server == "" || !strings.HasPrefix(call, "GET ") || !strings.Contains(call, "/.well-known/") {
				t.Errorf("got call %q", call)
			}
		}
	})
	check(t, "no state is refused", h, func(t *testing.T, w *world) {
		req := w.authorizeRequest()
		req.State = ""
		if a, err := platform.Begin(t.Context(), w.env, w.platform, req); err == nil {
			t.Errorf("got %s", a.URL)
		}
	})
	check(t, "asking again is understood", h, func(t *testing.T, w *world) {
		req := w.authorizeRequest()
		req.Again = true
		a, err := platform.Begin(t.Context(), w.env, w.platform, req)
		if err != nil {
			t.Fatal(err)
		}
		if back := w.consent(t, a.URL, choice{persona: h.Creator}); back.Get("code") == "" {
			t.Errorf("got %v", back)
		}
	})
	check(t, "state comes back unchanged", h, func(t *testing.T, w *world) {
		if got := w.consent(t, w.begin(t).URL, choice{persona: h.Creator}).Get("state"); got != state {
			t.Errorf("got %q, want %q", got, state)
		}
	})
	check(t, "denial is recognised", h, func(t *testing.T, w *world) {
		back := w.consent(t, w.begin(t).URL, choice{persona: h.Creator, deny: true})
		if back.Has("code") || !platform.Denied(w.spec, back.Get("error")) || back.Get("state") != state {
			t.Errorf("got %v, want a denial with our state", back)
		}
	})
}

func exactParameters(t *testing.T, w *world, req platform.AuthorizeRequest, more url.Values) {
	t.Helper()
	a, err := platform.Begin(t.Context(), w.env, w.platform, req)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(a.URL)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"response_type": {"code"}, "client_id": {w.app.ClientID}, "redirect_uri": {w.redirect},
		"scope": {strings.Join(w.spec.ScopeNames(), w.spec.ScopeSeparator)}, "state": {state},
	}
	if w.spec.PKCE == platform.PKCES256 { // and otherwise not at all: some platforms refuse it
		want.Set("code_challenge", oauth2.S256ChallengeFromVerifier(w.verifier.Reveal()))
		want.Set("code_challenge_method", "S256")
	}
	maps.Copy(want, w.extra)
	maps.Copy(want, more)
	if d := cmp.Diff(want, u.Query()); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func realAuthorizeAddress(t *testing.T, w *world) {
	got, _, _ := strings.Cut(w.begin(t).URL, "?")
	if got != w.spec.AuthorizeURL {
		t.Errorf("got %s, want %s: the caller passes it through the origin table", got, w.spec.AuthorizeURL)
	}
}
