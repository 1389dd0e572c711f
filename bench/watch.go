package main

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// watch looks at a program that sweeps, from outside.
type watch struct {
	t        *swept
	db       *sql.DB
	p        *process
	database int // id of the database's server; 0: none
}

// reading is what can be seen at one moment.
type reading struct {
	at            time.Time
	refreshes     int
	cpu, database time.Duration
}

func (w *watch) read(ctx context.Context) (r reading, err error) {
	if r.refreshes, err = refreshesOf(ctx, w.p.Addr); err != nil {
		return r, fmt.Errorf("%w\n%s", err, w.p.log.Bytes())
	}
	if r.cpu, err = cpuOf(w.p.PID); err != nil {
		return r, err
	}
	r.database, err = cpuBelow(w.database)
	r.at = time.Now()
	return r, err
}

// until looks on until the time is over, or until nothing is late. late is the worst that
// was seen.
func (w *watch) until(ctx context.Context, end time.Time, caughtUp bool) (late time.Duration, err error) {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for time.Now().Before(end) {
		select {
		case <-ctx.Done():
			return late, ctx.Err()
		case <-tick.C:
		}
		now, err := w.late(ctx)
		if err != nil {
			return late, err
		}
		if caughtUp && now < inTime {
			return late, nil
		}
		late = max(late, now)
	}
	if caughtUp {
		return late, fmt.Errorf("after %s a grant is %s late\n%s", catchUpMax, late, w.p.log.Bytes())
	}
	return late, nil
}

// late is for how long the first of the queue has been due.
func (w *watch) late(ctx context.Context) (time.Duration, error) {
	var due int64
	err := w.db.QueryRowContext(ctx, `SELECT next_at`+dueGrants+`ORDER BY next_at LIMIT 1`, w.t.app).Scan(&due)
	return max(0, time.Since(time.UnixMilli(due))), err
}
