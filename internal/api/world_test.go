package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/api"
	"patchbay/internal/connect"
	"patchbay/internal/dialect/smartlyq"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

const publicURL = "https://connect.example"

// world is the native interface on the real router, over the real core and a real
// store, with one platform that consents at once beside the real ones.
type world struct {
	svc    *connect.Service
	api    *api.API
	hooks  *webhook.Service
	url    string
	store  *watched
	clock  *clock
	log    *syncBuffer
	garden *garden
	space  connect.Workspace
	key    string // may do everything
	file   string // the database
}

func newWorld(t *testing.T) *world {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + file, Migrate: true})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	keyset, err := vault.NewKeyset()
	must(t, err)
	sealer, err := vault.New(keyset)
	must(t, err)
	w := &world{
		file: file, store: &watched{Store: store, looked: make(chan struct{}, 1)}, log: &syncBuffer{}, garden: &garden{targets: 1},
		clock: &clock{now: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)},
	}
	app := appOf(t, store)
	w.svc = connect.New(connect.Config{
		Store: w.store, Vault: sealer, Apps: map[string]platform.App{"garden": app},
		Platforms: platform.NewRegistry(append([]platform.Platform{w.garden}, platforms.All(platforms.Config{})...)),
		Env:       platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.clock.Now, PublicURL: publicURL},
		Log:       slog.New(slog.DiscardHandler),
	})
	w.hooks = webhook.New(webhook.Config{
		Store: store, Core: w.svc, Vault: sealer, Client: webhook.NewClient(nil, true), Now: w.clock.Now, Log: slog.New(slog.DiscardHandler),
		Schemes: []webhook.Scheme{smartlyq.Scheme{}},
	})
	w.api = api.New(w.svc, w.hooks, api.Config{PublicURL: publicURL, Version: "1.2.3"})
	server := httptest.NewServer(httpx.Log(slog.New(slog.NewJSONHandler(w.log, nil)), httpx.Mux(w.api.Routes())))
	t.Cleanup(server.Close)
	w.url = server.URL
	w.space = w.workspace(t, "Test")
	w.key = w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: connect.Scopes()})
	return w
}

func appOf(t *testing.T, store connect.Store) (app platform.App) {
	t.Helper()
	must(t, store.InTx(t.Context(), func(tx connect.Tx) error {
		row, err := tx.EnsureApp(t.Context(), connect.App{Platform: "garden", ClientID: "client", CreatedAt: time.Now(), UpdatedAt: time.Now()})
		app = platform.App{ID: row.ID, ClientID: row.ClientID, ClientSecret: vault.NewSecret("app secret")}
		return err
	}))
	return app
}

func (w *world) workspace(t *testing.T, name string) connect.Workspace {
	t.Helper()
	made, err := w.svc.CreateWorkspace(t.Context(), connect.Workspace{Name: name})
	must(t, err)
	return made
}

func (w *world) newKey(t *testing.T, k connect.Key) string {
	t.Helper()
	_, raw, err := w.svc.CreateKey(t.Context(), k)
	must(t, err)
	return raw.Reveal()
}

// answer is what came back, decoded.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

// call sends a request; headers are pairs of name and value.
func (w *world) call(t *testing.T, key, method, path, body string, headers ...string) answer {
	t.Helper()
	a, err := w.try(key, method, path, body, headers...)
	must(t, err)
	return a
}

func (w *world) try(key, method, path, body string, headers ...string) (answer, error) {
	req, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: resp.StatusCode, header: resp.Header, text: string(text)}
	_ = json.Unmarshal(text, &a.body) // not every answer is an object
	return a, nil
}

// get reads with the key that may do everything, and wants 200.
func (w *world) get(t *testing.T, path string) map[string]any {
	t.Helper()
	return wantStatus(t, w.call(t, w.key, "GET", path, ""), 200).body
}

func (w *world) create(t *testing.T, body string) map[string]any {
	t.Helper()
	return w.post(t, "/v1/sessions", body)
}

// post makes something with the key that may do everything, and wants 201.
func (w *world) post(t *testing.T, path, body string) map[string]any {
	t.Helper()
	return wantStatus(t, w.call(t, w.key, "POST", path, body), 201).body
}

// refuse wants a request of the key that may do everything to be refused, for a reason
// of the whole or of a field.
func (w *world) refuse(t *testing.T, method, path, body string, status int, field, reason string) {
	t.Helper()
	got := w.call(t, w.key, method, path, body)
	if got.status != status || reasonOf(got, field) != reason {
		t.Errorf("%s %s with %.80s: got %d %s, want %d and the reason %s of %q", method, path, body, got.status, got.text, status, reason, field)
		return
	}
	checkProblem(t, got)
}

func wantStatus(t *testing.T, a answer, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("got status %d, want %d: %s", a.status, status, a.text)
	}
	return a
}

var browser = vault.NewSecret(strings.Repeat("b", 43))

// consent does what a person does on the pages: begin at the garden and come back.
// errorParam is what the platform says when they decline.
func (w *world) consent(t *testing.T, session map[string]any, errorParam string) {
	t.Helper()
	w.comeBack(t, session, connect.CallbackRequest{Error: errorParam}, func(url.Values) {})
}

// comeBack goes to the garden, looks at the address there, and comes back.
func (w *world) comeBack(t *testing.T, session map[string]any, back connect.CallbackRequest, look func(authorize url.Values)) {
	t.Helper()
	address, err := w.svc.Begin(t.Context(), connect.BeginRequest{Link: linkOf(session), Browser: browser, Platform: "garden"})
	must(t, err)
	u, err := url.Parse(address)
	must(t, err)
	look(u.Query())
	back.Platform, back.State, back.Browser = "garden", vault.NewSecret(u.Query().Get("state")), browser
	if back.Error == "" {
		back.Code = vault.NewSecret("code")
	}
	_, err = w.svc.Callback(t.Context(), back)
	must(t, err)
}

