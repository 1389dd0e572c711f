package schedule_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

// began is when every world begins.
var began = time.Date(2026, 10, 1, 8, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// world is a program without loops, which ends and begins again over the same database
// while its address stays.
type world struct {
	*e2e.World
	engine   string
	clock    *lab.Clock
	cfg      config.Config
	running  atomic.Pointer[app.App]
	restarts int
}

// onEngines runs a test in a world on each engine.
func onEngines(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			test(t, start(t, engine))
		})
	}
}

func start(t *testing.T, engine string) *world {
	t.Helper()
	w := &world{World: &e2e.World{}, engine: engine, clock: lab.NewClock(func() time.Time { return began })}
	front := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { w.running.Load().Handler.ServeHTTP(rw, r) }))
	t.Cleanup(front.Close)
	var err error
	w.Keyset, err = vault.NewKeyset()
	must(t, err)
	w.URL, w.DSN = front.URL, database(t, engine)
	w.cfg = config.Config{
		PublicURL: w.URL, LabURL: "http://localhost:1", DataDir: t.TempDir(), DatabaseURL: w.DSN,
		PlatformTimeout: time.Second, RefreshRate: 1e6, RateLimit: -1, Apps: map[string]config.AppCredentials{},
	}
	w.begin(t)
	t.Cleanup(func() { must(t, w.App.Close()) })
	w.Workspace, err = w.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: "Harbour Tools"})
	must(t, err)
	w.Key = w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID})
	return w
}

func database(t *testing.T, engine string) string {
	if engine == "postgres" {
		return testkit.Postgres(t)
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "patchbay.db")
}

func (w *world) begin(t testing.TB) {
	t.Helper()
	var err error
	w.App, err = app.New(t.Context(), w.cfg, app.Options{
		Log: slog.New(slog.DiscardHandler), Keyset: w.Keyset, Lab: true, Clock: w.clock, Version: "test",
	})
	must(t, err)
	w.running.Store(w.App)
}

// restart ends the program and begins another one, to which the leases come back: as the
// first thing on SQLite, when they run out on PostgreSQL.
func (w *world) restart(t testing.TB) {
	t.Helper()
	must(t, w.App.Close())
	w.begin(t)
	must(t, w.App.Webhooks.ReleaseDeliveries(t.Context()))
	w.restarts++
}

func (w *world) now() time.Time { return w.clock.Now() }

// at is how far the clock is from when the world began.
func (w *world) at() time.Duration { return w.now().Sub(began) }

// reach moves the clock to a time that is not past.
func (w *world) reach(to time.Time) { w.clock.Advance(to.Sub(w.now())) }

// pump sends what is due now, and what becomes due by that.
func (w *world) pump(t testing.TB) {
	t.Helper()
	const most = 1000
	for range most {
		ids, err := w.App.Webhooks.DueEndpoints(t.Context())
		must(t, err)
		looked := 0
		for _, id := range ids {
			looked += w.send(t, id)
		}
		if looked == 0 {
			return
		}
	}
	t.Fatalf("what is due does not end in %d rounds at %s", most, w.at())
}

// send sends what is due at one endpoint, as many at once as may be, and tells how many
// deliveries it looked at.
func (w *world) send(t testing.TB, endpoint int64) int {
	t.Helper()
	claims, looked, _, err := w.App.Webhooks.ClaimDue(t.Context(), endpoint, webhook.InFlightCap)
	must(t, err)
	var all sync.WaitGroup
	for _, c := range claims {
		all.Go(func() {
			if err := w.App.Webhooks.Deliver(t.Context(), c); err != nil {
				t.Errorf("deliver at %s: %v", w.at(), err)
			}
		})
	}
	all.Wait()
	return looked
}

// write opens a database that no program has, and writes through the store.
func write(t testing.TB, dsn string, fn func(tx connect.Tx) error) {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true})
	must(t, err)
	must(t, store.InTx(t.Context(), fn))
	must(t, store.Close())
}

// pages makes so many channels, while the program is away.
func (w *world) pages(t testing.TB, n int) (ids []int64) {
	t.Helper()
	must(t, w.App.Close())
	write(t, w.DSN, func(tx connect.Tx) (err error) {
		ids, err = savePages(t, tx, w.Workspace.ID, n, w.now())
		return err
	})
	w.begin(t)
	return ids
}

func savePages(t testing.TB, tx connect.Tx, workspace int64, n int, at time.Time) (ids []int64, err error) {
	owner, err := tx.DefaultOwner(t.Context(), workspace)
	if err != nil {
		return nil, err
	}
	for i := range n {
		saved, err := tx.SaveChannel(t.Context(), connect.Channel{
			WorkspaceID: workspace, OwnerID: owner.ID, Platform: "facebook", Kind: "page", ExternalID: fmt.Sprintf("page-%d", i),
			Lifecycle: connect.LifecycleActive, Health: connect.HealthHealthy, Review: connect.ReviewNone, CreatedAt: at, UpdatedAt: at,
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, saved.ID)
	}
	return ids, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
