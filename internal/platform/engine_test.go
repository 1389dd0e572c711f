package platform_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// plain is a platform that departs from RFC 6749 in nothing.
type plain struct {
	spec     platform.Spec
	identity platform.Identity
	targets  []platform.Target
	err      error
}

func (p plain) Spec() platform.Spec { return p.spec }
func (p plain) Targets(context.Context, *platform.Client) (platform.Identity, []platform.Target, error) {
	return p.identity, p.targets, p.err
}

func plainSpec() platform.Spec {
	return platform.Spec{
		ID: "plain", Name: "Plain",
		AuthorizeURL: "https://plain.example/authorize?tenant=1", TokenURL: "https://api.plain.example/token",
		ClientAuth: platform.AuthBasic, PKCE: platform.PKCES256, ScopeSeparator: " ",
		Scopes:        []platform.Scope{{Name: "read", Feature: "profile", Required: true}, {Name: "post", Feature: "post", Required: true}, {Name: "media", Feature: "media"}},
		GrantedScopes: platform.GrantedInToken,
		Denial:        platform.Denial{Errors: []string{"access_denied", "user_cancelled_login"}},
	}
}

var app = platform.App{ClientID: "id:1 +", ClientSecret: vault.NewSecret("s&c:ret%")}

func TestBegin(t *testing.T) {
	t.Parallel()
	req := platform.AuthorizeRequest{
		App: app, RedirectURI: "https://us.example/oauth/callback/plain", State: "a+b/c=",
		Verifier: vault.NewSecret("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), // RFC 7636 appendix B
	}
	got, err := platform.Begin(t.Context(), platform.Env{}, plain{spec: plainSpec()}, req)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(got.URL, "+") || !strings.Contains(got.URL, "scope=read%20post%20media") {
		t.Errorf("spaces are not %%20: %s", got.URL)
	}
	u, _ := url.Parse(got.URL)
	want := url.Values{
		"tenant": {"1"}, "response_type": {"code"}, "client_id": {"id:1 +"}, "redirect_uri": {req.RedirectURI}, "scope": {"read post media"},
		"state": {"a+b/c="}, "code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	if d := cmp.Diff(want, u.Query()); d != "" {
		t.Errorf("parameters (-want +got):\n%s", d)
	}
	if got := u.Scheme + "://" + u.Host + u.Path; got != "https://plain.example/authorize" {
		t.Errorf("address: got %s", got)
	}
}

func TestBeginWithoutPKCE(t *testing.T) {
	t.Parallel()
	spec := plainSpec()
	spec.PKCE = platform.PKCENone
	got, err := platform.Begin(t.Context(), platform.Env{}, plain{spec: spec}, platform.AuthorizeRequest{State: "s", Verifier: platform.NewVerifier()})
	if err != nil || strings.Contains(got.URL, "code_challenge") {
		t.Errorf("got %s, %v; want no PKCE parameter", got.URL, err)
	}
}

func TestBeginRefusesHalfARequest(t *testing.T) {
	t.Parallel()
	without := plainSpec()
	without.AuthorizeURL = ""
	for name, c := range map[string]struct {
		spec platform.Spec
		req  platform.AuthorizeRequest
	}{
		"no state":    {plainSpec(), platform.AuthorizeRequest{Verifier: platform.NewVerifier()}},
		"no verifier": {plainSpec(), platform.AuthorizeRequest{State: "s"}},
		"no address":  {without, platform.AuthorizeRequest{State: "s", Verifier: platform.NewVerifier()}},
	} {
		if got, err := platform.Begin(t.Context(), platform.Env{}, plain{spec: c.spec}, c.req); err == nil || got.URL != "" {
			t.Errorf("%s: got %q and no error", name, got.URL)
		}
	}
}

func TestNewVerifier(t *testing.T) {
	t.Parallel()
	a, b := platform.NewVerifier().Reveal(), platform.NewVerifier().Reveal()
	if len(a) != 43 || a == b {
		t.Errorf("got %d characters, twice the same: %t; want 43 and new ones", len(a), a == b)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	for word, want := range map[string]bool{"access_denied": true, "user_cancelled_login": true, "server_error": false, "": false, "ACCESS_DENIED": false} {
		if got := platform.Denied(plainSpec(), word); got != want {
			t.Errorf("%q: got %t, want %t", word, got, want)
		}
	}
}

// standIn serves the plain platform's API origin, and counts.
func standIn(t *testing.T, h http.HandlerFunc) (platform.Env, *atomic.Int32) {
	t.Helper()
	var calls atomic.Int32
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	client := httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://api.plain.example": srv.URL}, Timeout: 10 * time.Second})
	t.Cleanup(client.CloseIdle)
	return platform.Env{HTTP: client, Now: time.Now}, &calls
}

func TestExchange(t *testing.T) {
	t.Parallel()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("id%3A1+%2B:s%26c%3Aret%25")) // RFC 6749 §2.3.1
	common := url.Values{"grant_type": {"authorization_code"}, "code": {"the code"}, "redirect_uri": {"https://us.example/cb"}}
	with := func(more ...string) url.Values {
		v := url.Values{}
		for name := range common {
			v.Set(name, common.Get(name))
		}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	for _, c := range []struct {
		auth   platform.ClientAuth
		pkce   platform.PKCE
		header string
		form   url.Values
	}{
		{platform.AuthBasic, platform.PKCES256, basic, with("code_verifier", "v")},
		{platform.AuthBasic, platform.PKCENone, basic, with()},
		{platform.AuthPost, platform.PKCENone, "", with("client_id", "id:1 +", "client_secret", "s&c:ret%")},
		{platform.AuthNone, platform.PKCES256, "", with("client_id", "id:1 +", "code_verifier", "v")},
	} {
		t.Run(string(c.auth)+" "+string(c.pkce), func(t *testing.T) {
			t.Parallel()
			var header http.Header
			var form url.Values
			env, calls := standIn(t, func(w http.ResponseWriter, r *http.Request) {
				_ = r.ParseForm()
				header, form = r.Header, r.PostForm
				_, _ = w.Write([]byte(`{"access_token":"T","expires_in":60}`))
			})
			spec := plainSpec()
			spec.ClientAuth, spec.PKCE = c.auth, c.pkce
			token, err := platform.Exchange(t.Context(), env, plain{spec: spec}, exchange())
			if err != nil || token.Credentials.Access.Reveal() != "T" || calls.Load() != 1 {
				t.Fatalf("got %v after %d calls", err, calls.Load())
			}
			if got := header.Get("Authorization"); got != c.header {
				t.Errorf("Authorization: got %q, want %q", got, c.header)
			}
			if d := cmp.Diff(c.form, form); d != "" {
				t.Errorf("form (-want +got):\n%s", d)
			}
			if got := header.Get("Content-Type"); got != "application/x-www-form-urlencoded" {
				t.Errorf("Content-Type: got %q", got)
			}
		})
	}
}

func exchange() platform.ExchangeRequest {
	return platform.ExchangeRequest{App: app, RedirectURI: "https://us.example/cb", Code: vault.NewSecret("the code"), Verifier: vault.NewSecret("v")}
}

func TestExchangePostsOnceWhateverHappens(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"refused":    func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":"invalid_client"}`, 401) },
		"in trouble": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "the code s&c:ret%", 503) },
		"hung up":    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"redirected": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere?code=the+code", 307) },
		"echoed back": func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			_, _ = w.Write([]byte(r.PostForm.Encode()))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, calls := standIn(t, h)
			_, err := platform.Exchange(t.Context(), env, plain{spec: plainSpec()}, exchange())
			if err == nil || calls.Load() != 1 {
				t.Fatalf("got error %v after %d calls, want one call and an error", err, calls.Load())
			}
			for _, secret := range []string{"the code", "the+code", "s&c:ret%", "ret"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q is in the error: %v", secret, err)
				}
			}
		})
	}
}

