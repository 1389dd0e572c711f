package connect

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"patchbay/internal/batch"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// Service is the use cases of the core.
type Service struct {
	store     Store
	vault     *vault.Vault
	platforms *platform.Registry
	apps      map[string]platform.App
	env       platform.Env
	envs      map[string]platform.Env
	now       func() time.Time
	log       *slog.Logger
	lease     time.Duration
	waiters   *waiters                       // for sessions
	news      *waiters                       // for events, by workspace
	leases    *batch.Batches[int64, handing] // that are handed out, by workspace
	keys      keyCache
	auditKeys auditKeys
	auditFrom atomic.Int64 // one above the highest workspace when BeginAudit ran; 0: it did not
	chained   sync.Map     // the ids of workspaces from auditFrom on whose chain was seen
	ended     func(platformID, state, reason string)
	rate      float64
	deadline  time.Duration
	refreshed func(platformID string, class platform.Class)

	registering locks // one registration at a time for each server
	refreshing  locks // one refresh on demand at a time for each grant
	servers     servers
}

// Config is what a Service is made of. All fields but Lease are required.
type Config struct {
	Store     Store
	Vault     *vault.Vault
	Platforms *platform.Registry
	Apps      map[string]platform.App // the instance's own, by platform id; absent: not configured
	Env       platform.Env            // Now is the clock of expiry and schedules
	Envs      map[string]platform.Env // by platform id, for those with an origin table of their own; absent: Env
	Log       *slog.Logger
	// Ended is told each attempt that reached a final state here. Nil: nobody asks.
	Ended func(platformID, state, reason string)
	// Lease is how long an attempt may be exchanging or verifying before it counts
	// as dead; longer than the calls it covers take at most. Zero: 5 minutes.
	Lease time.Duration
	// RefreshRate is how many refreshes and probes a second one app (OAuth client) may make,
	// over all replicas. Zero: DefaultRefreshRate.
	RefreshRate float64
	// RefreshDeadline bounds a refresh or a probe with all the calls it takes. Zero: a minute.
	RefreshDeadline time.Duration
	// Refreshed is told what each refresh was answered. Nil: nobody asks.
	Refreshed func(platformID string, class platform.Class)
}

// DefaultRefreshRate is the rate where none is set.
const DefaultRefreshRate = 200.0

// New builds the service.
func New(cfg Config) *Service {
	if cfg.Lease == 0 {
		cfg.Lease = 5 * time.Minute
	}
	if cfg.Ended == nil {
		cfg.Ended = func(string, string, string) {}
	}
	if cfg.RefreshRate <= 0 {
		cfg.RefreshRate = DefaultRefreshRate
	}
	if cfg.RefreshDeadline <= 0 {
		cfg.RefreshDeadline = time.Minute
	}
	if cfg.Refreshed == nil {
		cfg.Refreshed = func(string, platform.Class) {}
	}
	s := &Service{
		store: cfg.Store, vault: cfg.Vault, platforms: cfg.Platforms, apps: cfg.Apps, env: cfg.Env, envs: cfg.Envs,
		now: cfg.Env.Now, log: cfg.Log, lease: cfg.Lease, waiters: newWaiters(), news: newWaiters(), ended: cfg.Ended,
		rate: cfg.RefreshRate, deadline: cfg.RefreshDeadline, refreshed: cfg.Refreshed,
	}
	s.leases = batch.New(s.handOutAll)
	return s
}

// Platforms is the registry of what can be connected.
func (s *Service) Platforms() *platform.Registry { return s.platforms }

// Configured tells whether this server has an app at the platform, or registers one
// where the person's server is.
func (s *Service) Configured(platformID string) bool {
	_, ok := s.apps[platformID]
	if p, known := s.platforms.Get(platformID); known && !ok {
		_, ok = p.(platform.Registrar)
	}
	return ok
}

// envOf is what a platform's code may use of the world.
func (s *Service) envOf(platformID string) platform.Env {
	if env, ok := s.envs[platformID]; ok {
		return env
	}
	return s.env
}

// Ready tells whether the store answers, and takes what it is given.
func (s *Service) Ready(ctx context.Context) error {
	if _, err := s.store.SessionVersions(ctx, []int64{0}); err != nil {
		return err
	}
	return s.store.Writable(ctx)
}

func (s *Service) emit(tx Tx, e Event) {
	e.At = s.now()
	tx.Emit(e)
}

func (s *Service) step(ctx context.Context, tx Tx, a Attempt, name, detail string) error {
	return tx.AppendStep(ctx, a.WorkspaceID, Step{AttemptID: a.ID, Name: name, Detail: detail, At: s.now()})
}
