package connect

import (
	"context"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// Keyring is the key file of a rotation. Only one rotation may have it.
type Keyring interface {
	Text() ([]byte, error)
	Keyset() (vault.Keyset, error)
	Replace(vault.Keyset) error
}

// RotationConfig is what a Rotation is made of.
type RotationConfig struct {
	Store     Store
	File      Keyring
	GoneAfter time.Duration // an instance not seen for this long counts as gone
	Patience  time.Duration // how long to wait for instances; 0: not at all
	Tell      func(RotationNews)
	After     func(time.Duration) <-chan time.Time
}

// RotationNews is what happens in a rotation. One of the fields is set.
type RotationNews struct {
	Added    vault.KeyID // in the file now, not primary
	Promoted vault.KeyID // everything is sealed under it from now on
	Resumed  vault.KeyID // of a rotation that was begun before, which goes on
	Waiting  []Instance  // for these; told again when others are waited for, or one is quiet for long
	Progress ResealProgress
	Resealed *Resealed
	Retired  []vault.KeyID // no longer in the file
}

// Rotation exchanges the key-encryption key while instances run. Where it stands
// follows from the key file and the rows alone, so one that was killed is gone on with
// by the next.
//
// Why nothing is ever left without its key: a key seals only once every instance opens
// with it; re-encrypting begins when every instance seals with it and the transactions
// that sealed with another have ended; and a key goes only when a scan after that found
// nothing under it. An instance that starts meanwhile writes its row before it reads
// the file, so one of the two learns of the other.
type Rotation struct {
	RotationConfig
	vault *vault.Vault
}

// NewRotation reads the key file.
func NewRotation(cfg RotationConfig) (*Rotation, error) {
	v, err := vault.Watch(cfg.File.Text)
	if err != nil {
		return nil, err
	}
	return &Rotation{RotationConfig: cfg, vault: v}, nil
}

// Run does all steps, or those that are left of a rotation that was begun before.
func (r *Rotation) Run(ctx context.Context) error {
	set, err := r.File.Keyset()
	if err != nil {
		return err
	}
	begun, err := r.begun(ctx, set)
	if err != nil {
		return err
	}
	if begun != 0 {
		r.Tell(RotationNews{Resumed: begun})
		if done, err := r.resume(ctx, set); done || err != nil {
			return err
		}
	}
	if _, err := r.Add(ctx); err != nil {
		return err
	}
	if err := r.Promote(ctx); err != nil {
		return err
	}
	_, err = r.Reseal(ctx)
	return err
}

// resume goes on with a rotation that was begun. It is done when that led somewhere;
// values that open under no key are left over for ever and keep no new key waiting.
func (r *Rotation) resume(ctx context.Context, set vault.Keyset) (done bool, err error) {
	_, pending := set.Pending()
	if err := r.Promote(ctx); err != nil {
		return false, err
	}
	resealed, err := r.Reseal(ctx)
	if err != nil {
		return false, err
	}
	for _, n := range resealed.Rows {
		pending = pending || n > 0
	}
	return pending || len(resealed.Lost) == 0, nil
}

// begun is the key of a rotation that was begun before and is not at its end: one that
// waits to be promoted, or one that was and has rows left to re-encrypt. 0: none.
func (r *Rotation) begun(ctx context.Context, set vault.Keyset) (vault.KeyID, error) {
	if id, ok := set.Pending(); ok {
		return id, nil
	}
	left, err := r.left(ctx, set.Others())
	if err != nil || left == 0 {
		return 0, err
	}
	return set.Primary(), nil
}

// left counts the rows sealed under one of the keys.
func (r *Rotation) left(ctx context.Context, keys []vault.KeyID) (n int64, err error) {
	for _, table := range SealedTables() {
		counts, err := r.Store.CountSealed(ctx, table)
		if err != nil {
			return 0, fmt.Errorf("count sealed values of %s: %w", table, err)
		}
		for _, id := range keys {
			n += counts[id]
		}
	}
	return n, nil
}

// Add puts one more key into the file, where there is none that waits for its
// promotion.
func (r *Rotation) Add(context.Context) (vault.KeyID, error) {
	set, err := r.File.Keyset()
	if err != nil {
		return 0, err
	}
	if id, ok := set.Pending(); ok {
		r.Tell(RotationNews{Resumed: id})
		return id, nil
	}
	set, id, err := set.Add()
	if err != nil {
		return 0, err
	}
	if err := r.replace(set); err != nil {
		return 0, err
	}
	r.Tell(RotationNews{Added: id})
	return id, nil
}

// Promote makes the key that was added primary, once every instance opens with it.
func (r *Rotation) Promote(ctx context.Context) error {
	set, err := r.File.Keyset()
	if err != nil {
		return err
	}
	id, ok := set.Pending()
	if !ok {
		return nil
	}
	if err := r.await(ctx, "hold key "+id.String(), func(i Instance) bool { return i.holds(id) }); err != nil {
		return err
	}
	if set, err = set.Promote(id); err != nil {
		return err
	}
	if err := r.replace(set); err != nil {
		return err
	}
	r.Tell(RotationNews{Promoted: id})
	return nil
}

// Reseal re-encrypts everything under the primary key, once every instance seals
// with it.
func (r *Rotation) Reseal(ctx context.Context) (Resealed, error) {
	if err := r.awaitSealing(ctx); err != nil {
		return Resealed{}, err
	}
	work := &resealer{
		store: r.Store, vault: r.vault, pause: r.pause,
		tell: func(p ResealProgress) { r.Tell(RotationNews{Progress: p}) },
	}
	done, err := work.run(ctx)
	if err == nil {
		r.Tell(RotationNews{Resealed: &done})
	}
	return done, err
}

// unseenMayReturn is how long an instance that did not say goodbye may still come back
// and commit what it sealed before.
const unseenMayReturn = time.Hour

// Retire takes every key but the primary one out of the file, once nothing is sealed
// under them and no instance seals with them. fault.Conflict "key_in_use" while
// something is, and, unless force, "instance_unseen" while an instance that sealed
// with one of them is unseen for less than an hour. With force, values that open under no
// key at all keep none.
func (r *Rotation) Retire(ctx context.Context, force bool) error {
	if err := r.awaitSealing(ctx); err != nil {
		return err
	}
	set, err := r.File.Keyset()
	if err != nil {
		return err
	}
	old := set.Others()
	if len(old) == 0 {
		return nil
	}
	if !force {
		if err := r.noneMayReturn(ctx, old); err != nil {
			return err
		}
	}
	left, err := r.left(ctx, old)
	if err != nil {
		return err
	}
	if left > 0 && force { // what opens under no key is no reason to keep a key that leaked
		done, err := r.Reseal(ctx)
		if err != nil {
			return err
		}
		left -= int64(len(done.Lost))
	}
	if left > 0 {
		return fault.Newf(fault.Conflict, "key_in_use", "Sealed values under an old key: %d. Re-encrypt them first.", left)
	}
	if set, err = set.Remove(old...); err != nil {
		return err
	}
	if err := r.replace(set); err != nil {
		return err
	}
	r.Tell(RotationNews{Retired: old})
	return nil
}

// noneMayReturn fails while an instance that went without a goodbye may come back with
// something sealed under one of the keys.
func (r *Rotation) noneMayReturn(ctx context.Context, keys []vault.KeyID) error {
	instances, err := r.Store.Instances(ctx)
	if err != nil {
		return fmt.Errorf("instances: %w", err)
	}
	for _, i := range instances {
		if i.Unseen >= r.GoneAfter && i.Unseen < unseenMayReturn && slices.Contains(keys, i.Primary) {
			return fault.Newf(fault.Conflict, "instance_unseen",
				"%s sealed with an old key and was last seen %s ago; it did not stop in an orderly way and may come back.", i.Name, i.Unseen.Round(time.Second))
		}
	}
	return nil
}

// replace writes the file and takes the keys over here.
func (r *Rotation) replace(set vault.Keyset) error {
	if err := r.File.Replace(set); err != nil {
		return err
	}
	_, err := r.vault.Look()
	return err
}
