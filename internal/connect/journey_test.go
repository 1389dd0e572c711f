package connect_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// journey is the core over a real store, with one platform that agrees to everything.
type journey struct {
	svc    *connect.Service
	store  *sqlstore.Store
	db     *sql.DB // beside the store
	path   string  // of the database's file
	vault  *vault.Vault
	clock  *clock
	garden *garden
	space  connect.Workspace
	caller connect.Caller // may do everything in the workspace
}

func newJourney(t *testing.T) *journey {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + path, Migrate: true})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	keyset, err := vault.NewKeyset()
	must(t, err)
	sealer, err := vault.New(keyset)
	must(t, err)
	w := &journey{
		store: store, db: db, path: path, vault: sealer, garden: &garden{targets: 1, subject: "person"}, clock: &clock{at: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)},
	}
	w.svc = connect.New(connect.Config{
		Store: store, Vault: sealer, Platforms: platform.NewRegistry([]platform.Platform{w.garden}), Apps: map[string]platform.App{"garden": w.app(t)},
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.clock.now, PublicURL: "https://connect.example"},
		Log: slog.New(slog.DiscardHandler),
	})
	w.space, err = w.svc.CreateWorkspace(t.Context(), connect.Workspace{Name: "Test"})
	must(t, err)
	w.caller = connect.Caller{WorkspaceID: w.space.ID, Scopes: connect.WorkspaceScopes()}
	return w
}

func (w *journey) app(t *testing.T) (app platform.App) {
	t.Helper()
	must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
		row, err := tx.EnsureApp(t.Context(), connect.App{Platform: "garden", ClientID: "client", CreatedAt: w.clock.now(), UpdatedAt: w.clock.now()})
		app = platform.App{ID: row.ID, ClientID: row.ClientID, ClientSecret: vault.NewSecret("app secret")}
		return err
	}))
	return app
}

// visit is a session that somebody goes through.
type visit struct {
	w    *journey
	id   int64
	link vault.Secret
}

func (w *journey) visit(t *testing.T, check connect.InitiatorCheck) *visit {
	t.Helper()
	made, err := w.svc.CreateSession(t.Context(), w.caller, connect.NewSession{
		Origin: connect.OriginNative, OwnerExternalID: "user-1", InitiatorCheck: check, RedirectURL: "https://app.example/back",
	}, connect.Once[connect.CreatedSession]{})
	must(t, err)
	return &visit{w: w, id: made.ID, link: made.Link}
}

// Two browsers: the one that began, and another.
var (
	browserA = vault.NewSecret(strings.Repeat("a", 43))
	browserB = vault.NewSecret(strings.Repeat("b", 43))
)

// begin goes to the platform and answers the state that it was given.
func (v *visit) begin(t *testing.T, browser vault.Secret) vault.Secret {
	t.Helper()
	address, err := v.w.svc.Begin(t.Context(), connect.BeginRequest{Link: v.link, Browser: browser, Platform: "garden"})
	must(t, err)
	u, err := url.Parse(address)
	must(t, err)
	return vault.NewSecret(u.Query().Get("state"))
}

// back is what comes back from the platform.
func (v *visit) back(t *testing.T, state, browser vault.Secret) (connect.Arrival, error) {
	t.Helper()
	return v.w.svc.Callback(t.Context(), connect.CallbackRequest{Platform: "garden", State: state, Code: vault.NewSecret("code"), Browser: browser})
}

// consent goes there with one browser and comes back with another.
func (v *visit) consent(t *testing.T, from, to vault.Secret) connect.Attempt {
	t.Helper()
	arrival, err := v.back(t, v.begin(t, from), to)
	must(t, err)
	return arrival.Attempt
}

func (v *visit) open(t *testing.T, browser vault.Secret) connect.LinkView {
	t.Helper()
	view, err := v.w.svc.OpenLink(t.Context(), v.link, browser)
	must(t, err)
	return view
}

func (v *visit) choose(t *testing.T, browser vault.Secret, n int) error {
	t.Helper()
	var ids []int64
	for _, target := range v.open(t, browser).Targets[:n] {
		ids = append(ids, target.ID)
	}
	_, err := v.w.svc.Choose(t.Context(), connect.ChooseRequest{Link: v.link, Browser: browser, TargetIDs: ids})
	return err
}

func (v *visit) confirm(t *testing.T, code vault.Secret) (connect.SessionView, error) {
	t.Helper()
	return v.w.svc.ConfirmSession(t.Context(), v.w.caller, v.id, code)
}

func (v *visit) cancel(t *testing.T) (connect.SessionView, error) {
	t.Helper()
	return v.w.svc.CancelSession(t.Context(), v.w.caller, v.id)
}

func (v *visit) now(t *testing.T) connect.SessionView {
	t.Helper()
	view, err := v.w.svc.Session(t.Context(), v.w.caller, v.id)
	must(t, err)
	return view
}

// attempts are the states of the session's attempts, oldest first, with their reasons.
func (v *visit) attempts(t *testing.T) []string {
	t.Helper()
	lines, err := v.w.svc.Attempts(t.Context(), v.w.caller, v.id)
	must(t, err)
	var states []string
	for _, l := range lines {
		states = append(states, strings.TrimSpace(string(l.Attempt.State)+" "+l.Attempt.Reason))
	}
	return states
}

// events are the types of what happened, in order.
func (w *journey) events(t *testing.T) []string {
	t.Helper()
	list, err := w.svc.Events(t.Context(), w.caller, 0, 200)
	must(t, err)
	var types []string
	for _, e := range list {
		types = append(types, e.Type)
	}
	return types
}

func (w *journey) count(t *testing.T, query string) (n int) {
	t.Helper()
	must(t, w.db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+query).Scan(&n))
	return n
}

func (w *journey) sweep(t *testing.T) {
	t.Helper()
	_, err := w.svc.Sweep(t.Context())
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// garden is a platform that agrees to everything.
type garden struct {
	mu       sync.Mutex
	targets  int    // how many the next consent reaches
	first    int    // the number of the first of them
	subject  string // who consents next
	times    int
	exchange func() // called while the code is being exchanged; nil: nothing
}

func (g *garden) Spec() platform.Spec {
	return platform.Spec{
		ID: "garden", Name: "Garden", AuthorizeURL: "https://garden.example/authorize", GrantedScopes: platform.GrantedInToken,
		Denial: platform.Denial{Errors: []string{"access_denied"}}, Pick: platform.PickMany,
	}
}

func (g *garden) Exchange(context.Context, platform.Env, platform.ExchangeRequest) (platform.Token, error) {
	g.mu.Lock()
	meanwhile := g.exchange
	g.times++
	access := fmt.Sprintf("access %d", g.times)
	g.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	return platform.Token{Credentials: platform.Credentials{Access: vault.NewSecret(access)}}, nil
}

func (g *garden) Targets(context.Context, *platform.Client) (platform.Identity, []platform.Target, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var targets []platform.Target
	for i := g.first; i < g.first+g.targets; i++ {
		targets = append(targets, platform.Target{
			Kind: "page", Role: platform.RoleAccount, ExternalID: fmt.Sprintf("page-%d", i), Facts: platform.Facts{Name: fmt.Sprintf("Page %d", i)},
		})
	}
	return platform.Identity{Subject: g.subject}, targets, nil
}

// reach sets what the next consents reach, and whose they are.
func (g *garden) reach(targets int, subject string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.first, g.targets, g.subject = 0, targets, subject
}

// reachFrom is reach for other pages: those from the number first on.
func (g *garden) reachFrom(first, targets int, subject string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.first, g.targets, g.subject = first, targets, subject
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
