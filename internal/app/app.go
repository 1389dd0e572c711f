package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/jobs"
	"patchbay/internal/lab"
	"patchbay/internal/metrics"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/webhook"
)

// App is the wired program. Close it when Run has returned.
type App struct {
	Service  *connect.Service
	Webhooks *webhook.Service
	Lab      *lab.Lab // nil without one
	Handler  http.Handler
	Routes   []httpx.Route

	store   *sqlstore.Store
	keys    *keyring
	client  *httpx.Client // calls platforms
	log     *slog.Logger
	limits  Limits
	rates   *rates
	metrics *metrics.Metrics
	began   time.Time

	receivers *httpx.Client // calls webhook endpoints
	bell      jobs.Bell     // rung by committed deliveries

	labApps []lab.App // as registered at the Lab
}

// Options is what New is told beside the configuration.
type Options struct {
	Log     *slog.Logger
	Keyset  []byte                 // of the vault, as vault.NewKeyset made it; unused with Keys
	Keys    func() ([]byte, error) // where the keyset is, such as a key file: looked at again and again
	Lab     bool                   // the Lab stands in for platforms without credentials of their own
	LabFile string                 // where the Lab keeps its clients and tokens across restarts; empty: nowhere
	Now     func() time.Time       // the clock of expiry and schedules; nil: time.Now
	Clock   *lab.Clock             // in place of Now: one that the Lab moves; nil: with a Lab, one over Now
	Version string
	Limits  Limits // zero: DefaultLimits

	// KeepSchema refuses a database with migrations that have not run: fault.Conflict
	// "migrations_pending". Otherwise they are run.
	KeepSchema bool
}

// New wires the program over an opened store. Nothing runs until Run.
func New(ctx context.Context, cfg config.Config, opt Options) (*App, error) {
	opt.Clock, opt.Now = clockOf(opt)
	store, err := openStore(ctx, cfg, opt)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	a, err := wire(ctx, cfg, opt, store)
	if err != nil {
		_ = store.Close()
		return nil, err
	}
	return a, nil
}

func databaseURL(cfg config.Config) string {
	if cfg.DatabaseURL != "" {
		return cfg.DatabaseURL
	}
	return "sqlite:" + filepath.Join(cfg.DataDir, "patchbay.db")
}

func wire(ctx context.Context, cfg config.Config, opt Options, store *sqlstore.Store) (*App, error) {
	keys, err := openKeyring(ctx, store, opt)
	if err != nil {
		return nil, err
	}
	a, err := wireWith(ctx, cfg, opt, store, keys)
	if err != nil {
		return nil, errors.Join(err, keys.goodbye())
	}
	return a, nil
}

func wireWith(ctx context.Context, cfg config.Config, opt Options, store *sqlstore.Store, keys *keyring) (*App, error) {
	if err := rightKey(ctx, store, keys.vault); err != nil {
		return nil, err
	}
	if cfg.MaxConnections > 0 {
		opt.Limits.Connections = cfg.MaxConnections
	}
	a := &App{store: store, keys: keys, log: opt.Log, limits: opt.Limits.filled(), began: time.Now()}
	set, err := a.platforms(ctx, cfg, opt)
	if err != nil {
		return nil, err
	}
	a.client = httpx.NewClient(httpx.ClientConfig{
		Trusted: cfg.TrustedOrigins, Timeout: cfg.PlatformTimeout, UserAgent: "Patchbay/" + opt.Version,
	})
	env := platform.Env{HTTP: a.client, Now: opt.Now, PublicURL: cfg.PublicURL}
	a.metrics = metrics.New(opt.Version, store.Engine())
	a.rates = newRates(cfg, a.metrics)
	a.Service = connect.New(connect.Config{
		Store: store, Vault: keys.vault, Platforms: set.registry, Apps: set.apps, Log: opt.Log,
		Env: env, Envs: set.envs(env, a.metrics), Lease: leaseFor(cfg.PlatformTimeout), Ended: a.metrics.AttemptEnded,
		RefreshRate: cfg.RefreshRate, RefreshDeadline: min(2*cfg.PlatformTimeout, time.Minute), // a stop waits for it
		Refreshed: func(platformID string, class platform.Class) { a.metrics.Refreshed(platformID, string(class)) },
	})
	if err := a.Service.BeginAudit(ctx); err != nil {
		return nil, err
	}
	a.Webhooks = a.webhooks(cfg, opt, a.Service)
	if a.Routes, err = a.routes(cfg, opt, set.lab); err != nil {
		return nil, err
	}
	served := boundBody(httpx.Mux(a.Routes))
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer a.metrics.RequestBegan()()
		served.ServeHTTP(w, r)
	})
	a.Handler = httpx.TrustProxies(cfg.TrustedProxies).Handler(httpx.Log(opt.Log, counted, a.metrics.Request))
	return a, nil
}

// leaseFor outlasts what a callback does at most: a code exchange of two calls and
// a walk over the targets, each call bounded by the timeout.
func leaseFor(callTimeout time.Duration) time.Duration { return 6 * callTimeout }

// Run runs the loops beside the requests until ctx ends.
func (a *App) Run(ctx context.Context) {
	loops := []jobs.Loop{
		{Name: "sweep", Every: time.Second, Do: a.sweep()},
		{Name: "drop_kept_replies", Every: 10 * time.Minute, Do: a.Service.DropReplies},
		{Name: "erase_dead_credentials", Every: time.Hour, Do: a.Service.EraseDead},
	}
	loops = append(loops, a.keys.loops()...)
	loops = append(loops, a.webhookLoops()...)
	if a.Lab != nil {
		loops = append(loops, labLoop(a.Lab))
	}
	if a.store.Engine() == "postgres" { // other replicas may change what is waited for here
		loops = append(loops, jobs.Loop{Name: "poll_waited_sessions", Every: time.Second, Do: a.Service.PollWaited})
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { a.refresh(ctx) })
	wg.Go(func() { a.revoke(ctx) })
	wg.Go(func() { a.deliver(ctx) })
	jobs.Run(ctx, a.log, a.watched(loops))
}

// sweep begins, where this process has the store to itself, with what a process
// before it left behind: nobody else can hold a lease then.
func (a *App) sweep() func(context.Context) error {
	first := a.store.Engine() == "sqlite"
	return func(ctx context.Context) error {
		if first {
			err := a.Service.Recover(ctx, a.began)
			first = err != nil
			return err
		}
		_, err := a.Service.Sweep(ctx)
		return err
	}
}

// Close closes what New opened.
func (a *App) Close() error {
	a.client.CloseIdle()
	a.receivers.CloseIdle()
	var kept error
	if a.Lab != nil {
		kept = a.Lab.Save()
	}
	return errors.Join(kept, a.keys.goodbye(), a.store.Close())
}
