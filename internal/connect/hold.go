package connect

import (
	"context"
	"fmt"
)

// HoldRefreshing leaves the single-use refresh tokens of every grant alone until
// ResumeRefreshing: for a copy of a database whose original lives on. It tells how many
// grants there are. New consents are not held.
func HoldRefreshing(ctx context.Context, store Store) (n int64, err error) {
	err = store.InTx(ctx, func(tx Tx) (err error) {
		n, err = tx.HoldGrants(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("hold refreshing: %w", err)
	}
	return n, nil
}

// ResumeRefreshing refreshes what was held, at once. Where a refresh token turns out to
// be spent the reason is lost_rotation.
func ResumeRefreshing(ctx context.Context, store Store) (n int64, err error) {
	err = store.InTx(ctx, func(tx Tx) (err error) {
		n, err = tx.ResumeGrants(ctx)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("resume refreshing: %w", err)
	}
	return n, nil
}
