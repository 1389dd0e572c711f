package main

import (
	"runtime"
	"slices"
	"time"
)

// Report is what a run found.
type Report struct {
	Cores   int           `json:"cores"`
	Load    [2]string     `json:"load"` // average of a minute at the beginning and at the end: who else was there
	For     time.Duration `json:"for_ns"`
	Slice   time.Duration `json:"slice_ns"`
	Rounds  int           `json:"rounds"`
	Resting int64         `json:"resting_bytes"` // of the program over an empty SQLite database
	Lines   []Line        `json:"lines"`

	Refreshes  []Refreshing `json:"refreshes,omitempty"`
	Claims     []Claiming   `json:"claims,omitempty"`
	Sweeps     []Sweep      `json:"sweeps,omitempty"`
	Deliveries []Delivering `json:"deliveries,omitempty"`
	Changes    []Changing   `json:"changes,omitempty"`

	Memory []Memory `json:"memory"`
	Aims   []Aim    `json:"aims"`
}

// Memory is resident bytes of the program, before the first request and after the last.
type Memory struct {
	Engine   string `json:"engine"`
	Channels int    `json:"channels"`
	Resting  int64  `json:"resting_bytes"`
	Loaded   int64  `json:"loaded_bytes"`
}

// Line is one operation at one size: medians over the rounds, ratios taken within
// each round.
type Line struct {
	Engine    string     `json:"engine"`
	Channels  int        `json:"channels"`
	Operation string     `json:"operation"`
	Callers   int        `json:"callers"`
	Product   Sample     `json:"product"`
	Bare      Ratio      `json:"bare"`
	Read      Ratio      `json:"read"`
	Fsync     float64    `json:"fsync_ratio,omitempty"` // answers for each flush of the bare loop
	Flushes   float64    `json:"fsync_per_second,omitempty"`
	Growth    float64    `json:"growth"` // CPU of program and database against the smallest size
	Samples   [][]Sample `json:"samples"`

	reads bool
}

// Ratio compares the product with a yardstick.
type Ratio struct {
	Yardstick Sample  `json:"yardstick"`
	Rate      float64 `json:"rate"` // product's requests a second over the yardstick's: more is better
	CPU       float64 `json:"cpu"`  // product's CPU a request over the yardstick's: less is better
}

func newReport(opt options) *Report {
	return &Report{Cores: runtime.NumCPU(), Load: [2]string{loadAverage()}, For: opt.duration, Slice: opt.slice(), Rounds: opt.rounds}
}

// lines reports a cell, a line for each size.
func (c *cell) lines(engine string) []Line {
	var out []Line
	smallest := c.column(product, 0)
	for _, t := range c.targets {
		if t.kind != product {
			continue
		}
		p := c.column(product, t.channels)
		l := Line{
			Engine: engine, Channels: t.channels, Operation: c.operation.Name, Callers: c.operation.Callers, reads: !c.operation.writes,
			Product: medianSample(p), Bare: compare(p, c.column(bareJSON, 0)), Read: compare(p, c.column(pointRead, t.channels)),
			Growth: medianRatio(p, smallest, func(s Sample) float64 { return s.CPU + s.DatabaseCPU }), Samples: c.rounds,
		}
		if flushes := c.column(fsyncLoop, 0); len(flushes) > 0 {
			l.Fsync, l.Flushes = medianRatio(p, flushes, rate), medianSample(flushes).Rate
		}
		out = append(out, l)
	}
	return out
}

// column is one target's samples; with 0 channels the first of its kind.
func (c *cell) column(kind string, channels int) []Sample {
	at := slices.IndexFunc(c.targets, func(t *target) bool {
		return t.kind == kind && (channels == 0 || t.channels == channels)
	})
	if at < 0 {
		return nil
	}
	var out []Sample
	for _, round := range c.rounds {
		out = append(out, round[at])
	}
	return out
}

func rate(s Sample) float64 { return s.Rate }
func cpu(s Sample) float64  { return s.CPU }

func compare(p, yardstick []Sample) Ratio {
	return Ratio{Yardstick: medianSample(yardstick), Rate: medianRatio(p, yardstick, rate), CPU: medianRatio(p, yardstick, cpu)}
}

func medianRatio[S any](a, b []S, of func(S) float64) float64 {
	ratios := make([]float64, len(a))
	for i := range a {
		ratios[i] = of(a[i]) / of(b[i])
	}
	return median(ratios)
}

func medianSample(list []Sample) Sample {
	pick := func(of func(Sample) float64) float64 {
		values := make([]float64, len(list))
		for i, s := range list {
			values[i] = of(s)
		}
		return median(values)
	}
	return Sample{
		Kind: list[0].Kind, Channels: list[0].Channels, Rate: pick(rate), CPU: pick(cpu),
		DatabaseCPU: pick(func(s Sample) float64 { return s.DatabaseCPU }), CallerCPU: pick(func(s Sample) float64 { return s.CallerCPU }),
		LabCPU: pick(func(s Sample) float64 { return s.LabCPU }),
	}
}

func median(values []float64) float64 {
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
