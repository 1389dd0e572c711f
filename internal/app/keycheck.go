package app

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// sealedCounter counts a table's sealed values by key.
type sealedCounter interface {
	CountSealed(ctx context.Context, table string) (map[vault.KeyID]int64, error)
}

// unopened counts the sealed values of the database for which the keyset has no key,
// and all that are sealed.
func unopened(ctx context.Context, store sealedCounter, set vault.Keyset) (missing, all int64, err error) {
	has := map[vault.KeyID]bool{}
	for _, id := range set.Keys() {
		has[id] = true
	}
	for _, table := range connect.SealedTables() {
		counts, err := store.CountSealed(ctx, table)
		if err != nil {
			return 0, 0, fmt.Errorf("count sealed values of %s: %w", table, err)
		}
		for id, n := range counts {
			all += n
			if !has[id] {
				missing += n
			}
		}
	}
	return missing, all, nil
}

// anySealed reads one row of each table with sealed values.
type anySealed interface {
	SealedApps(ctx context.Context, q connect.SealedQuery) ([]connect.App, error)
	SealedGrants(ctx context.Context, q connect.SealedQuery) ([]connect.Grant, error)
}

// rightKey refuses a vault that has not the key of what is in the database: whatever
// it sealed from then on would need another key than the rest. It looks at a row of
// each of the tables that live long and leaves counting to doctor.
func rightKey(ctx context.Context, store anySealed, v *vault.Vault) error {
	grants, err := store.SealedGrants(ctx, connect.SealedQuery{Limit: 1})
	if err != nil {
		return err
	}
	apps, err := store.SealedApps(ctx, connect.SealedQuery{Limit: 1})
	if err != nil {
		return err
	}
	var sealed [][]byte
	for _, g := range grants {
		sealed = append(sealed, g.Sealed)
	}
	for _, a := range apps {
		sealed = append(sealed, a.Sealed)
	}
	has := map[vault.KeyID]bool{}
	for _, id := range v.Keys() {
		has[id] = true
	}
	for _, value := range sealed {
		if id, _ := vault.KeyIDOf(value); !has[id] {
			return fault.Newf(fault.Conflict, "wrong_key", "The database holds secrets sealed under key %s, and the key-encryption keyset has only %v.", id, v.Keys())
		}
	}
	return nil
}
