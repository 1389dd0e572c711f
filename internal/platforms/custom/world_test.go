package custom_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/custom"
	"patchbay/internal/vault"
)

// reply is what the server answers at a path.
type reply struct {
	status int
	body   string // {origin} stands for the server's
	header map[string]string
}

// call is what the server was sent.
type call struct {
	path   string // with the query
	form   url.Values
	header http.Header
}

// world is a server that answers as it is told, and a platform that is described there.
type world struct {
	t   *testing.T
	url string
	p   *custom.Platform
	env platform.Env
	app platform.App

	mu      sync.Mutex
	replies map[string]reply
	calls   []call
	now     time.Time
}

// newWorld describes the server with further lines; {origin} in them is its address.
func newWorld(t *testing.T, lines ...string) *world {
	t.Helper()
	w := &world{t: t, replies: map[string]reply{}, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(http.HandlerFunc(w.serve))
	t.Cleanup(server.Close)
	w.url = server.URL
	all := []string{"authorize_url: {origin}/authorize", "token_url: {origin}/token", "identity: {url: \"{origin}/me\", subject: /id, name: /name}"}
	for _, line := range append(all, lines...) {
		all = append(all, strings.ReplaceAll(line, "{origin}", w.url))
	}
	trusted := []string{w.url}
	list, err := custom.Load([]string{file(t, all[3:]...)}, custom.Options{Getenv: getenv, Trusted: trusted})
	if err != nil {
		t.Fatal(err)
	}
	client := httpx.NewClient(httpx.ClientConfig{Trusted: trusted})
	t.Cleanup(client.CloseIdle)
	w.p, w.app = list[0], platform.App{ClientID: "abc", ClientSecret: vault.NewSecret("s&c")}
	w.env = platform.Env{HTTP: client, Now: func() time.Time { return w.now }, PublicURL: "https://us.example"}
	return w
}

func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, call{r.URL.RequestURI(), r.PostForm, r.Header})
	answer, ok := w.replies[r.URL.RequestURI()]
	if !ok {
		http.NotFound(rw, r)
		return
	}
	for name, value := range answer.header {
		rw.Header().Set(name, value)
	}
	if answer.status != 0 {
		rw.WriteHeader(answer.status)
	}
	_, _ = rw.Write([]byte(strings.ReplaceAll(answer.body, "{origin}", w.url)))
}

// answers sets what a path answers.
func (w *world) answers(path string, r reply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replies[path] = r
}

// sent lists the calls to a path.
func (w *world) sent(path string) (list []call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		if c.path == path {
			list = append(list, c)
		}
	}
	return list
}

func (w *world) authorize() (platform.Authorization, error) {
	return platform.Begin(w.t.Context(), w.env, w.p, platform.AuthorizeRequest{
		App: w.app, RedirectURI: "https://us.example/oauth/callback/acme", State: "state", Verifier: vault.NewSecret("verifier"),
	})
}

func (w *world) exchange(private vault.Secret) (platform.Token, error) {
	return platform.Exchange(w.t.Context(), w.env, w.p, platform.ExchangeRequest{
		App: w.app, RedirectURI: "https://us.example/oauth/callback/acme", Code: vault.NewSecret("code"), Verifier: vault.NewSecret("verifier"), Private: private,
	})
}

func (w *world) refresh(c platform.Credentials) (platform.Token, error) {
	return platform.Refresh(w.t.Context(), w.env, w.p, platform.RefreshRequest{App: w.app, Credentials: c})
}

func (w *world) targets() (platform.Identity, []platform.Target, error) {
	return w.p.Targets(w.t.Context(), &platform.Client{Env: w.env, App: w.app, Credentials: platform.Credentials{Access: vault.NewSecret("A")}})
}

func (w *world) query(auth platform.Authorization) url.Values {
	w.t.Helper()
	u, err := url.Parse(auth.URL)
	if err != nil {
		w.t.Fatal(err)
	}
	return u.Query()
}
