package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/jobs"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

const (
	lookEvery = time.Second // at the key file
	// beatEvery is how often an instance says that it lives. On SQLite, where a new
	// process knows that the one before it is dead, it is rare, since each costs a flush.
	beatEvery       = time.Second
	beatEverySQLite = 10 * time.Second
	forgetAfter     = 24 * time.Hour // instances that did not say goodbye
	goodbyeTimeout  = 5 * time.Second
)

// keyring keeps the vault in step with its key file, and this instance's row in step
// with the vault, so that a rotation knows what this instance opens and seals with.
type keyring struct {
	vault *vault.Vault
	store *sqlstore.Store
	log   *slog.Logger

	mu       sync.Mutex
	instance connect.Instance
	told     string // what was last said to be wrong with the file
}

// openKeyring writes this instance's row before it reads the keys: a rotation that does
// not see the row has written the file by then.
func openKeyring(ctx context.Context, store *sqlstore.Store, opt Options) (*keyring, error) {
	k := &keyring{store: store, log: opt.Log, instance: connect.Instance{ID: rand.Text(), Name: instanceName()}}
	if err := k.beat(ctx); err != nil {
		return nil, err
	}
	if err := k.dropOthers(ctx); err != nil {
		return nil, err
	}
	keys := opt.Keys
	if keys == nil {
		keys = func() ([]byte, error) { return opt.Keyset, nil }
	}
	var err error
	if k.vault, err = vault.Watch(keys); err != nil {
		return nil, errors.Join(err, k.goodbye())
	}
	k.know(k.vault.Keys(), k.vault.Primary())
	return k, k.beat(ctx)
}

func instanceName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%s/%d", host, os.Getpid())
}

// dropOthers forgets instances that are dead for sure: on SQLite all others, since
// this process has the lock.
func (k *keyring) dropOthers(ctx context.Context) error {
	unseen := forgetAfter
	if k.store.Engine() == "sqlite" {
		unseen = 0
	}
	return k.store.InTx(ctx, func(tx connect.Tx) error { return tx.DropOtherInstances(ctx, k.instance.ID, unseen) })
}

// loops are what keeps it in step.
func (k *keyring) loops() []jobs.Loop {
	every := beatEvery
	if k.store.Engine() == "sqlite" {
		every = beatEverySQLite
	}
	return []jobs.Loop{
		{Name: "key_file", Every: lookEvery, Do: k.look},
		{Name: "heartbeat", Every: every, Do: k.beat},
	}
}

// look takes over what the key file holds. What is wrong with it is said once, and the
// keys in use stay.
func (k *keyring) look(ctx context.Context) error {
	_, err := k.vault.Look()
	k.tell(ctx, err)
	keys, primary := k.vault.Keys(), k.vault.Primary()
	if !k.know(keys, k.sealing()) && primary == k.sealing() {
		return nil
	}
	if err := k.beat(ctx); err != nil {
		return err
	}
	if primary == k.sealing() {
		return nil
	}
	// Others may rely on it only when what was sealed before is committed or gone.
	if err := k.store.Settle(ctx); err != nil {
		return err
	}
	k.know(keys, primary)
	k.log.InfoContext(ctx, "seals with another key", slog.String("key", primary.String()))
	return k.beat(ctx)
}

func (k *keyring) tell(ctx context.Context, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	wrong := ""
	if err != nil {
		wrong = err.Error()
	}
	switch {
	case wrong == k.told:
	case wrong == "":
		k.log.InfoContext(ctx, "the key file can be used again")
	default:
		k.log.WarnContext(ctx, "the key file cannot be used; the keys in memory stay", slog.String("cause", wrong))
	}
	k.told = wrong
}

// know notes what the row is to say, and tells whether that is something else.
func (k *keyring) know(keys []vault.KeyID, primary vault.KeyID) (changed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := fmt.Sprint(k.instance.Keys, k.instance.Primary)
	k.instance.Keys, k.instance.Primary = keys, primary
	return before != fmt.Sprint(keys, primary)
}

func (k *keyring) sealing() vault.KeyID {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.instance.Primary
}

// beat writes the row: what it holds, and that it lives.
func (k *keyring) beat(ctx context.Context) error {
	k.mu.Lock()
	row := k.instance
	k.mu.Unlock()
	return k.store.InTx(ctx, func(tx connect.Tx) error { return tx.SaveInstance(ctx, row) })
}

// goodbye takes the row away: nothing of this instance is under way any more.
func (k *keyring) goodbye() error {
	ctx, cancel := context.WithTimeout(context.Background(), goodbyeTimeout)
	defer cancel()
	err := k.store.InTx(ctx, func(tx connect.Tx) error { return tx.DropInstance(ctx, k.instance.ID) })
	if errors.Is(err, fault.NotFound) {
		return nil // somebody took it for dead
	}
	return err
}
