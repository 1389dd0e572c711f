package connect

import (
	"context"
	"fmt"
	"maps"

	"patchbay/internal/platform"
)

// HoldRefreshing leaves the single-use refresh tokens of every grant alone until
// ResumeRefreshing: for a copy of a database whose original lives on. Access tokens are
// served and probed on. New consents are not held. What waited to be revoked is forgotten:
// the original did it, and may have seen a new consent of the same person since. Numbers of
// events are left out, so that none is given that the original gave to another event.
func HoldRefreshing(ctx context.Context, store Store) error {
	err := store.InTx(ctx, func(tx Tx) error {
		if err := tx.HoldGrants(ctx); err != nil {
			return err
		}
		return tx.ForgetRevocations(ctx)
	})
	if err == nil { // apart, since each may be a change of very many rows
		err = store.InTx(ctx, func(tx Tx) error { return tx.JumpEvents(ctx) })
	}
	if err != nil {
		return fmt.Errorf("hold refreshing: %w", err)
	}
	return nil
}

// ResumeRefreshing refreshes what was held, at once. Where a refresh token turns out to
// be spent the reason is lost_rotation.
func ResumeRefreshing(ctx context.Context, store Store) error {
	if err := store.InTx(ctx, func(tx Tx) error { return tx.ResumeGrants(ctx) }); err != nil {
		return fmt.Errorf("resume refreshing: %w", err)
	}
	return nil
}

// Held are, of the counts of HeldGrants, those of platforms whose refresh tokens are
// single use: the others are refreshed all the same. A platform that is not in the
// registry counts.
func Held(counts map[string]int64, platforms []platform.Platform) map[string]int64 {
	held := maps.Clone(counts)
	for _, p := range platforms {
		if spec := p.Spec(); !rotates(spec) {
			delete(held, spec.ID)
		}
	}
	return held
}
