package connect

import (
	"context"
	"fmt"

	"patchbay/internal/vault"
)

// KeyStatus is where the keys stand.
type KeyStatus struct {
	Keys      []vault.KeyID // of the file, in the order in which they were added
	Primary   vault.KeyID
	Pending   vault.KeyID                      // added and not promoted; 0: none
	Sealed    map[string]map[vault.KeyID]int64 // by table: how many values by key; 0: under none of ours
	Instances []Instance
}

// Status reads where the keys stand.
func (r *Rotation) Status(ctx context.Context) (KeyStatus, error) {
	set, err := r.File.Keyset()
	if err != nil {
		return KeyStatus{}, err
	}
	s := KeyStatus{Keys: set.Keys(), Primary: set.Primary(), Sealed: map[string]map[vault.KeyID]int64{}}
	if id, ok := set.Pending(); ok {
		s.Pending = id
	}
	for _, table := range SealedTables() {
		if s.Sealed[table], err = r.Store.CountSealed(ctx, table); err != nil {
			return KeyStatus{}, fmt.Errorf("count sealed values of %s: %w", table, err)
		}
	}
	if s.Instances, err = r.Store.Instances(ctx); err != nil {
		return KeyStatus{}, fmt.Errorf("instances: %w", err)
	}
	return s, nil
}
