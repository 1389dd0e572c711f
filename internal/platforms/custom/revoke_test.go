package custom_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/httpx"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/platform/platformtest"
	"patchbay/internal/platforms/custom"
	"patchbay/internal/vault"
)

// TestRevokeAtTheLab: a consent that another program got is told from ours, works, and is
// over after it was revoked: twice is fine.
func TestRevokeAtTheLab(t *testing.T) {
	t.Parallel()
	for host, model := range map[string]string{
		"strict.open.example": "{model: rotating}", "grace.open.example": "{model: rotating_with_grace, grace: 30s}", "stable.open.example": "{model: stable}",
	} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			l := lab.New(lab.Config{})
			server := httptest.NewServer(l.Handler())
			t.Cleanup(server.Close)
			p := atLab(t, server.URL, host, model)
			program := platformtest.Program{
				Lab: server.URL, Platform: p, Redirect: "https://program.test/back",
				App: platform.App{ClientID: "program", ClientSecret: vault.NewSecret("canary-program")},
				Register: func(a lab.App) error {
					a.Platform = "open"
					return l.Register(a)
				},
			}
			app, token := program.Tokens(t, "creator")
			env := platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{Trusted: []string{server.URL}}), Now: time.Now}
			t.Cleanup(env.HTTP.CloseIdle)
			checkRevoked(t, p, &platform.Client{Env: env, App: app, Credentials: token.Credentials})
			log := l.Revocations()
			if len(log) != 2 || log[0].Reach != lab.RevokeConsent || log[0].Outcome != lab.RevokeOK || log[1].Outcome != lab.RevokeOver {
				t.Errorf("the Lab heard of %+v, want a consent ended once and asked for twice", log)
			}
		})
	}
}

func checkRevoked(t *testing.T, p platform.Platform, c *platform.Client) {
	t.Helper()
	if ours, known, err := platform.IssuedTo(t.Context(), p, c); !ours || !known || err != nil {
		t.Errorf("issued to: got %t, %t, %v, want ours", ours, known, err)
	}
	if id, _, err := platform.Verify(t.Context(), p, c); err != nil || id.Subject != "ps-3301" {
		t.Errorf("got %+v, %v", id, err)
	}
	for range 2 {
		if err := platform.Revoke(t.Context(), c.Env, p, platform.RevokeRequest{App: c.App, Credentials: c.Credentials}); err != nil {
			t.Errorf("revoke: %v", err)
		}
	}
	if _, _, err := platform.IssuedTo(t.Context(), p, c); platform.RefusalOf(err) == nil || platform.RefusalOf(err).Class != platform.ClassPermanent {
		t.Errorf("issued to, of a dead token: got %v", err)
	}
	if _, err := platform.Refresh(t.Context(), c.Env, p, platform.RefreshRequest{App: c.App, Credentials: c.Credentials}); platform.RefusalOf(err) == nil || platform.RefusalOf(err).Class != platform.ClassPermanent {
		t.Errorf("refresh of a dead token: got %v", err)
	}
}

