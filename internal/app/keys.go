package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
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
// database; see connect.Service.Bootstrap.
func Bootstrap(ctx context.Context, cfg config.Config, name string, another bool) (made connect.CreatedWorkspace, err error) {
	store, err := openBeside(ctx, cfg)
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	service := connect.New(connect.Config{Store: store, Env: platform.Env{Now: time.Now}})
	return service.Bootstrap(ctx, connect.Workspace{Name: name}, another)
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
