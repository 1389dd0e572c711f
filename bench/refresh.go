package main

import (
	"context"
	"fmt"
	"path/filepath"
	"syscall"
)

// refreshing is refreshes on one engine: the program's processes over one database whose
// grants are all due, and as many bare posts to the same Lab, in turns. Whoever does not
// have the turn is frozen or silent.
type refreshing struct {
	line     Refreshing
	database int // id of the database's server; 0: none
	lab      *tokenServer
	products []*process
	posters  []*poster
}

// Refreshing is what one such comparison found: medians over the rounds, ratios taken
// within each.
type Refreshing struct {
	Engine    string      `json:"engine"`
	Processes int         `json:"processes"`
	Hands     int         `json:"hands"`   // refreshes, and bare posts, that are under way at once
	Product   Sample      `json:"product"` // CPU of all its processes
	Bare      Sample      `json:"bare"`    // CPU of the Lab; that of who posts is CallerCPU
	Ratio     float64     `json:"ratio"`   // refreshes for each bare post
	Samples   [][2]Sample `json:"samples"`
}

const (
	refreshName  = "refresh grants"
	refreshHands = 64 // of one process, as package app has it
)

// refreshSlices is how many slices a turn takes: there is more to even out than in a read.
const refreshSlices = 3

// refreshProcesses is how many processes are measured over one database.
func refreshProcesses(engine string) []int {
	if engine == sqliteEngine {
		return []int{1}
	}
	return []int{1, 2}
}

func measureRefreshes(ctx context.Context, opt options, e *engine, report *Report) error {
	for _, n := range refreshProcesses(e.name) {
		opt.progress("%s: %s, %d processes", e.name, refreshName, n)
		r := &refreshing{line: Refreshing{Engine: e.name, Processes: n, Hands: n * refreshHands}, database: e.pid}
		err := r.start(ctx, opt, e)
		if err == nil {
			err = r.run(ctx, opt.rounds, refreshSlices*opt.slice())
		}
		r.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", refreshName, err)
		}
		report.Refreshes = append(report.Refreshes, r.summed())
	}
	return nil
}

// start connects accounts at the Lab, half of them for the program.
func (r *refreshing) start(ctx context.Context, opt options, e *engine) (err error) {
	if r.lab, err = startLab(ctx, opt.patchbay); err != nil {
		return err
	}
	tokens, err := r.lab.consents(ctx, 0, opt.hot)
	if err != nil {
		return err
	}
	families, err := r.lab.consents(ctx, opt.hot, max(opt.hot/4, r.line.Hands))
	if err != nil {
		return err
	}
	callers, err := dial(ctx, r.lab.process.Addr, r.line.Hands)
	if err != nil {
		return err
	}
	r.posters = newPosters(callers, r.lab, families)
	name := fmt.Sprintf("refresh_%d", r.line.Processes)
	dsn, err := e.create(ctx, name)
	if err != nil {
		return err
	}
	data := filepath.Join(e.dir, "data-"+name)
	keys, err := makeKeys(data)
	if err == nil {
		err = seedDue(ctx, dsn, keys, tokens)
	}
	if err == nil {
		err = e.ready(ctx, dsn)
	}
	if err != nil {
		return err
	}
	env, err := r.lab.describe(data, opt.rate)
	if err != nil {
		return err
	}
	for i := range r.line.Processes {
		mine := fmt.Sprint(data, "-", i)
		if err := copyKeys(data, mine); err != nil {
			return err
		}
		p, err := startProduct(ctx, opt.patchbay, dsn, mine, env...)
		if err != nil {
			return err
		}
		r.products = append(r.products, p)
	}
	return nil
}

func (r *refreshing) stop() {
	_ = r.signal(syscall.SIGCONT)
	for _, p := range r.products {
		p.stop()
	}
	for _, p := range r.posters {
		_ = p.conn.Close()
	}
	if r.lab != nil {
		r.lab.process.stop()
	}
}

func (r *refreshing) summed() Refreshing {
	var products, bares []Sample
	for _, s := range r.line.Samples {
		products, bares = append(products, s[0]), append(bares, s[1])
	}
	r.line.Product, r.line.Bare = medianSample(products), medianSample(bares)
	r.line.Ratio = medianRatio(products, bares, rate)
	return r.line
}