// atLab describes one of the Lab's standard servers.
func atLab(t *testing.T, base, host, model string) *custom.Platform {
	t.Helper()
	lines := []string{
		"issuer: " + base + "/lab/open/" + host, "authorize_url: -", "token_url: -", "identity: {subject: /sub}",
		"scopes: [{name: openid, feature: profile, required: true}, {name: profile, feature: profile}]", "refresh: " + model,
	}
	list, err := custom.Load([]string{file(t, lines...)}, custom.Options{Getenv: getenv, Trusted: []string{base}})
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestIssuedTo(t *testing.T) {
	t.Parallel()
	type told struct {
		Ours, Known bool
		Class       platform.Class
	}
	for name, c := range map[string]struct {
		reply reply
		want  told
	}{
		"ours":                  {reply{body: `{"active":true,"client_id":"abc"}`}, told{Ours: true, Known: true}},
		"another's":             {reply{body: `{"active":true,"client_id":"xyz"}`}, told{Known: true}},
		"it does not say":       {reply{body: `{"active":true}`}, told{}},
		"dead":                  {reply{body: `{"active":false}`}, told{Class: platform.ClassPermanent}},
		"the app may not ask":   {reply{status: 403}, told{}},
		"no such address":       {reply{status: 404}, told{}},
		"it is not our secret":  {reply{status: 401, body: `{"error":"invalid_client"}`}, told{Class: platform.ClassConfiguration}},
		"in trouble":            {reply{status: 503}, told{Class: platform.ClassTransient}},
		"no introspection":      {reply{body: `{}`}, told{Class: platform.ClassTransient}},
		"a page":                {reply{body: `<html>`}, told{Class: platform.ClassTransient}},
		"active is no boolean":  {reply{body: `{"active":"true","client_id":"abc"}`}, told{Class: platform.ClassTransient}},
		"an error inside a 200": {reply{body: `{"error":"temporarily_unavailable"}`}, told{Class: platform.ClassTransient}},
	} {
		w := newWorld(t, "introspection_url: {origin}/introspect")
		w.answers("/introspect", c.reply)
		client := &platform.Client{Env: w.env, App: w.app, Credentials: platform.Credentials{Access: vault.NewSecret("A")}}
		var got told
		var err error
		got.Ours, got.Known, err = platform.IssuedTo(t.Context(), w.p, client)
		if no := platform.RefusalOf(err); no != nil {
			got.Class = no.Class
		}
		if got != c.want {
			t.Errorf("%s: got %+v (%v), want %+v", name, got, err, c.want)
		}
		if d := cmp.Diff(url.Values{"token": {"A"}, "token_type_hint": {"access_token"}}, w.sent("/introspect")[0].form); d != "" {
			t.Errorf("%s: posted (-want +got):\n%s", name, d)
		}
	}
	w := newWorld(t)
	if ours, known, err := platform.IssuedTo(t.Context(), w.p, &platform.Client{Env: w.env, App: w.app}); ours || known || err != nil || len(w.calls) != 0 {
		t.Errorf("nowhere to ask: got %t, %t, %v after %d calls", ours, known, err, len(w.calls))
	}
}

func TestTheMetadataTellsWhereToIntrospect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, discovered...)
	w.answers(oauthPlace, reply{body: document + `,"introspection_endpoint":"{origin}/introspect"}`})
	w.answers("/introspect", reply{body: `{"active":true,"client_id":"abc"}`})
	if ours, known, err := platform.IssuedTo(t.Context(), w.p, &platform.Client{Env: w.env, App: w.app}); !ours || !known || err != nil {
		t.Errorf("got %t, %t, %v, want ours", ours, known, err)
	}
}

func TestAnotherAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "authorize_params: {prompt: consent, lang: en}", `switch: {params: {prompt: select_account}, sign_out_url: "https://acme.example/logout"}`)
	if got, want := w.p.Spec().Switch, (platform.Switch{Asks: true, SignOutURL: "https://acme.example/logout"}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for switches, want := range map[bool]string{false: "consent", true: "select_account"} {
		auth, err := platform.Begin(t.Context(), w.env, w.p, platform.AuthorizeRequest{App: w.app, State: "s", Verifier: platform.NewVerifier(), Switch: switches})
		if err != nil {
			t.Fatal(err)
		}
		if q := w.query(auth); q.Get("prompt") != want || q.Get("lang") != "en" {
			t.Errorf("switch %t: got %v, want prompt %s", switches, q, want)
		}
	}
	if _, err := custom.Load([]string{file(t, "switch: {params: {state: x}, sign_out_url: nowhere}", "introspection_url: http://acme.example/i")}, custom.Options{Getenv: getenv}); len(custom.Problems(err)) != 3 {
		t.Errorf("got %v, want three problems", err)
	}
	if errors.Is(platform.Importable(w.p), platform.ErrNotImportable) {
		t.Error("a described platform takes tokens of other programs")
	}
}