func TestExchangeTellsWhetherTheCodeWasSent(t *testing.T) {
	t.Parallel()
	env, _ := standIn(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := platform.Exchange(t.Context(), env, plain{spec: plainSpec()}, exchange())
	var call *httpx.CallError
	if !errors.As(err, &call) || !call.Sent {
		t.Errorf("got %v, want a CallError that was sent", err)
	}
}

func TestExchangeNeedsAnExchangerForSignedAssertions(t *testing.T) {
	t.Parallel()
	spec := plainSpec()
	spec.ClientAuth = platform.AuthJWT
	env, calls := standIn(t, func(http.ResponseWriter, *http.Request) {})
	if _, err := platform.Exchange(t.Context(), env, plain{spec: spec}, exchange()); err == nil || calls.Load() != 0 {
		t.Errorf("got %v after %d calls, want an error and no call", err, calls.Load())
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	profile := platform.Target{Kind: "profile", Role: platform.RoleAccount, ExternalID: "1"}
	blocked := platform.Target{Kind: "page", Role: platform.RoleAccount, ExternalID: "1", Blocked: "no_task"}
	open := platform.Target{Kind: "page", Role: platform.RoleAccount, ExternalID: "1"}
	board := platform.Target{Kind: "board", Role: platform.RoleDestination, ExternalID: "1"}
	all := []string{"post", "read", "extra"}
	for _, c := range []struct {
		name    string
		subject string // as the token said
		told    []string
		id      platform.Identity
		targets []platform.Target
		from    platform.GrantedFrom
		err     error
		reason  string
		want    []platform.Target
	}{
		{name: "fine", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, want: []platform.Target{profile}},
		{name: "same subject", subject: "1", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, want: []platform.Target{profile}},
		{name: "other subject", subject: "2", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, reason: "token_kind"},
		{name: "no subject", told: all, targets: []platform.Target{profile}, reason: "platform_unavailable"},
		{name: "scope not told means as asked", id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, want: []platform.Target{profile}},
		{name: "scope not told by an endpoint", from: platform.GrantedByEndpoint, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, reason: "scopes_missing"},
		{name: "optional scope missing", told: []string{"read", "post"}, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, want: []platform.Target{profile}},
		{name: "required scope missing", told: []string{"read", "media"}, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, reason: "scopes_missing"},
		{name: "identity's scopes rule", told: all, id: platform.Identity{Subject: "1", Scopes: []string{"read"}}, targets: []platform.Target{profile}, reason: "scopes_missing"},
		{name: "no scope", told: []string{}, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile}, reason: "scopes_missing"},
		{name: "scopes before targets", told: []string{}, id: platform.Identity{Subject: "1"}, reason: "scopes_missing"},
		{name: "no target", told: all, id: platform.Identity{Subject: "1"}, reason: "no_targets"},
		{name: "destinations only", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{board}, reason: "no_targets"},
		{name: "all blocked", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{blocked}, want: []platform.Target{blocked}},
		{name: "twice", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{profile, open, profile}, want: []platform.Target{profile, open}},
		{name: "twice, once blocked", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{blocked, open, blocked}, want: []platform.Target{open}},
		{name: "target without id", told: all, id: platform.Identity{Subject: "1"}, targets: []platform.Target{{Kind: "page", Role: platform.RoleAccount}}, reason: "platform_unavailable"},
		{name: "platform's error", err: platform.ErrReauth, reason: "consent_ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			spec := plainSpec()
			if c.from != "" {
				spec.GrantedScopes = c.from
			}
			p := plain{spec: spec, identity: c.id, targets: c.targets, err: c.err}
			id, targets, err := platform.Verify(t.Context(), p, &platform.Client{Scopes: c.told, Subject: c.subject})
			if got := fault.ReasonOf(err); got != c.reason {
				t.Fatalf("reason: got %q, want %q", got, c.reason)
			}
			if d := cmp.Diff(c.want, targets, cmp.AllowUnexported(vault.Secret{})); d != "" {
				t.Errorf("targets (-want +got):\n%s", d)
			}
			if c.reason == "scopes_missing" && id.Subject == "" {
				t.Error("the identity is not told")
			}
		})
	}
}

func TestClientGetDoesNotQuoteAnAddress(t *testing.T) {
	t.Parallel()
	c := &platform.Client{Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{})}}
	_, err := c.Get(t.Context(), "https://a.example/\x7f?access_token=canary")
	if fault.ReasonOf(err) != "platform_unavailable" || strings.Contains(err.Error(), "canary") {
		t.Errorf("got %v", err)
	}
	var out struct{ ID int8 }
	err = platform.Decode(&httpx.Response{Status: 200, Body: []byte(`{"ID":4242424242}`)}, &out)
	if fault.ReasonOf(err) != "platform_unavailable" || strings.Contains(err.Error(), "4242424242") {
		t.Errorf("got %v", err)
	}
}

func TestLabOrigins(t *testing.T) {
	t.Parallel()
	got := platform.LabOrigins("http://127.0.0.1:8080/", []platform.Spec{plainSpec()})
	want := map[string]string{
		"https://plain.example":     "http://127.0.0.1:8080/lab/plain/plain.example",
		"https://api.plain.example": "http://127.0.0.1:8080/lab/plain/api.plain.example",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
