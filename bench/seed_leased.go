package main

import (
	"context"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// seedLeased makes further channels whose grants have hours left, more of them in a larger
// table, and returns their ids.
func seedLeased(ctx context.Context, store *sqlstore.Store, keys *vault.Vault, workspace int64, owners []int64) ([]int64, error) {
	s, err := newGrantSeed(ctx, store, keys, workspace, owners, "x", "lab-x")
	if err != nil {
		return nil, err
	}
	n := max(len(owners)*perOwner/perLent, perOwner)
	return inBatches(ctx, store, n, func(tx connect.Tx, i int) (int64, error) {
		now := time.Now()
		expires := now.Add(24 * time.Hour)
		grant, err := s.insert(ctx, tx, i, newCredentials(i, expires), connect.Grant{IssuedAt: now, RefreshAt: expires.Add(-time.Hour)})
		if err != nil {
			return 0, err
		}
		return seedLeasedChannel(ctx, tx, grant)
	})
}

func seedLeasedChannel(ctx context.Context, tx connect.Tx, g connect.Grant) (int64, error) {
	target, err := tx.SaveTarget(ctx, connect.Target{
		WorkspaceID: g.WorkspaceID, GrantID: g.ID, Kind: "profile", Role: platform.RoleAccount, ExternalID: g.Subject, Facts: g.Facts,
	})
	if err != nil {
		return 0, err
	}
	channel, err := tx.SaveChannel(ctx, connect.Channel{
		WorkspaceID: g.WorkspaceID, OwnerID: g.OwnerID, Platform: g.Platform, Kind: target.Kind, ExternalID: g.Subject,
		GrantID: g.ID, TargetID: target.ID, Lifecycle: connect.LifecycleActive, Health: connect.HealthHealthy, Review: connect.ReviewNone,
		Facts: g.Facts, FactsAt: g.CreatedAt, CreatedAt: g.CreatedAt, UpdatedAt: g.CreatedAt,
	})
	return channel.ID, err
}
