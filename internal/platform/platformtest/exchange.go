package platformtest

import (
	"net/url"
	"slices"
	"testing"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

func runExchange(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	check(t, "credentials", h, func(t *testing.T, w *world) { credentials(t, w, creator) })
	check(t, "code is posted once", h, func(t *testing.T, w *world) {
		w.connected(t, creator)
		if requests, codes := w.counted(); codes != 1 {
			t.Errorf("the code was sent %d times: %q", codes, requests)
		}
	})
	check(t, "every call is in the origin table", h, func(t *testing.T, w *world) { inside(t, w, creator) })

	refused := func(name string, change func(*world, *platform.ExchangeRequest), reasons ...string) {
		check(t, name, h, func(t *testing.T, w *world) {
			req := w.exchangeRequest(t, creator)
			change(w, &req)
			token, err := w.exchange(t, req)
			wantReason(t, err, reasons...)
			if !token.Credentials.Access.Empty() {
				t.Error("got credentials with an error")
			}
			if _, codes := w.counted(); codes != 1 {
				t.Errorf("the code was sent %d times", codes)
			}
		})
	}
	ours := "platform_rejected"
	if h.server != "" {
		ours = "client_unknown" // the server's app, not the operator's
	}
	refused("wrong secret", func(_ *world, r *platform.ExchangeRequest) { r.App.ClientSecret = vault.NewSecret("other-canary") }, ours)
	refused("unknown client", func(_ *world, r *platform.ExchangeRequest) { r.App.ClientID = "unknown" }, ours)
	refused("wrong redirect URI", func(_ *world, r *platform.ExchangeRequest) { r.RedirectURI += "/" }, "platform_rejected", "code_expired")
	refused("code that is none", func(_ *world, r *platform.ExchangeRequest) { r.Code = vault.NewSecret("code-canary") }, "platform_rejected", "code_expired")
	refused("code that is too old", func(w *world, _ *platform.ExchangeRequest) { w.later(time.Hour) }, "code_expired")
	if h.spec().PKCE == platform.PKCES256 {
		refused("wrong verifier", func(_ *world, r *platform.ExchangeRequest) { r.Verifier = platform.NewVerifier() }, "platform_rejected", "code_expired")
	}
	check(t, "code that was used", h, func(t *testing.T, w *world) {
		req := w.exchangeRequest(t, creator)
		if _, err := w.exchange(t, req); err != nil {
			t.Fatal(err)
		}
		_, err := w.exchange(t, req)
		wantReason(t, err, "code_expired")
	})
}

func credentials(t *testing.T, w *world, c choice) {
	got := w.connected(t, c).Credentials
	if got.Access.Empty() {
		t.Error("no access token")
	}
	rotating := w.spec.Refresh == platform.RefreshRotating || w.spec.Refresh == platform.RefreshRotatingGrace || w.spec.Refresh == platform.RefreshStable
	if rotating == got.Refresh.Empty() && !w.spec.RefreshOptional {
		t.Errorf("refresh token: got %t with refresh model %q", !got.Refresh.Empty(), w.spec.Refresh)
	}
	left := got.ExpiresAt.Sub(w.now())
	switch want := w.spec.AccessLifetime; {
	case want == 0 && !got.ExpiresAt.IsZero():
		t.Errorf("expires in %v, want never", left)
	case want > 0 && (left < want/2 || left > want*2): // the answer rules, but it should look like the documentation
		t.Errorf("expires in %v, documented are %v", left, want)
	}
}

// inside connects an account and looks at every call: the Lab refuses a wrong host,
// and a call to an origin outside the table never comes here.
func inside(t *testing.T, w *world, c choice) {
	if _, _, err := w.verify(t, w.connected(t, c)); err != nil {
		t.Fatal(err)
	}
	for _, call := range w.lab.Calls() {
		if call.Outcome == "wrong_host" || call.Outcome == "not_found" || !slices.Contains(w.spec.AllOrigins(), "https://"+call.Host) {
			t.Errorf("%s %s at %s: %s", call.Method, call.Path, call.Host, call.Outcome)
		}
	}
	token, _ := url.Parse(w.spec.TokenURL)
	requests, _ := w.counted()
	if !slices.Contains(requests, "POST https://"+token.Host+token.Path) {
		t.Errorf("no token request among %q", requests)
	}
}
