package connect

import (
	"context"
	"log/slog"
	"time"

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
	now       func() time.Time
	log       *slog.Logger
	lease     time.Duration
	waiters   *waiters
}

// Config is what a Service is made of. All fields but Lease are required.
type Config struct {
	Store     Store
	Vault     *vault.Vault
	Platforms *platform.Registry
	Apps      map[string]platform.App // the instance's own, by platform id; absent: not configured
	Env       platform.Env            // Now is the clock of expiry and schedules
	Log       *slog.Logger
	// Lease is how long an attempt may be exchanging or verifying before it counts
	// as dead; longer than the calls it covers take at most. Zero: 5 minutes.
	Lease time.Duration
}

// New builds the service.
func New(cfg Config) *Service {
	if cfg.Lease == 0 {
		cfg.Lease = 5 * time.Minute
	}
	return &Service{
		store: cfg.Store, vault: cfg.Vault, platforms: cfg.Platforms, apps: cfg.Apps, env: cfg.Env,
		now: cfg.Env.Now, log: cfg.Log, lease: cfg.Lease, waiters: newWaiters(),
	}
}

// Platforms is the registry of what can be connected.
func (s *Service) Platforms() *platform.Registry { return s.platforms }

// Configured tells whether this server has an app at the platform.
func (s *Service) Configured(platformID string) bool {
	_, ok := s.apps[platformID]
	return ok
}

// Ready tells whether the store answers.
func (s *Service) Ready(ctx context.Context) error {
	_, err := s.store.SessionVersions(ctx, []int64{0})
	return err
}

// callbackURI is the address that the platform sends the person back to. It is
// printed in setup guides and never changes.
func (s *Service) callbackURI(platformID string) string {
	return s.env.PublicURL + "/oauth/callback/" + platformID
}

func (s *Service) emit(tx Tx, e Event) {
	e.At = s.now()
	tx.Emit(e)
}

func (s *Service) step(ctx context.Context, tx Tx, a Attempt, name, detail string) error {
	return tx.AppendStep(ctx, a.WorkspaceID, Step{AttemptID: a.ID, Name: name, Detail: detail, At: s.now()})
}
