package webhook_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

// clock is moved by tests.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

func (c *clock) move(d time.Duration) { c.set(c.now().Add(d)) }

// world is webhooks over a real store, with a workspace.
type world struct {
	store  *sqlstore.Store
	vault  *vault.Vault
	core   *connect.Service
	hooks  *webhook.Service
	clock  *clock
	caller connect.Caller // may do everything in the workspace
	extra  []webhook.Scheme
	client *httpx.Client
	nudged func(ids ...int64)
}

// onEngines runs a test on SQLite and on PostgreSQL.
func onEngines(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, testkit.Postgres(t)))
	})
}

func newWorld(t *testing.T, dsn string) *world {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true, MaxConns: 8})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	keyset, err := vault.NewKeyset()
	must(t, err)
	sealer, err := vault.New(keyset)
	must(t, err)
	w := &world{
		store: store, vault: sealer, clock: &clock{at: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)},
		client: httpx.NewClient(httpx.ClientConfig{Loopback: true, Timeout: 5 * time.Second}),
		nudged: func(...int64) {},
	}
	t.Cleanup(w.client.CloseIdle)
	w.core = connect.New(connect.Config{
		Store: store, Vault: sealer, Platforms: platform.NewRegistry(nil), Apps: map[string]platform.App{},
		Env: platform.Env{HTTP: w.client, Now: w.clock.now, PublicURL: "https://connect.example"}, Log: slog.New(slog.DiscardHandler),
	})
	w.hooks = w.restarted()
	w.caller = w.workspace(t)
	return w
}

func (w *world) workspace(t *testing.T) connect.Caller {
	t.Helper()
	space, err := w.core.CreateWorkspace(t.Context(), connect.Workspace{Name: "Test"})
	must(t, err)
	return connect.Caller{WorkspaceID: space.ID, KeyID: 7, Scopes: connect.WorkspaceScopes()}
}

// restarted is the service of another process over the same store.
func (w *world) restarted() *webhook.Service {
	return webhook.New(webhook.Config{
		Store: w.store, Core: w.core, Vault: w.vault, Client: w.client, Version: "test", Schemes: w.extra, Now: w.clock.now,
		Log: slog.New(slog.DiscardHandler), Nudge: func(ids ...int64) { w.nudged(ids...) },
	})
}

// use adds schemes.
func (w *world) use(schemes ...webhook.Scheme) {
	w.extra = schemes
	w.hooks = w.restarted()
}

// kill is a process that dies and comes back: the leases it held are given back.
func (w *world) kill(t *testing.T) {
	t.Helper()
	w.hooks = w.restarted()
	must(t, w.hooks.ReleaseDeliveries(t.Context()))
}

// endpoint makes one.
func (w *world) endpoint(t *testing.T, n webhook.NewEndpoint) webhook.CreatedEndpoint {
	t.Helper()
	made, err := w.hooks.CreateEndpoint(t.Context(), w.caller, n, connect.Once[webhook.CreatedEndpoint]{})
	must(t, err)
	return made
}

// emit lets things happen, each in a transaction of its own.
func (w *world) emit(t *testing.T, events ...connect.Event) {
	t.Helper()
	for _, e := range events {
		e.WorkspaceID, e.At = w.caller.WorkspaceID, w.clock.now()
		if e.Type == "" {
			e.Type = connect.EventSessionCreated
		}
		if e.Cause == "" {
			e.Cause = connect.CauseCustomer
		}
		must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error { tx.Emit(e); return nil }))
	}
}

// channel makes one.
func (w *world) channel(t *testing.T, externalID string) (id int64) {
	t.Helper()
	must(t, w.store.InTx(t.Context(), func(tx connect.Tx) error {
		owner, err := tx.DefaultOwner(t.Context(), w.caller.WorkspaceID)
		if err != nil {
			return err
		}
		saved, err := tx.SaveChannel(t.Context(), connect.Channel{
			WorkspaceID: w.caller.WorkspaceID, OwnerID: owner.ID, Platform: "facebook", Kind: "page", ExternalID: externalID,
			Lifecycle: connect.LifecycleActive, Health: connect.HealthHealthy, Review: connect.ReviewNone, CreatedAt: w.clock.now(), UpdatedAt: w.clock.now(),
		})
		id = saved.ID
		return err
	}))
	return id
}

// pump sends what is due now, and what becomes due by that, and tells how many requests
// that took.
func (w *world) pump(t *testing.T) (sent int) {
	t.Helper()
	for {
		before := sent
		ids, err := w.hooks.DueEndpoints(t.Context())
		must(t, err)
		for _, id := range ids {
			for {
				claims, looked, _, err := w.hooks.ClaimDue(t.Context(), id, webhook.InFlightCap)
				must(t, err)
				for _, c := range claims {
					must(t, w.hooks.Deliver(t.Context(), c))
				}
				sent += len(claims)
				if looked == 0 {
					break
				}
				before = -1
			}
		}
		if before == sent || len(ids) == 0 {
			return sent
		}
	}
}

func (w *world) deliveries(t *testing.T, f webhook.DeliveryFilter) []webhook.Delivery {
	t.Helper()
	list, err := w.hooks.Deliveries(t.Context(), w.caller, f, 0, 100_000)
	must(t, err)
	return list
}

func (w *world) read(t *testing.T, id int64) webhook.Endpoint {
	t.Helper()
	e, err := w.hooks.Endpoint(t.Context(), w.caller, id)
	must(t, err)
	return e
}

// message is one request as a receiver got it.
type message struct {
	header http.Header
	body   string
	at     time.Time // of the world's clock
}

// receiver keeps what it gets, and answers as it is told.
type receiver struct {
	url string

	mu       sync.Mutex
	got      []message
	answer   http.HandlerFunc // nil: 200
	inFlight int
	most     int
}

func newReceiver(t *testing.T, w *world) *receiver {
	t.Helper()
	r := &receiver{}
	srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.got = append(r.got, message{req.Header, string(body), w.clock.now()})
		r.inFlight++
		r.most = max(r.most, r.inFlight)
		answer := r.answer
		r.mu.Unlock()
		defer func() { r.mu.Lock(); r.inFlight--; r.mu.Unlock() }()
		if answer != nil {
			answer(rw, req)
		}
	}))
	t.Cleanup(srv.Close)
	r.url = srv.URL + "/hook"
	return r
}

func (r *receiver) answers(fn http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = fn
}

func status(code int) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(code) }
}

func (r *receiver) messages() []message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]message(nil), r.got...)
}

// ids are the message ids, in the order in which they came.
func (r *receiver) ids() (ids []string) {
	for _, m := range r.messages() {
		ids = append(ids, m.header.Get("webhook-id"))
	}
	return ids
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
