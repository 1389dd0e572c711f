package main

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Changed is what one slice of changes showed.
type Changed struct {
	Sample
	Median float64 `json:"median_ms"` // from a request to its answer
	Slow   float64 `json:"p99_ms"`
	Sent   float64 `json:"sent_per_second"` // messages that reached the receivers meanwhile
}

// run drives all cases and the raw loop in turns, each round beginning with another, after
// one round that does not count. The raw loop's sample is the last of a round.
func (c *changing) run(ctx context.Context, callers, rounds int, slice time.Duration) (all [][]Changed, err error) {
	for _, t := range c.targets {
		t.staff(ctx, callers)
	}
	for r := range rounds + 1 {
		round := make([]Changed, len(c.targets)+1)
		for i := range round {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			at := (i + r) % len(round)
			if at == len(c.targets) {
				round[at].Sample, err = c.raw.drive(ctx, min(callers, rawConns), slice)
			} else {
				round[at], err = c.targets[at].drive(ctx, slice)
			}
			if err != nil {
				return nil, err
			}
		}
		if r > 0 {
			all = append(all, round)
		}
	}
	return all, nil
}

// drive lets all callers of the case ask until the time is over.
func (t *changeTarget) drive(ctx context.Context, slice time.Duration) (s Changed, err error) {
	if err := t.signal(syscall.SIGCONT); err != nil {
		return s, err
	}
	defer func() { err = cmp.Or(err, t.signal(syscall.SIGSTOP)) }()
	defer t.hangUp()
	if err := t.dial(ctx); err != nil {
		return s, err
	}
	before, err := t.meters()
	if err != nil {
		return s, err
	}
	received, began := t.counts.count.Load(), time.Now()
	errs := make([]error, len(t.changers))
	var wg sync.WaitGroup
	for i, one := range t.changers {
		wg.Go(func() { errs[i] = one.loop(began.Add(slice)) })
	}
	wg.Wait()
	took := time.Since(began)
	s.Sent = float64(t.counts.count.Load()-received) / took.Seconds()
	if err := cmp.Or(errs...); err != nil {
		return s, err
	}
	after, err := t.meters()
	if err != nil {
		return s, err
	}
	var times []time.Duration
	for _, one := range t.changers {
		times = append(times, one.took...)
	}
	n := len(times)
	s.Sample = Sample{Kind: product, Rate: float64(n) / took.Seconds()}
	s.CPU, s.DatabaseCPU, s.CallerCPU = each(before[0], after[0], n), each(before[1], after[1], n), each(before[2], after[2], n)
	s.Median, s.Slow = quantile(times, 0.5), quantile(times, 0.99)
	return s, nil
}

// meters reads the processor times of program, database, and callers with receivers. A
// use case that is called directly is all that this process does.
func (t *changeTarget) meters() (m [3]time.Duration, err error) {
	if t.direct {
		m[0] = ownCPU()
	} else if m[0], err = cpuOf(t.process.PID); err != nil {
		return m, err
	} else {
		m[2] = ownCPU()
	}
	m[1], err = cpuBelow(t.database)
	return m, err
}

// quantile is in milliseconds.
func quantile(times []time.Duration, q float64) float64 {
	if len(times) == 0 {
		return 0
	}
	slices.Sort(times)
	return float64(times[int(q*float64(len(times)-1))].Microseconds()) / 1000
}

// lines sums the rounds up, a line for each case.
func (c *changing) lines(callers int, rounds [][]Changed) (list []Changing) {
	column := func(at int) (out []Changed) {
		for _, round := range rounds {
			out = append(out, round[at])
		}
		return out
	}
	raw := column(len(c.targets))
	var none []Changed
	for i, t := range c.targets {
		own := column(i)
		if t.Endpoints == 0 {
			none = own
		}
		list = append(list, Changing{
			Engine: c.engine.name, Case: t.Name, Endpoints: t.Endpoints, Callers: callers, Product: medianChanged(own), RawRate: medianChanged(raw).Rate,
			None:    medianRatio(own, none, changedRate),
			Latency: medianRatio(own, none, func(s Changed) float64 { return s.Median }),
			Cost:    medianRatio(own, none, func(s Changed) float64 { return s.CPU + s.DatabaseCPU }),
			Raw:     medianRatio(own, raw, changedRate), Rounds: own,
		})
	}
	return list
}

func changedRate(s Changed) float64 { return s.Rate }

func medianChanged(list []Changed) Changed {
	samples := make([]Sample, len(list))
	var medians, slow, sent []float64
	for i, s := range list {
		samples[i] = s.Sample
		medians, slow, sent = append(medians, s.Median), append(slow, s.Slow), append(sent, s.Sent)
	}
	return Changed{Sample: medianSample(samples), Median: median(medians), Slow: median(slow), Sent: median(sent)}
}
