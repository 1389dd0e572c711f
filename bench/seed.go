package main

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

const (
	perOwner = 50  // channels of each owner, and what a list asks for
	batch    = 500 // channels a transaction
	polled   = 64  // sessions that are polled
	perLent  = 20  // channels for each one whose token is lent
)

// fixture is what a filled database holds, as far as requests need to know.
type fixture struct {
	Workspace int64   `json:"workspace"`
	Key       string  `json:"-"`
	Owner     string  `json:"owner"`    // external id of the measured one
	Channels  []int64 `json:"channels"` // ids from all over the table
	Sessions  []int64 `json:"sessions"`
	Leased    []int64 `json:"leased"` // ids of channels whose tokens are lent
}

// seed fills an empty database through the store: a workspace, a key, and owners
// with 50 channels each, whose rows lie interleaved as they would after a life.
func seed(ctx context.Context, dsn string, channels int, keys *vault.Vault) (f fixture, err error) {
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: dsn, Migrate: true})
	if err != nil {
		return f, fmt.Errorf("open the database: %w", err)
	}
	defer store.Close()
	core := connect.New(connect.Config{Store: store, Vault: keys, Env: platform.Env{Now: time.Now}})
	workspace, err := core.CreateWorkspace(ctx, connect.Workspace{Name: "Benchmark"})
	if err != nil {
		return f, err
	}
	_, key, err := core.CreateKey(ctx, connect.Key{WorkspaceID: workspace.ID, Name: "benchmark", Scopes: connect.Scopes()})
	if err != nil {
		return f, err
	}
	f = fixture{Workspace: workspace.ID, Key: key.Reveal(), Owner: externalID(0)}
	owners, err := seedOwners(ctx, store, workspace.ID, channels/perOwner)
	if err != nil {
		return f, err
	}
	if f.Channels, err = seedChannels(ctx, store, workspace.ID, owners); err != nil {
		return f, err
	}
	if f.Leased, err = seedLeased(ctx, store, keys, workspace.ID, owners); err != nil {
		return f, err
	}
	f.Sessions, err = seedSessions(ctx, store, workspace.ID, owners)
	return f, err
}

func externalID(owner int) string { return fmt.Sprintf("user_%d", owner) }

func seedOwners(ctx context.Context, store *sqlstore.Store, workspace int64, n int) ([]int64, error) {
	return inBatches(ctx, store, n, func(tx connect.Tx, i int) (int64, error) {
		owner, _, err := tx.EnsureOwner(ctx, connect.Owner{
			WorkspaceID: workspace, ExternalID: externalID(i), Name: fmt.Sprintf("Owner %d", i), CreatedAt: time.Now(), UpdatedAt: time.Now(),
		})
		return owner.ID, err
	})
}

// seedChannels deals the channels out to the owners in turn, and returns up to 1,000
// of their ids, evenly spread.
func seedChannels(ctx context.Context, store *sqlstore.Store, workspace int64, owners []int64) ([]int64, error) {
	n := len(owners) * perOwner
	ids, err := inBatches(ctx, store, n, func(tx connect.Tx, i int) (int64, error) {
		saved, err := tx.SaveChannel(ctx, newChannel(workspace, owners[i%len(owners)], i))
		return saved.ID, err
	})
	var spread []int64
	for i := 0; i < len(ids); i += max(n/1000, 1) {
		spread = append(spread, ids[i])
	}
	return spread, err
}

func newChannel(workspace, owner int64, i int) connect.Channel {
	now, followers, verified := time.Now(), int64(1000+i), i%2 == 0
	return connect.Channel{
		WorkspaceID: workspace, OwnerID: owner, Platform: "facebook", Kind: "page", ExternalID: fmt.Sprintf("1082%011d", i),
		Lifecycle: connect.LifecycleActive, Health: connect.HealthHealthy, Review: connect.ReviewNone,
		Facts: platform.Facts{
			Name: fmt.Sprintf("Corner bakery %d", i), Username: fmt.Sprintf("cornerbakery%d", i),
			URL:       fmt.Sprintf("https://www.facebook.com/cornerbakery%d", i),
			AvatarURL: fmt.Sprintf("https://cdn.example/avatars/1082%011d/200x200.jpg", i),
			Category:  "Bakery", Followers: &followers, Verified: &verified,
		},
		FactsAt: now, CreatedAt: now, UpdatedAt: now,
	}
}

// seedSessions makes sessions that stay pending for the whole run, beside one that
// has ended for each owner.
func seedSessions(ctx context.Context, store *sqlstore.Store, workspace int64, owners []int64) ([]int64, error) {
	ids, err := inBatches(ctx, store, polled+len(owners), func(tx connect.Tx, i int) (int64, error) {
		now := time.Now()
		s := connect.Session{
			WorkspaceID: workspace, OwnerID: owners[i%len(owners)], Origin: connect.OriginNative, Status: connect.SessionPending,
			TokenHash: fmt.Appendf(nil, "a hash of 32 bytes    %010d", i), Platforms: []string{"facebook", "x"},
			Selection: connect.SelectPlatform, InitiatorCheck: connect.CheckSameBrowser, RedirectURL: "https://app.example/connected",
			CreatedAt: now, UpdatedAt: now, ExpiresAt: now.Add(connect.MaxSessionTTL),
		}
		if i >= polled {
			s.Status, s.EndedAt = connect.SessionSucceeded, now
		}
		made, err := tx.InsertSession(ctx, s)
		return made.ID, err
	})
	if err != nil {
		return nil, err
	}
	return ids[:polled], nil
}

// inBatches makes n rows, several a transaction, and returns their ids.
func inBatches(ctx context.Context, store *sqlstore.Store, n int, add func(tx connect.Tx, i int) (int64, error)) ([]int64, error) {
	return inBatchesOf(ctx, batch, store, n, add)
}

func inBatchesOf(ctx context.Context, size int, store *sqlstore.Store, n int, add func(tx connect.Tx, i int) (int64, error)) ([]int64, error) {
	ids := make([]int64, n)
	for from := 0; from < n; from += size {
		err := store.InTx(ctx, func(tx connect.Tx) (err error) {
			for i := from; i < min(from+size, n) && err == nil; i++ {
				ids[i], err = add(tx, i)
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("fill the database: %w", err)
		}
	}
	return ids, nil
}
