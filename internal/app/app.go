package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/jobs"
	"patchbay/internal/lab"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// App is the wired program. Close it when Run has returned.
type App struct {
	Service *connect.Service
	Lab     *lab.Lab // nil without one
	Handler http.Handler
	Routes  []httpx.Route

	store  *sqlstore.Store
	client *httpx.Client
	log    *slog.Logger
	began  time.Time

	labApps []lab.App // as registered at the Lab
}

// Options is what New is told beside the configuration.
type Options struct {
	Log     *slog.Logger
	Keyset  []byte           // of the vault, as vault.NewKeyset made it
	Lab     bool             // the Lab stands in for platforms without credentials of their own
	Now     func() time.Time // the clock of expiry and schedules; nil: time.Now
	Version string
}

// New wires the program over an opened store. Nothing runs until Run.
func New(ctx context.Context, cfg config.Config, opt Options) (*App, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: databaseURL(cfg), Migrate: true})
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
	sealer, err := vault.New(opt.Keyset)
	if err != nil {
		return nil, err
	}
	a := &App{store: store, log: opt.Log, began: time.Now()}
	set, err := a.platforms(ctx, cfg, opt)
	if err != nil {
		return nil, err
	}
	a.client = httpx.NewClient(httpx.ClientConfig{
		Origins: set.origins, Browser: set.browser, Trusted: cfg.TrustedOrigins, Timeout: cfg.PlatformTimeout, UserAgent: "Patchbay/" + opt.Version,
	})
	a.Service = connect.New(connect.Config{
		Store: store, Vault: sealer, Platforms: set.registry, Apps: set.apps, Log: opt.Log,
		Env:   platform.Env{HTTP: a.client, Now: opt.Now, PublicURL: cfg.PublicURL},
		Lease: leaseFor(cfg.PlatformTimeout),
	})
	if a.Routes, err = a.routes(cfg, opt, set.lab); err != nil {
		return nil, err
	}
	a.Handler = httpx.Log(opt.Log, httpx.Mux(a.Routes))
	return a, nil
}

// leaseFor outlasts what a callback does at most: a code exchange of two calls and
// a walk over the targets, each call bounded by the timeout.
func leaseFor(callTimeout time.Duration) time.Duration { return 6 * callTimeout }

// Run runs the loops beside the requests until ctx ends.
func (a *App) Run(ctx context.Context) {
	loops := []jobs.Loop{{Name: "sweep", Every: time.Second, Do: a.sweep()}}
	if a.store.Engine() == "postgres" { // other replicas may change what is waited for here
		loops = append(loops, jobs.Loop{Name: "poll waited sessions", Every: time.Second, Do: a.Service.PollWaited})
	}
	jobs.Run(ctx, a.log, loops)
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
		_, err := a.Service.Sweep(ctx, time.Now())
		return err
	}
}

// Close closes what New opened.
func (a *App) Close() error {
	a.client.CloseIdle()
	return a.store.Close()
}
