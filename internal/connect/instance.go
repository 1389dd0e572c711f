package connect

import (
	"context"
	"slices"
	"time"

	"patchbay/internal/vault"
)

// Instance is a process that serves, with the key-encryption keys that it holds.
type Instance struct {
	ID      string        // of this run of the process
	Name    string        // for people: host and process id
	Keys    []vault.KeyID // that it opens with; empty: it is starting
	Primary vault.KeyID   // that everything it writes from now on is sealed under; 0: it is starting
	Age     time.Duration // since it started, by the database's clock
	Unseen  time.Duration // since it last wrote its row, by the database's clock
}

// holds tells whether it opens with the key.
func (i Instance) holds(id vault.KeyID) bool { return slices.Contains(i.Keys, id) }

// InstanceReader finds them.
type InstanceReader interface {
	// Instances lists all rows, the oldest process first.
	Instances(ctx context.Context) ([]Instance, error)
}

// InstanceWriter changes them.
type InstanceWriter interface {
	// SaveInstance inserts or updates by ID: Keys and Primary, seen now.
	SaveInstance(ctx context.Context, i Instance) error
	DropInstance(ctx context.Context, id string) error
	// DropOtherInstances deletes all rows but this one's that were not seen for longer than unseen.
	DropOtherInstances(ctx context.Context, id string, unseen time.Duration) error
}
