package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// run drives all three in turns, after one round that does not count, until the rounds or
// the backlog are over.
func (d *delivering) run(ctx context.Context, rounds int, slice time.Duration) error {
	for i := range rounds + 1 {
		bare, err := d.bare(ctx, slice)
		if err != nil {
			return fmt.Errorf("%s: %w", signedPosts, err)
		}
		raw, err := d.raw.drive(ctx, min(d.hands(), rawConns), slice)
		if err != nil {
			return fmt.Errorf("%s: %w", rawCommits, err)
		}
		if d.left() < 2*d.hands() {
			break
		}
		sent, err := d.product(ctx, slice)
		if err != nil {
			return err
		}
		if i > 0 {
			d.line.Samples = append(d.line.Samples, [3]Sample{sent, bare, raw})
		}
	}
	if len(d.line.Samples) == 0 {
		return fmt.Errorf("a backlog of %d is too short for a round of %s", d.line.Backlog, slice)
	}
	return nil
}

// left is how much of the backlog nobody was sent yet.
func (d *delivering) left() int { return d.line.Backlog - int(d.receivers.count.Load()) + d.posts }

func (d *delivering) bare(ctx context.Context, slice time.Duration) (Sample, error) {
	before := ownCPU()
	posts, took, err := d.signer.drive(ctx, slice)
	d.posts += posts
	return Sample{Kind: signedPosts, Rate: float64(posts) / took.Seconds(), CallerCPU: each(before, ownCPU(), posts)}, err
}

// product lets the processes go on for a while. It begins to count when messages arrive
// again, and ends before the processes are stopped.
func (d *delivering) product(ctx context.Context, slice time.Duration) (s Sample, err error) {
	start := d.receivers.count.Load()
	if err := d.signal(syscall.SIGCONT); err != nil {
		return s, err
	}
	defer func() { _ = d.signal(syscall.SIGSTOP) }()
	first, err := d.beyond(ctx, start+1)
	if err != nil {
		return s, err
	}
	began := time.Now()
	before, err := d.meters()
	if err != nil {
		return s, err
	}
	last := first
	enough := start + int64(d.left()-d.hands())
	for last < enough && time.Since(began) < slice {
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(time.Millisecond):
		}
		last = d.receivers.count.Load()
	}
	if last, err = d.beyond(ctx, first+1); err != nil {
		return s, err
	}
	took := time.Since(began)
	after, err := d.meters()
	n := int(last - first)
	s = Sample{Kind: product, Rate: float64(n) / took.Seconds()}
	s.CPU, s.DatabaseCPU, s.CallerCPU = each(before[0], after[0], n), each(before[1], after[1], n), each(before[2], after[2], n)
	return s, err
}

// beyond waits until the receivers have counted at least so many.
func (d *delivering) beyond(ctx context.Context, least int64) (n int64, err error) {
	for since := time.Now(); ; {
		if n = d.receivers.count.Load(); n >= least {
			return n, nil
		}
		if time.Since(since) > time.Minute {
			return n, fmt.Errorf("%d messages after a minute, want %d\n%s", n, least, d.products[0].log.Bytes())
		}
		select {
		case <-ctx.Done():
			return n, ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
}

// meters reads the processor times of program, database, and receivers.
func (d *delivering) meters() (m [3]time.Duration, err error) {
	for _, p := range d.products {
		used, err := cpuOf(p.PID)
		if err != nil {
			return m, err
		}
		m[0] += used
	}
	m[1], err = cpuBelow(d.database)
	m[2] = ownCPU()
	return m, err
}
