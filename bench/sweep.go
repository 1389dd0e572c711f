package main

import (
	"context"
	"fmt"
	"time"
)

// Sweep is how the program keeps the grants of a large table alive: tokens of two hours,
// coming due evenly.
type Sweep struct {
	Engine    string        `json:"engine"`
	Grants    int           `json:"grants"`
	Fill      time.Duration `json:"fill_ns"`       // that the database took to fill
	Due       float64       `json:"due_rate"`      // grants that come due a second
	Backlog   int           `json:"backlog"`       // due already when the program started
	Start     time.Duration `json:"start_ns"`      // from its start until it answered
	CatchUp   time.Duration `json:"catch_up_ns"`   // from then until nothing was late
	CatchRate float64       `json:"catch_up_rate"` // refreshes a second meanwhile
	For       time.Duration `json:"for_ns"`        // of watching after that
	Rate      float64       `json:"rate"`          // refreshes a second meanwhile
	Late      time.Duration `json:"late_ns"`       // of the grant that was due longest, at the worst moment of it
	CPU       float64       `json:"cpu_us"`        // of the program, a refresh
	Database  float64       `json:"database_cpu_us,omitempty"`
	Peak      int64         `json:"peak_bytes"` // resident, of the program, ever
}

const (
	shortLife  = 2 * time.Hour
	inTime     = 2 * time.Second // the sweep looks each second
	block      = 50_000          // grants, see planned
	watchEvery = time.Second / 4
	catchUpMax = 10 * time.Minute
)

func measureSweep(ctx context.Context, opt options, e *engine, report *Report) error {
	var tables []*swept
	for _, n := range opt.grants {
		t, err := fillGrants(ctx, e, n)
		if err != nil {
			return fmt.Errorf("%d grants: %w", n, err)
		}
		opt.progress("%s: %d grants are there after %s", e.name, n, t.took.Round(time.Second/10))
		tables = append(tables, t)
	}
	opt.progress("%s: claims", e.name)
	claims, err := measureClaims(ctx, opt, tables)
	if err != nil {
		return err
	}
	report.Claims = append(report.Claims, claims...)
	largest := tables[len(tables)-1]
	opt.progress("%s: sweep of %d grants for %s", e.name, largest.grants, opt.sweep)
	sweep, err := largest.run(ctx, opt, e.pid)
	if err != nil {
		return fmt.Errorf("sweep of %d grants: %w", largest.grants, err)
	}
	report.Sweeps = append(report.Sweeps, sweep)
	return nil
}

// run starts the program over the table and watches it: first until it has caught up with
// what came due before, then for as long as was asked.
func (t *swept) run(ctx context.Context, opt options, database int) (s Sweep, err error) {
	tokens, err := startTokens(ctx)
	if err != nil {
		return s, err
	}
	defer tokens.process.stop()
	env, err := tokens.describe(t.data, opt.rate)
	if err != nil {
		return s, err
	}
	s = Sweep{Engine: t.engine, Grants: t.grants, Fill: t.took, Due: t.dueRate()}
	db, err := openYardstick(t.dsn)
	if err != nil {
		return s, err
	}
	defer db.Close()
	if s.Backlog, err = t.backlog(ctx, db); err != nil {
		return s, err
	}
	began := time.Now()
	p, err := startProduct(ctx, opt.patchbay, t.dsn, t.data, env...)
	if err != nil {
		return s, err
	}
	defer p.stop()
	s.Start = time.Since(began)
	began = time.Now()
	w := &watch{t: t, db: db, p: p, database: database}
	if _, err := w.until(ctx, began.Add(catchUpMax), true); err != nil {
		return s, err
	}
	s.CatchUp = time.Since(began)
	before, err := w.read(ctx)
	if err != nil {
		return s, err
	}
	s.CatchRate = float64(before.refreshes) / s.CatchUp.Seconds()
	if s.Late, err = w.until(ctx, time.Now().Add(opt.sweep), false); err != nil {
		return s, err
	}
	after, err := w.read(ctx)
	if err != nil {
		return s, err
	}
	n := after.refreshes - before.refreshes
	s.For = after.at.Sub(before.at)
	s.Rate, s.CPU, s.Database = float64(n)/s.For.Seconds(), each(before.cpu, after.cpu, n), each(before.database, after.database, n)
	s.Peak, err = peakOf(p.PID)
	return s, err
}
