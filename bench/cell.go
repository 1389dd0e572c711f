package main

import (
	"context"
	"time"
)

// cell is one operation on one engine: the product at each size and the yardsticks,
// driven in turns. These machines are shared, so only what ran within the same
// seconds is compared.
type cell struct {
	operation operation
	targets   []*target
	rounds    [][]Sample // a sample for each target
}

// target is something to drive.
type target struct {
	kind     string // product, bare, read or fsync
	channels int    // 0: does not depend on it
	process  *process
	database int // id of the database's server; 0: none
	requests [][]byte
	callers  []*caller
	disk     *disk
}

// Kinds of target.
const (
	product   = "product"
	bareJSON  = "bare"
	pointRead = "read"
	fsyncLoop = "fsync"

	signedPosts = "signed posts"
	rawCommits  = "raw commits"
)

// Sample is what one slice showed. CPU times are microseconds an answer.
type Sample struct {
	Kind        string  `json:"kind"`
	Channels    int     `json:"channels,omitempty"`
	Rate        float64 `json:"per_second"`
	CPU         float64 `json:"cpu_us,omitempty"`          // of the server
	DatabaseCPU float64 `json:"database_cpu_us,omitempty"` // of the database's processes
	CallerCPU   float64 `json:"caller_cpu_us,omitempty"`   // of this program
	LabCPU      float64 `json:"lab_cpu_us,omitempty"`      // of the Lab
}

func (b *bed) cell(ctx context.Context, o operation) (*cell, error) {
	c := &cell{operation: o}
	for _, s := range b.sized {
		c.add(&target{kind: product, channels: s.channels, process: s.product, database: b.engine.pid}, s.fixture)
		c.add(&target{kind: pointRead, channels: s.channels, process: s.read, database: b.engine.pid}, s.fixture)
	}
	c.add(&target{kind: bareJSON, process: b.bare}, b.sized[0].fixture)
	if o.writes {
		c.targets = append(c.targets, &target{kind: fsyncLoop, disk: b.disk})
	}
	for _, t := range c.targets {
		if t.process == nil {
			continue
		}
		var err error
		if t.callers, err = dial(ctx, t.process.Addr, o.Callers); err != nil {
			return c, err
		}
	}
	return c, nil
}

func (c *cell) add(t *target, f fixture) {
	t.requests = c.operation.requests(f, t.process.Addr)
	c.targets = append(c.targets, t)
}

func (c *cell) hangUp() {
	for _, t := range c.targets {
		hangUp(t.callers)
	}
}

// run drives all targets in turns, each round beginning with another, after one round
// that does not count.
func (c *cell) run(ctx context.Context, rounds int, slice time.Duration) error {
	for r := range rounds + 1 {
		samples := make([]Sample, len(c.targets))
		for i := range c.targets {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			at := (i + r) % len(c.targets)
			var err error
			if samples[at], err = c.targets[at].drive(slice); err != nil {
				return err
			}
		}
		if r > 0 {
			c.rounds = append(c.rounds, samples)
		}
	}
	return nil
}

func (t *target) drive(slice time.Duration) (Sample, error) {
	s := Sample{Kind: t.kind, Channels: t.channels}
	if t.disk != nil {
		flushes, took, err := t.disk.drive(slice)
		s.Rate = float64(flushes) / took.Seconds()
		return s, err
	}
	before, err := t.meters()
	if err != nil {
		return s, err
	}
	answers, took, err := drive(t.callers, t.requests, slice)
	if err != nil {
		return s, err
	}
	after, err := t.meters()
	if err != nil {
		return s, err
	}
	each := func(i int) float64 { return each(before[i], after[i], answers) }
	s.Rate, s.CPU, s.DatabaseCPU, s.CallerCPU = float64(answers)/took.Seconds(), each(0), each(1), each(2)
	return s, nil
}

// meters reads the processor times of server, database and callers.
func (t *target) meters() (m [3]time.Duration, err error) {
	if m[0], err = cpuOf(t.process.PID); err != nil {
		return m, err
	}
	m[1], err = cpuBelow(t.database)
	m[2] = ownCPU()
	return m, err
}
