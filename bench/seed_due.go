package main

import (
	"context"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// seedDue makes a grant of each refresh token, due for an hour.
func seedDue(ctx context.Context, dsn string, keys *vault.Vault, tokens []string) error {
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: dsn, Migrate: true})
	if err != nil {
		return err
	}
	defer store.Close()
	s, err := newTenant(ctx, store, keys, len(tokens)/perOwner+1)
	if err != nil {
		return err
	}
	_, err = inBatches(ctx, store, len(tokens), func(tx connect.Tx, i int) (int64, error) {
		issued := time.Now().Add(-3 * time.Hour)
		c := newCredentials(i, issued.Add(2*time.Hour))
		c.Refresh = vault.NewSecret(tokens[i])
		g, err := s.insert(ctx, tx, i, c, connect.Grant{IssuedAt: issued, RefreshAt: c.ExpiresAt})
		return g.ID, err
	})
	return err
}
