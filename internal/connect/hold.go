package connect

import (
	"context"
	"fmt"
	"maps"
	"time"

	"patchbay/internal/platform"
)

// HoldRefreshing leaves the single-use refresh tokens of every grant alone until
// ResumeRefreshing: for a copy of a database whose original lives on. Access tokens are
// served and probed on. New consents are not held. What waited to be revoked is forgotten:
// the original did it, and may have seen a new consent of the same person since.
func HoldRefreshing(ctx context.Context, store Store) error {
	if err := store.InTx(ctx, func(tx Tx) error { return tx.HoldGrants(ctx) }); err != nil {
		return fmt.Errorf("hold refreshing: %w", err)
	}
	for {
		waiting, err := store.DueRevocations(ctx, farAway, sweepBatch)
		if err != nil || len(waiting) == 0 {
			return err
		}
		for _, r := range waiting {
			if err := store.InTx(ctx, func(tx Tx) error { return tx.DropRevocation(ctx, r) }); err != nil {
				return fmt.Errorf("forget revocation %d: %w", r.ID, err)
			}
		}
	}
}

// farAway is later than anything is due.
var farAway = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

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
