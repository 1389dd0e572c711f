package mastodon_test

import (
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// What a server can do decides what is asked of it, feature by feature.
func TestAuthorizeAsksForWhatTheServerHas(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		metadata map[string]any // nil: none at all
		scope    string
		pkce     bool
		issuer   bool
	}{
		"today":                     {map[string]any{}, "profile", true, false},
		"before 4.3":                {nil, "read:accounts", false, false},
		"discovery without profile": {map[string]any{"scopes_supported": []string{"read"}}, "read:accounts", true, false},
		"discovery without PKCE":    {map[string]any{"code_challenge_methods_supported": nil}, "profile", false, false},
		"PKCE plain only":           {map[string]any{"code_challenge_methods_supported": []string{"plain"}}, "profile", false, false},
		"iss is announced":          {map[string]any{"authorization_response_iss_parameter_supported": true}, "profile", true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.metadata(tt.metadata)
			if tt.metadata == nil {
				delete(w.answers, discovery)
			}
			a, err := w.authorize(t)
			if err != nil {
				t.Fatal(err)
			}
			u, _ := url.Parse(a.URL)
			q := u.Query()
			if got, want := u.Scheme+"://"+u.Host+u.Path, w.url+"/oauth/authorize"; got != want {
				t.Errorf("address: got %s, want %s", got, want)
			}
			if got, want := q.Get("scope"), tt.scope+" write:statuses write:media"; got != want {
				t.Errorf("scope: got %q, want %q", got, want)
			}
			if q.Has("code_challenge") != tt.pkce || q.Get("force_login") != "true" {
				t.Errorf("got %v, want PKCE %t and force_login", q, tt.pkce)
			}
			if tt.issuer != (a.Issuer == w.url+"/") {
				t.Errorf("issuer: got %q", a.Issuer)
			}
			_, err = w.platform.Exchange(t.Context(), w.env, platform.ExchangeRequest{App: w.app(), RedirectURI: redirect, Code: vault.NewSecret("c"), Verifier: vault.NewSecret("v"), Private: a.Private})
			if err != nil {
				t.Error(err)
			}
			want := url.Values{"grant_type": {"authorization_code"}, "code": {"c"}, "redirect_uri": {redirect}, "client_id": {"id"}, "client_secret": {"secret-canary"}}
			if tt.pkce {
				want.Set("code_verifier", "v")
			}
			_, forms := w.sent()
			if d := cmp.Diff(want, forms[len(forms)-1]); d != "" {
				t.Errorf("token request (-want +got):\n%s", d)
			}
		})
	}
}

func TestAuthorizeWithoutAServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.platform.Authorize(t.Context(), w.env, platform.AuthorizeRequest{State: "s", Verifier: platform.NewVerifier()})
	if got := fault.ReasonOf(err); got != "server_invalid" {
		t.Errorf("got %q (%v)", got, err)
	}
	_, err = w.platform.Exchange(t.Context(), w.env, platform.ExchangeRequest{App: w.app()})
	if calls, _ := w.sent(); err == nil || len(calls) != 0 {
		t.Errorf("exchange without private data: got %v and calls %q", err, calls)
	}
}

func TestExchangeAnswers(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status  int
		body    string
		reason  string
		scopes  []string
		expires time.Duration
		refresh string
	}{
		"today":               {status: 200, body: `{"access_token":"t","token_type":"Bearer","scope":"profile write:statuses","created_at":1}`, scopes: []string{"profile", "write:statuses"}},
		"before 4.3":          {status: 200, body: `{"access_token":"t","token_type":"Bearer","scope":"read:accounts write:statuses"}`, scopes: []string{"read:accounts", "write:statuses", "profile"}},
		"both":                {status: 200, body: `{"access_token":"t","scope":"read:accounts profile"}`, scopes: []string{"read:accounts", "profile"}},
		"scope is not told":   {status: 200, body: `{"access_token":"t","token_type":"bearer"}`},
		"a fork that expires": {status: 200, body: `{"access_token":"t","expires_in":600,"refresh_token":"r"}`, expires: 10 * time.Minute, refresh: "r"},
		"forgotten app":       {status: 401, body: `{"error":"invalid_client"}`, reason: "client_unknown"},
		"used code":           {status: 400, body: `{"error":"invalid_grant"}`, reason: "code_expired"},
		"in trouble":          {status: 500, body: `{"error":"invalid_client"}`, reason: "platform_unavailable"},
	} {
		w := newWorld(t)
		w.answer(token, tt.status, tt.body)
		got, err := w.exchange(t)
		if fault.ReasonOf(err) != tt.reason || (tt.reason == "client_unknown") != errors.Is(err, platform.ErrClientUnknown) {
			t.Errorf("%s: got %v, want %q", name, err, tt.reason)
			continue
		}
		if d := cmp.Diff(tt.scopes, got.Scopes); d != "" {
			t.Errorf("%s: scopes (-want +got):\n%s", name, d)
		}
		c := got.Credentials
		if c.Refresh.Reveal() != tt.refresh || tt.expires == 0 != c.ExpiresAt.IsZero() || tt.expires != 0 && c.ExpiresAt != w.env.Now().Add(tt.expires) {
			t.Errorf("%s: got refresh %q, expiry %v", name, c.Refresh.Reveal(), c.ExpiresAt)
		}
	}
}
