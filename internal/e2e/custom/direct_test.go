package custom_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/custom"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// direct is the platform's code alone with the server.
type direct struct {
	server testkit.OIDCServer
	client testkit.OIDCClient
	p      *custom.Platform
	app    platform.App
	env    platform.Env
}

const callback = "http://127.0.0.1:9/oauth/callback/acme" // nobody is there: the test reads the address

func newDirect(t *testing.T, v variant) direct {
	t.Helper()
	d := direct{server: testkit.OIDC(t)}
	d.client = d.server.Register(t, callback, v.bound)
	trusted := []string{d.server.Issuer}
	list, err := custom.Load([]string{filepath.Dir(describe(t, d.server, d.client, v))}, custom.Options{Trusted: trusted})
	if err != nil {
		t.Fatal(err)
	}
	client := httpx.NewClient(httpx.ClientConfig{Trusted: trusted, Timeout: time.Minute})
	t.Cleanup(client.CloseIdle)
	d.p, d.app = list[0], platform.App{ClientID: d.client.ID, ClientSecret: vault.NewSecret(d.client.Secret)}
	d.env = platform.Env{HTTP: client, Now: time.Now}
	return d
}

// consent lets a person consent at the server and redeems the code.
func (d direct) consent(t *testing.T, who string) platform.Credentials {
	t.Helper()
	req := platform.AuthorizeRequest{App: d.app, RedirectURI: callback, State: "state", Verifier: platform.NewVerifier()}
	auth, err := platform.Begin(t.Context(), d.env, d.p, req)
	if err != nil {
		t.Fatal(err)
	}
	p := e2e.NewPerson(t)
	page := signIn(t, d.server, p, p.Open(auth.URL), who)
	form := p.Form(page, "", "")
	for page = p.Fetch(form.Method, form.Action, form.Fields); !strings.HasPrefix(page.Redirect, callback); {
		page = p.Fetch(http.MethodGet, page.Redirect, nil)
	}
	back, err := url.Parse(page.Redirect)
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Query().Get("iss"); got != auth.Issuer || got != d.server.Issuer {
		t.Errorf("iss: got %q, wanted by the attempt: %q, want %q", got, auth.Issuer, d.server.Issuer)
	}
	token, err := platform.Exchange(t.Context(), d.env, d.p, platform.ExchangeRequest{
		App: d.app, RedirectURI: callback, Code: vault.NewSecret(back.Query().Get("code")), Verifier: req.Verifier, Private: auth.Private,
	})
	if err != nil {
		t.Fatal(err)
	}
	return token.Credentials
}

func (d direct) refresh(t *testing.T, c platform.Credentials) (platform.Credentials, error) {
	t.Helper()
	token, err := platform.Refresh(t.Context(), d.env, d.p, platform.RefreshRequest{App: d.app, Credentials: c})
	return token.Credentials, err
}

// checkDead: a refresh says that the consent is over.
func (d direct) checkDead(t *testing.T, what string, c platform.Credentials) {
	t.Helper()
	_, err := d.refresh(t, c)
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassPermanent || no.Reason != platform.ReasonRevoked {
		t.Errorf("%s: got %v, want that the consent is revoked", what, err)
	}
}

// TestRotation: each refresh brings another refresh token, and one used twice ends all:
// so the log on which the races rely sees a reuse.
func TestRotation(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			d := newDirect(t, v)
			first := d.consent(t, subject(t))
			second, err := d.refresh(t, first)
			if err != nil {
				t.Fatal(err)
			}
			if second.Refresh.Equal(first.Refresh) || second.Access.Equal(first.Access) || !second.Extra.Equal(first.Extra) {
				t.Error("got the same tokens, or another key; want new tokens under the same key")
			}
			if id, _, err := d.p.Targets(t.Context(), &platform.Client{Env: d.env, App: d.app, Credentials: second}); err != nil || id.Subject != subject(t) {
				t.Errorf("identity with the new token: got %q, %v, want %s", id.Subject, err, subject(t))
			}
			d.checkDead(t, "the first token again", first)
			d.checkDead(t, "its successor", second)
			seen := d.server.Refreshes(t, d.client)
			if len(seen) != 3 || seen[0].Token != seen[1].Token || seen[0].Outcome != "ok" || seen[1].Outcome != "invalid_grant" {
				t.Errorf("the server saw %+v, want the first token twice, then its successor", seen)
			}
		})
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			d := newDirect(t, v)
			c := d.consent(t, subject(t))
			if err := platform.Revoke(t.Context(), d.env, d.p, platform.RevokeRequest{App: d.app, Credentials: c}); err != nil {
				t.Fatal(err)
			}
			d.checkDead(t, "a refresh after it was revoked", c)
			_, _, err := d.p.Targets(t.Context(), &platform.Client{Env: d.env, App: d.app, Credentials: c})
			if no := platform.RefusalOf(err); no == nil || no.Reason != platform.ReasonTokenRefused {
				t.Errorf("its access token: got %v, want it refused", err)
			}
			if err := platform.Revoke(t.Context(), d.env, d.p, platform.RevokeRequest{App: d.app, Credentials: c}); err != nil {
				t.Errorf("revoked again: got %v, want no error", err)
			}
		})
	}
}

// TestWithoutTheKey: a bound token is worthless under another key, and so is one that
// nothing binds any more.
func TestWithoutTheKey(t *testing.T) {
	t.Parallel()
	d := newDirect(t, variants[1])
	c := d.consent(t, subject(t))
	for name, key := range map[string]vault.Secret{"another": d.consent(t, subject(t)).Extra, "none": {}} {
		c.Extra = key
		_, _, err := d.p.Targets(t.Context(), &platform.Client{Env: d.env, App: d.app, Credentials: c})
		if no := platform.RefusalOf(err); no == nil || no.Reason != platform.ReasonTokenRefused {
			t.Errorf("%s: got %v, want the token refused", name, err)
		}
	}
}

// TestCheckApp: the server tells, without a person, whether it knows the app.
func TestCheckApp(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		d := newDirect(t, v)
		if _, err := d.p.CheckApp(t.Context(), d.env, d.app); err != nil {
			t.Errorf("%s: got %v, want that the app is known", v.name, err)
		}
		wrong := d.app
		wrong.ClientSecret = vault.NewSecret("wrong")
		if _, err := d.p.CheckApp(t.Context(), d.env, wrong); platform.RefusalOf(err).Class != platform.ClassConfiguration {
			t.Errorf("%s with a wrong secret: got %v, want that the app is refused", v.name, err)
		}
	}
}
