package main

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// run drives both in turns, after one round that does not count.
func (r *refreshing) run(ctx context.Context, rounds int, slice time.Duration) error {
	if err := r.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	for i := range rounds + 1 {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		bare, err := r.bare(slice)
		if err != nil {
			return fmt.Errorf("bare posts: %w", err)
		}
		product, err := r.product(ctx, slice)
		if err != nil {
			return err
		}
		if i > 0 {
			r.line.Samples = append(r.line.Samples, [2]Sample{product, bare})
		}
	}
	return nil
}

func (r *refreshing) bare(slice time.Duration) (Sample, error) {
	before, err := r.meters()
	if err != nil {
		return Sample{}, err
	}
	answers, took, err := post(r.posters, slice)
	if err != nil {
		return Sample{}, err
	}
	after, err := r.meters()
	s := Sample{Kind: "bare", Rate: float64(answers) / took.Seconds()}
	s.CPU, s.CallerCPU = each(before[2], after[2], answers), each(before[3], after[3], answers)
	return s, err
}

// product lets the processes go on for a while. It begins to count when they refresh
// again, and ends before they are stopped.
func (r *refreshing) product(ctx context.Context, slice time.Duration) (s Sample, err error) {
	done, err := r.refreshed(ctx, false)
	if err != nil {
		return s, err
	}
	if err := r.signal(syscall.SIGCONT); err != nil {
		return s, err
	}
	defer func() { _ = r.signal(syscall.SIGSTOP) }()
	first, err := r.beyond(ctx, done+refreshHands)
	if err != nil {
		return s, err
	}
	began := time.Now()
	before, err := r.meters()
	if err != nil {
		return s, err
	}
	select {
	case <-ctx.Done():
		return s, ctx.Err()
	case <-time.After(slice):
	}
	last, err := r.beyond(ctx, first+refreshHands)
	if err != nil {
		return s, err
	}
	took := time.Since(began)
	after, err := r.meters()
	s = Sample{Kind: product, Rate: float64(last-first) / took.Seconds()}
	s.CPU, s.DatabaseCPU, s.LabCPU = each(before[0], after[0], last-first), each(before[1], after[1], last-first), each(before[2], after[2], last-first)
	return s, err
}

// beyond waits until there are at least so many, and answers how many there are.
func (r *refreshing) beyond(ctx context.Context, least int) (n int, err error) {
	for since := time.Now(); n < least; {
		if n, err = r.refreshed(ctx, true); err != nil {
			return n, err
		}
		if time.Since(since) > time.Minute {
			return n, fmt.Errorf("%d refreshes after a minute, want %d\n%s", n, least, r.products[0].log.Bytes())
		}
	}
	return n, nil
}

func each(before, after time.Duration, n int) float64 {
	return float64((after - before).Microseconds()) / float64(max(n, 1))
}

// refreshed is how many refreshes all processes have made. Any that was refused ends
// the run. A process that is stopped tells what it told last.
func (r *refreshing) refreshed(ctx context.Context, awake bool) (n int, err error) {
	for _, p := range r.products {
		if awake {
			if p.refreshes, err = refreshesOf(ctx, p.Addr); err != nil {
				return 0, fmt.Errorf("%w\n%s", err, p.log.Bytes())
			}
		}
		n += p.refreshes
	}
	return n, nil
}

// meters reads the processor times of program, database, Lab and callers.
func (r *refreshing) meters() (m [4]time.Duration, err error) {
	for _, p := range r.products {
		used, err := cpuOf(p.PID)
		if err != nil {
			return m, err
		}
		m[0] += used
	}
	if m[1], err = cpuBelow(r.database); err != nil {
		return m, err
	}
	m[2], err = cpuOf(r.lab.process.PID)
	m[3] = ownCPU()
	return m, err
}

func (r *refreshing) signal(s syscall.Signal) error {
	for _, p := range r.products {
		if err := p.cmd.Process.Signal(s); err != nil {
			return err
		}
	}
	return nil
}
