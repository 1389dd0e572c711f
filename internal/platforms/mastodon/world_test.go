package mastodon_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/mastodon"
	"patchbay/internal/vault"
)

const redirect = "https://patchbay.test/oauth/callback/mastodon/7"

// world is one server, for what neither a real one nor the Lab ever does. Answers are
// by method and path; everything else is 404.
type world struct {
	url      string
	platform *mastodon.Platform
	env      platform.Env
	answers  map[string]http.HandlerFunc

	mu    sync.Mutex
	calls []string
	forms []url.Values
}

const (
	discovery = "GET /.well-known/oauth-authorization-server"
	apps      = "POST /api/v1/apps"
	token     = "POST /oauth/token"
	account   = "GET /api/v1/accounts/verify_credentials"
)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{answers: map[string]http.HandlerFunc{}}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.url = server.URL
	w.platform = mastodon.New(mastodon.Config{Trusted: []string{w.url}}).(*mastodon.Platform)
	w.env = platform.Env{
		HTTP:      httpx.NewClient(httpx.ClientConfig{Trusted: []string{w.url}, Timeout: 10 * time.Second}),
		Now:       func() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) },
		PublicURL: "https://patchbay.test",
	}
	w.metadata(nil)
	w.answer(apps, 200, `{"id":"1","client_id":"id","client_secret":"secret-canary"}`)
	w.answer(token, 200, `{"access_token":"token-canary","token_type":"Bearer","scope":"profile write:statuses write:media","created_at":1}`)
	return w
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	call := r.Method + " " + r.URL.Path
	w.mu.Lock()
	w.calls, w.forms = append(w.calls, call), append(w.forms, r.PostForm)
	w.mu.Unlock()
	if h, ok := w.answers[call]; ok {
		h(rw, r)
		return
	}
	http.NotFound(rw, r)
}

// answer serves a text; headers come as "Name: value" would, in pairs.
func (w *world) answer(call string, status int, body string, headers ...string) {
	w.answers[call] = func(rw http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(headers); i += 2 {
			rw.Header().Set(headers[i], headers[i+1])
		}
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body))
	}
}

// metadata serves the discovery document of a server of today, changed as edit says.
func (w *world) metadata(edit map[string]any) {
	doc := map[string]any{
		"issuer": w.url + "/", "authorization_endpoint": w.url + "/oauth/authorize", "token_endpoint": w.url + "/oauth/token",
		"scopes_supported": []string{"read", "profile", "write"}, "code_challenge_methods_supported": []string{"S256"},
	}
	for k, v := range edit {
		doc[k] = v
	}
	body, _ := json.Marshal(doc)
	w.answer(discovery, 200, string(body))
}

func (w *world) register(t *testing.T) (platform.App, error) {
	t.Helper()
	return w.platform.Register(t.Context(), w.env, platform.Registration{Server: w.url, RedirectURI: redirect})
}

func (w *world) app() platform.App {
	return platform.App{ID: 7, Server: w.url, ClientID: "id", ClientSecret: vault.NewSecret("secret-canary")}
}

func (w *world) authorize(t *testing.T) (platform.Authorization, error) {
	t.Helper()
	return w.platform.Authorize(t.Context(), w.env, platform.AuthorizeRequest{App: w.app(), RedirectURI: redirect, State: "s", Verifier: platform.NewVerifier()})
}

func (w *world) exchange(t *testing.T) (platform.Token, error) {
	t.Helper()
	a, err := w.authorize(t)
	if err != nil {
		t.Fatal(err)
	}
	return w.platform.Exchange(t.Context(), w.env, platform.ExchangeRequest{
		App: w.app(), RedirectURI: redirect, Code: vault.NewSecret("code-canary"), Verifier: platform.NewVerifier(), Private: a.Private,
	})
}

func (w *world) targets(t *testing.T) (platform.Identity, []platform.Target, error) {
	t.Helper()
	return w.platform.Targets(t.Context(), &platform.Client{Env: w.env, App: w.app(), Credentials: platform.Credentials{Access: vault.NewSecret("token-canary")}})
}

// sent is what reached the server: calls, and the form of each.
func (w *world) sent() (calls []string, forms []url.Values) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.calls), slices.Clone(w.forms)
}
