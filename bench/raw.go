package main

import (
	"cmp"
	"context"
	"database/sql"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// rawLoop is the yardstick of what is committed: a transaction that changes a row by its
// key and adds one to a log, over and over. That is the least that a change of state with
// its event, or the outcome of a delivery with its attempt, can be. It goes over the driver
// and the settings that the program has; on SQLite one transaction after the other, each
// with a flush of its own.
type rawLoop struct {
	db   *sql.DB
	turn atomic.Int64
}

const (
	rawRows  = 1000
	rawConns = 16 // as package sqlstore has them on PostgreSQL
)

func openRaw(ctx context.Context, e *engine) (*rawLoop, error) {
	dsn, err := e.create(ctx, "raw")
	if err != nil {
		return nil, err
	}
	r := &rawLoop{}
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		r.db, err = sql.Open("sqlite", "file://"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(10000)&_txlock=immediate")
	} else {
		r.db, err = sql.Open("pgx", dsn)
	}
	if err != nil {
		return nil, err
	}
	conns := rawConns
	if e.name == sqliteEngine {
		conns = 1
	}
	r.db.SetMaxOpenConns(conns)
	r.db.SetMaxIdleConns(conns)
	if err := r.fill(ctx); err != nil {
		r.close()
		return nil, err
	}
	return r, e.ready(ctx, dsn)
}

func (r *rawLoop) fill(ctx context.Context) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, s := range []string{
		`CREATE TABLE rows (id BIGINT PRIMARY KEY, state TEXT NOT NULL, facts TEXT NOT NULL, changed BIGINT NOT NULL)`,
		`CREATE TABLE log (id BIGINT PRIMARY KEY, row_id BIGINT NOT NULL, data TEXT NOT NULL)`,
	} {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	for i := range rawRows {
		if _, err := tx.ExecContext(ctx, `INSERT INTO rows VALUES ($1, 'new', $2, 0)`, i, strings.Repeat("facts ", 40)); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// drive lets so many commit until the time is over.
func (r *rawLoop) drive(ctx context.Context, hands int, d time.Duration) (Sample, error) {
	began := time.Now()
	counts, errs := make([]int, hands), make([]error, hands)
	var wg sync.WaitGroup
	for i := range hands {
		wg.Go(func() {
			for ; errs[i] == nil && time.Since(began) < d; counts[i]++ {
				errs[i] = r.commit(ctx)
			}
		})
	}
	wg.Wait()
	took, n := time.Since(began), 0
	var err error
	for i := range hands {
		n, err = n+counts[i], cmp.Or(err, errs[i])
	}
	return Sample{Kind: rawCommits, Rate: float64(n) / took.Seconds()}, err
}

func (r *rawLoop) commit(ctx context.Context) error {
	n := r.turn.Add(1)
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `UPDATE rows SET state = $1, changed = $2 WHERE id = $3`, "paused", n, n%rawRows); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO log (id, row_id, data) VALUES ($1, $2, $3)`, n, n%rawRows, strings.Repeat("data ", 20)); err != nil {
		return err
	}
	return tx.Commit()
}

func (r *rawLoop) close() { _ = r.db.Close() }
