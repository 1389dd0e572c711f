package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// swept is one database of grants.
type swept struct {
	engine string
	grants int
	dsn    string
	data   string // directory of the program that serves it
	keys   *vault.Vault
	app    int64
	filled time.Time // from when on grants come due
	took   time.Duration
}

// fillGrants makes a database of sealed grants, in one workspace and of one app.
func fillGrants(ctx context.Context, e *engine, n int) (*swept, error) {
	name := fmt.Sprintf("grants_%d", n)
	dsn, err := e.create(ctx, name)
	if err != nil {
		return nil, err
	}
	t := &swept{engine: e.name, grants: n, dsn: dsn, data: filepath.Join(e.dir, "data-"+name), filled: time.Now()}
	if t.keys, err = makeKeys(t.data); err != nil {
		return nil, err
	}
	if err := t.fill(ctx); err != nil {
		return nil, err
	}
	t.took = time.Since(t.filled)
	return t, e.ready(ctx, dsn)
}

func (t *swept) fill(ctx context.Context) error {
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: t.dsn, Migrate: true})
	if err != nil {
		return err
	}
	defer store.Close()
	s, err := newTenant(ctx, store, t.keys, t.grants/perOwner)
	if err != nil {
		return err
	}
	t.app = s.app.ID
	size := batch
	if t.engine == sqliteEngine { // each commit writes the pages anew that it touched
		size = block
	}
	_, err = inBatchesOf(ctx, size, store, t.grants, func(tx connect.Tx, i int) (int64, error) {
		g := t.planned(i)
		made, err := s.insert(ctx, tx, i, newCredentials(i, g.ExpiresAt), g)
		return made.ID, err
	})
	return err
}

// planned is the i-th grant somewhere in its token's life, as the schedule has it: due a
// twelfth and up to a twenty-fourth of two hours before its end. They are due in the order
// of eight sequences that run beside each other, block after block: so the filling adds to
// the queue's index at eight places and not all over it, and neighbours in the table come
// due a quarter of an hour apart.
func (t *swept) planned(i int) connect.Grant {
	const golden, sequences = 0.6180339887498949, 8
	size := min(block, t.grants)
	at, nth := i%size, float64(i/size)
	place := float64(at%sequences*(size/sequences)+at/sequences) + nth*golden - float64(int(nth*golden))
	lead := shortLife/12 + time.Duration(nth*golden*float64(shortLife/24))%(shortLife/24)
	issued := t.filled.Add(-time.Duration(place / float64(size) * float64(shortLife-lead)))
	return connect.Grant{IssuedAt: issued, ExpiresAt: issued.Add(shortLife), RefreshAt: issued.Add(shortLife - lead)}
}

// dueRate is how many of the grants come due a second, now and ever after.
func (t *swept) dueRate() float64 {
	return float64(t.grants) / (shortLife - shortLife/12 - shortLife/48).Seconds()
}

const dueGrants = ` FROM grants WHERE app_id = $1 AND state = 'usable' AND next_at IS NOT NULL `

func (t *swept) backlog(ctx context.Context, db *sql.DB) (n int, err error) {
	err = db.QueryRowContext(ctx, `SELECT count(*)`+dueGrants+`AND next_at <= $2`, t.app, time.Now().UnixMilli()).Scan(&n)
	return n, err
}
