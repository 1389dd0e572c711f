package app

import (
	"context"
	"errors"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
)

// HeldGrants counts, by platform, the grants whose refreshing is held back, beside
// whoever serves the database.
func HeldGrants(ctx context.Context, cfg config.Config) (held map[string]int64, err error) {
	err = withStore(ctx, cfg, func(store *sqlstore.Store) error {
		held, err = heldGrants(ctx, cfg, store)
		return err
	})
	return held, err
}

// HoldRefreshing holds it back and counts what is held now; see connect.HoldRefreshing.
func HoldRefreshing(ctx context.Context, cfg config.Config) (held map[string]int64, err error) {
	err = withStore(ctx, cfg, func(store *sqlstore.Store) error {
		if err := connect.HoldRefreshing(ctx, store); err != nil {
			return err
		}
		held, err = heldGrants(ctx, cfg, store)
		return err
	})
	return held, err
}

// ResumeRefreshing goes on and counts what was held; see connect.ResumeRefreshing.
func ResumeRefreshing(ctx context.Context, cfg config.Config) (resumed map[string]int64, err error) {
	err = withStore(ctx, cfg, func(store *sqlstore.Store) error {
		if resumed, err = heldGrants(ctx, cfg, store); err != nil {
			return err
		}
		return connect.ResumeRefreshing(ctx, store)
	})
	return resumed, err
}

func withStore(ctx context.Context, cfg config.Config, fn func(*sqlstore.Store) error) error {
	store, err := openBeside(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(fn(store), store.Close())
}

// holdings is a store, or a look at one.
type holdings interface {
	HeldGrants(ctx context.Context) (map[string]int64, error)
}

// heldGrants leaves out what is held for nothing. Settings that are wrong make it count
// more than it should, which is no reason to tell nothing.
func heldGrants(ctx context.Context, cfg config.Config, from holdings) (map[string]int64, error) {
	counts, err := from.HeldGrants(ctx)
	if err != nil {
		return nil, err
	}
	list, _, _ := platformList(cfg)
	return connect.Held(counts, list), nil
}

// Total is how many grants there are of all platforms.
func Total(grants map[string]int64) (n int64) {
	for _, some := range grants {
		n += some
	}
	return n
}