func linkOf(session map[string]any) vault.Secret {
	return vault.NewSecret(strings.TrimPrefix(session["connect_url"].(string), publicURL+"/connect/s/"))
}

// connected makes a channel for the owner and returns the session that did.
func (w *world) connected(t *testing.T, owner string) map[string]any {
	t.Helper()
	session := w.create(t, fmt.Sprintf(`{"owner":{"external_id":%q}}`, owner))
	w.consent(t, session, "")
	return w.get(t, "/v1/sessions/"+idOf(session))
}

func idOf(row map[string]any) string { return fmt.Sprint(int64(row["id"].(float64))) }

// garden is a platform whose people are known by the code they bring.
type garden struct {
	mu      sync.Mutex
	targets int // how many the next consent reaches
	people  int
	app     platform.App  // that the last code was exchanged with
	life    time.Duration // of access tokens; zero: for ever
	tokens  int           // told so far
	coy     bool          // does not tell which scopes were granted
	proof   platform.Proof
	refusal *platform.Refusal // of refreshes, probes and questions after a token's app; nil: they are fine
	again   bool              // the next consent is of the person before, not of somebody new
	foreign bool              // tokens were issued to another app
}

func (g *garden) Spec() platform.Spec {
	return platform.Spec{
		ID: "garden", Name: "Garden", AuthorizeURL: "https://garden.example/authorize", TokenURL: "https://garden.example/token",
		ClientAuth: platform.AuthBasic, PKCE: platform.PKCES256, ScopeSeparator: " ",
		Scopes: []platform.Scope{{Name: "plants.read", Feature: "profile", Required: true}, {Name: "plants.write", Feature: "publish"}}, GrantedScopes: platform.GrantedInToken,
		Denial: platform.Denial{Errors: []string{"access_denied"}}, Refresh: platform.RefreshStable, Revocation: platform.ReachToken,
		Targets: []platform.TargetKind{{Kind: "page", Role: platform.RoleAccount}}, Pick: platform.PickMany,
	}
}

func (g *garden) Exchange(_ context.Context, env platform.Env, r platform.ExchangeRequest) (platform.Token, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.app = r.App
	return g.token(env), nil
}

// token is a new one, access-1 and so on; one that runs out can be refreshed.
func (g *garden) token(env platform.Env) platform.Token {
	g.tokens++
	c := platform.Credentials{Access: vault.NewSecret(fmt.Sprintf("access-%d-canary", g.tokens))}
	if g.life > 0 {
		c.Refresh, c.ExpiresAt = vault.NewSecret("refresh"), env.Now().Add(g.life)
	}
	if g.coy {
		return platform.Token{Credentials: c}
	}
	return platform.Token{Credentials: c, Scopes: []string{"plants.read"}}
}

func (g *garden) Refresh(_ context.Context, env platform.Env, _ platform.RefreshRequest) (platform.Token, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refusal != nil {
		return platform.Token{}, g.refusal
	}
	return g.token(env), nil
}

func (g *garden) Probe(context.Context, *platform.Client, []platform.Target) (platform.Proof, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refusal != nil {
		return platform.Proof{}, g.refusal
	}
	return g.proof, nil
}

// Lease: who has a refresh token needs a key and a server of their own as well.
func (g *garden) Lease(c platform.Credentials) (platform.Leased, error) {
	if c.Refresh.Empty() {
		return platform.Leased{Type: "Bearer"}, nil
	}
	return platform.Leased{Type: "DPoP", Server: "https://plot.garden.example", Key: vault.NewSecret(`{"kty":"EC","d":"key-canary"}`)}, nil
}

// set changes how the garden behaves from now on.
func (g *garden) set(change func(*garden)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

func (g *garden) refuse(class platform.Class, reason string) {
	g.set(func(g *garden) { g.refusal = platform.Refuse(class, reason, nil) })
}

func (g *garden) IssuedTo(context.Context, *platform.Client) (ours, known bool, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refusal != nil {
		return false, false, g.refusal
	}
	return !g.foreign, true, nil
}

// Targets is somebody new every time, with pages of their own.
func (g *garden) Targets(context.Context, *platform.Client) (platform.Identity, []platform.Target, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.again {
		g.people++
	}
	var targets []platform.Target
	for i := range g.targets {
		targets = append(targets, platform.Target{
			Kind: "page", Role: platform.RoleAccount, ExternalID: fmt.Sprintf("page-%d-%d", g.people, i),
			Facts: platform.Facts{Name: fmt.Sprintf("Page %d", i), Username: "page", Followers: new(int64(7))},
		})
	}
	return platform.Identity{Subject: fmt.Sprint(g.people)}, targets, nil
}

func (g *garden) reach(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.targets = n
}

// watched tells when somebody looked at a session, and can break.
type watched struct {
	connect.Store
	looked chan struct{}
	broken atomic.Pointer[error]
}

func (s *watched) breakWith(err error) { s.broken.Store(&err) }

func (s *watched) SessionAndOwner(ctx context.Context, workspaceID, id int64) (connect.Session, connect.Owner, error) {
	if err := s.broken.Load(); err != nil {
		return connect.Session{}, connect.Owner{}, *err
	}
	session, owner, err := s.Store.SessionAndOwner(ctx, workspaceID, id)
	select {
	case s.looked <- struct{}{}:
	default:
	}
	return session, owner, err
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(time.Millisecond)
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
