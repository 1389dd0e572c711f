package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// MinGoneAfter is after how long at least an instance may be taken for gone: it misses
// a few of its beats by then.
func MinGoneAfter(cfg config.Config) time.Duration {
	if strings.HasPrefix(databaseURL(cfg), "sqlite:") {
		return 3 * beatEverySQLite
	}
	return 3 * beatEvery
}

// openBeside opens the database for a command, beside whoever serves it.
func openBeside(ctx context.Context, cfg config.Config) (*sqlstore.Store, error) {
	store, err := sqlstore.OpenBeside(ctx, databaseURL(cfg))
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	schema, err := store.Schema(ctx)
	if err == nil {
		err = schema.Usable()
	}
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// Bootstrap makes a workspace with an operator's key, beside whoever serves the
// database; see connect.Service.Bootstrap. keys must be those of the database; nil: they
// are not at hand.
func Bootstrap(ctx context.Context, cfg config.Config, keys connect.Keyring, name string, another bool) (made connect.CreatedWorkspace, err error) {
	err = withService(ctx, cfg, keys, func(s *connect.Service) error {
		made, err = s.Bootstrap(ctx, connect.Workspace{Name: name}, another)
		return err
	})
	return made, err
}

// BootstrapKey makes an operator's key in a workspace that is there, beside whoever serves
// the database; see connect.Service.BootstrapKey. keys must be those of the database.
func BootstrapKey(ctx context.Context, cfg config.Config, keys connect.Keyring, workspaceID int64) (made connect.CreatedWorkspace, err error) {
	err = withService(ctx, cfg, keys, func(s *connect.Service) error {
		made, err = s.BootstrapKey(ctx, workspaceID)
		return err
	})
	return made, err
}

// RecordOperation writes what the operator did to the database into its audit logs, beside
// whoever serves it; see connect.Service.RecordOperation. keys must be those of the database.
func RecordOperation(ctx context.Context, cfg config.Config, keys connect.Keyring, action string, data ...string) error {
	return withService(ctx, cfg, keys, func(s *connect.Service) error { return s.RecordOperation(ctx, action, data...) })
}

// withService gives fn the core over the database, beside whoever serves it: as much of it
// as a command needs. Without keys it has no vault.
func withService(ctx context.Context, cfg config.Config, keys connect.Keyring, fn func(*connect.Service) error) error {
	return withStore(ctx, cfg, func(store *sqlstore.Store) error {
		core := connect.Config{Store: store, Env: platform.Env{Now: time.Now}}
		if keys == nil {
			return fn(connect.New(core))
		}
		v, err := vault.Watch(keys.Text)
		if err != nil {
			return err
		}
		if err := anyKey(ctx, store, keys, v); err != nil {
			return err
		}
		core.Vault = v
		return fn(connect.New(core))
	})
}

// anyKey is rightKey for a command that may begin an audit log: a file that opens nothing
// of what is sealed is another database's.
func anyKey(ctx context.Context, store *sqlstore.Store, keys connect.Keyring, v *vault.Vault) error {
	set, err := keys.Keyset()
	if err != nil {
		return err
	}
	missing, all, err := unopened(ctx, store, set)
	if err != nil {
		return err
	}
	if all > 0 && missing == all {
		return fault.Newf(fault.Conflict, "wrong_key", "The database holds %d sealed values, and none is sealed under a key of this key file (%v).", all, v.Keys())
	}
	return rightKey(ctx, store, v)
}

// RotationOptions is what a rotation is told.
type RotationOptions struct {
	GoneAfter time.Duration
	Patience  time.Duration
	Tell      func(connect.RotationNews)
	After     func(time.Duration) <-chan time.Time
}

// WithRotation opens the database beside whoever serves it and gives fn a rotation of
// the key file, which nobody else changes meanwhile.
func WithRotation(ctx context.Context, cfg config.Config, file *vault.KeyFile, opt RotationOptions, fn func(*connect.Rotation) error) error {
	if _, err := file.Keyset(); err != nil { // its error names the file
		return err
	}
	unlock, err := file.Lock()
	if err != nil {
		return err
	}
	defer unlock()
	return withRotation(ctx, cfg, file, opt, fn)
}

// KeyStatus tells where the keys stand; keys is a key file or a text that never changes.
func KeyStatus(ctx context.Context, cfg config.Config, keys connect.Keyring) (status connect.KeyStatus, err error) {
	err = withRotation(ctx, cfg, keys, RotationOptions{}, func(r *connect.Rotation) error {
		status, err = r.Status(ctx)
		return err
	})
	return status, err
}

func withRotation(ctx context.Context, cfg config.Config, keys connect.Keyring, opt RotationOptions, fn func(*connect.Rotation) error) (err error) {
	store, err := openBeside(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	rotation, err := connect.NewRotation(connect.RotationConfig{
		Store: store, File: keys, GoneAfter: opt.GoneAfter, Patience: opt.Patience, Tell: opt.Tell, After: opt.After,
	})
	if err != nil {
		return err
	}
	return fn(rotation)
}
