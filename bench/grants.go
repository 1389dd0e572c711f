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

// grantSeed makes grants with sealed credentials.
type grantSeed struct {
	store     *sqlstore.Store
	keys      *vault.Vault
	workspace int64
	owners    []int64
	app       connect.App
}

// newGrantSeed begins in a database without grants, for an app at a platform.
func newGrantSeed(ctx context.Context, store *sqlstore.Store, keys *vault.Vault, workspace int64, owners []int64, platformID, clientID string) (*grantSeed, error) {
	g := &grantSeed{store: store, keys: keys, workspace: workspace, owners: owners}
	err := store.InTx(ctx, func(tx connect.Tx) (err error) {
		g.app, err = tx.EnsureApp(ctx, connect.App{Platform: platformID, ClientID: clientID, CreatedAt: time.Now(), UpdatedAt: time.Now()})
		return err
	})
	return g, err
}

// insert makes the i-th grant in one statement. Its id, which is part of what its
// credentials are sealed with, is known before: a new table numbers from 1.
func (s *grantSeed) insert(ctx context.Context, tx connect.Tx, i int, c platform.Credentials, g connect.Grant) (connect.Grant, error) {
	g.WorkspaceID, g.OwnerID, g.AppID, g.Platform = s.workspace, s.owners[i%len(s.owners)], s.app.ID, s.app.Platform
	g.State, g.Subject, g.TokenVersion, g.ExpiresAt = connect.GrantUsable, fmt.Sprintf("2244%012d", i), 1, c.ExpiresAt
	g.Facts = platform.Facts{Name: fmt.Sprintf("Corner bakery %d", i), Username: fmt.Sprintf("cornerbakery%d", i)}
	g.Scopes, g.ScopesTold, g.Health = []string{"profile", "post"}, true, connect.HealthHealthy
	g.CreatedAt, g.UpdatedAt, g.ProvenAt = g.IssuedAt, g.IssuedAt, g.IssuedAt
	id := int64(i) + 1
	sealed, err := s.keys.Seal(vault.Place{Workspace: s.workspace, Table: "grants", Row: id, Field: "credentials", Version: 1}, c.Encode())
	if err != nil {
		return g, err
	}
	g.Sealed = sealed
	made, err := tx.InsertGrant(ctx, g)
	if err == nil && made.ID != id {
		err = fmt.Errorf("grant %d has the id %d: the table was not empty", id, made.ID)
	}
	return made, err
}

// newTenant makes a workspace with owners, and begins with grants at the yardstick.
func newTenant(ctx context.Context, store *sqlstore.Store, keys *vault.Vault, owners int) (*grantSeed, error) {
	core := connect.New(connect.Config{Store: store, Vault: keys, Env: platform.Env{Now: time.Now}})
	workspace, err := core.CreateWorkspace(ctx, connect.Workspace{Name: "Benchmark"})
	if err != nil {
		return nil, err
	}
	ids, err := seedOwners(ctx, store, workspace.ID, owners)
	if err != nil {
		return nil, err
	}
	return newGrantSeed(ctx, store, keys, workspace.ID, ids, yardstickPlatform, clientID)
}

// newCredentials are as long as those of real platforms.
func newCredentials(i int, expires time.Time) platform.Credentials {
	return platform.Credentials{
		Access: vault.NewSecret(fmt.Sprintf("access-%085d", i)), Refresh: vault.NewSecret(fmt.Sprintf("refresh-%084d", i)), ExpiresAt: expires,
	}
}
