package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// measure is the whole run.
func measure(ctx context.Context, opt options) (*Report, error) {
	dir, err := os.MkdirTemp(opt.dir, "patchbay-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	report := newReport(opt)
	if report.Resting, err = restingEmpty(ctx, opt, dir); err != nil {
		return nil, err
	}
	for _, name := range opt.engines {
		if err := measureEngine(ctx, opt, dir, name, report); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	report.Load[1] = loadAverage()
	report.judge()
	return report, nil
}

// restingEmpty is the memory of a program that nobody has asked anything.
func restingEmpty(ctx context.Context, opt options, dir string) (int64, error) {
	empty := filepath.Join(dir, "empty")
	p, err := startProduct(ctx, opt.patchbay, "sqlite:"+filepath.Join(empty, "patchbay.db"), empty)
	if err != nil {
		return 0, err
	}
	defer p.stop()
	return residentAfter(ctx, p, opt.settle)
}

func measureEngine(ctx context.Context, opt options, dir, name string, report *Report) error {
	e, err := openEngine(ctx, name, dir)
	if err != nil {
		return err
	}
	defer e.close()
	if len(opt.operations()) > 0 {
		err = measureOperations(ctx, opt, e, report)
	}
	if err == nil && opt.wants(refreshName) {
		err = measureRefreshes(ctx, opt, e, report)
	}
	if err == nil && (opt.wants(deliveriesName) || opt.wants(changesName)) {
		err = measureWebhooks(ctx, opt, e, report)
	}
	if err == nil && len(opt.grants) > 0 {
		err = measureSweep(ctx, opt, e, report)
	}
	return err
}

// measureWebhooks is deliveries and changes of state, beside the same raw commits.
func measureWebhooks(ctx context.Context, opt options, e *engine, report *Report) error {
	raw, err := openRaw(ctx, e)
	if err != nil {
		return err
	}
	defer raw.close()
	if opt.wants(deliveriesName) {
		err = measureDeliveries(ctx, opt, e, raw, report)
	}
	if err == nil && opt.wants(changesName) {
		err = measureChanges(ctx, opt, e, raw, report)
	}
	return err
}

func measureOperations(ctx context.Context, opt options, e *engine, report *Report) error {
	b, err := makeBed(ctx, opt, e)
	if err != nil {
		return err
	}
	defer b.close()
	for _, o := range opt.operations() {
		opt.progress("%s: %s, %d at a time", e.name, o.Name, o.Callers)
		c, err := b.cell(ctx, o)
		if err == nil {
			err = c.run(ctx, opt.rounds, opt.slice())
		}
		c.hangUp()
		if err != nil {
			return fmt.Errorf("%s: %w", o.Name, err)
		}
		report.Lines = append(report.Lines, c.lines(e.name)...)
	}
	for _, s := range b.sized {
		after, err := residentOf(s.product.PID)
		if err != nil {
			return err
		}
		report.Memory = append(report.Memory, Memory{Engine: e.name, Channels: s.channels, Resting: s.resting, Loaded: after})
	}
	return nil
}

// slice is how long one target is driven at a time: everything is measured in turns
// that together take the time given.
func (o options) slice() time.Duration {
	perRound := 0
	for _, engine := range o.engines {
		for _, op := range o.operations() {
			perRound += 1 + 2*len(o.sizes)
			if op.writes {
				perRound++
			}
		}
		if o.wants(refreshName) {
			perRound += 2 * refreshSlices * len(refreshProcesses(engine))
		}
		if o.wants(deliveriesName) {
			perRound += 3 * len(o.endpoints) * len(refreshProcesses(engine))
		}
		if o.wants(changesName) {
			perRound += (len(changeCases(o.hearers)) + 1) * len(changeCallers())
		}
	}
	return o.duration / time.Duration(max(perRound, 1)*(o.rounds+1)) // and a round to warm up
}
