package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"syscall"
)

// changeCase is what hears of a change of state.
type changeCase struct {
	Name      string
	Endpoints int
	types     []string // that they hear; none: all
	held      bool     // nothing is sent
	direct    bool     // the use case is called in this process, where nobody sends: only the outbox is measured
}

// changeCases begin, each kind, with what the others of it are compared with.
func changeCases(many int) []changeCase {
	others := []string{"session.*", "grant.*"}
	return []changeCase{
		{Name: "use case alone", direct: true},
		{Name: "use case alone", Endpoints: 1, direct: true},
		{Name: "use case alone", Endpoints: many, direct: true},
		{Name: "use case alone, other types heard", Endpoints: many, direct: true, types: others},
		{Name: "API"},
		{Name: "API, held", Endpoints: 1, held: true},
		{Name: "API, held", Endpoints: many, held: true},
		{Name: "API, other types heard", Endpoints: many, types: others},
		{Name: "API, sending", Endpoints: 1},
		{Name: "API, sending", Endpoints: many},
	}
}

func changeCallers() []int { return []int{1, 64} }

const (
	changesName = "changes"
	perChanger  = 4 // channels that one caller pauses and resumes in turn
)

// Changing is what a change of state costs in one case: medians over the rounds, ratios
// taken within each.
type Changing struct {
	Engine    string    `json:"engine"`
	Case      string    `json:"case"`
	Endpoints int       `json:"endpoints"`
	Callers   int       `json:"callers"`
	Product   Changed   `json:"product"`
	RawRate   float64   `json:"raw_per_second"`
	None      float64   `json:"none"`    // changes for each one without endpoints
	Latency   float64   `json:"latency"` // median latency against that without endpoints
	Cost      float64   `json:"cost"`    // CPU of program and database against that without endpoints
	Raw       float64   `json:"raw"`     // changes for each raw commit
	Rounds    []Changed `json:"rounds"`
}

// changing is all cases on one engine: each has a database and a process of its own, which
// is frozen while it does not have the turn.
type changing struct {
	engine    *engine
	raw       *rawLoop
	receivers *receivers
	targets   []*changeTarget
}

type changeTarget struct {
	changeCase
	hearing
	seed     *hearingSeed // of a direct one
	process  *process     // of one that is not
	database int          // id of the database's server; 0: none
	counts   *receivers
	changers []*changer
}

func measureChanges(ctx context.Context, opt options, e *engine, raw *rawLoop, report *Report) (err error) {
	c := &changing{engine: e, raw: raw}
	defer c.stop()
	if c.receivers, err = startReceivers(ctx, opt.hearers); err != nil {
		return err
	}
	for i, one := range changeCases(opt.hearers) {
		if err := c.start(ctx, opt, i, one); err != nil {
			return fmt.Errorf("%s of state, %s: %w", changesName, one.Name, err)
		}
	}
	for _, callers := range changeCallers() {
		opt.progress("%s: %s of state, %d at a time", e.name, changesName, callers)
		rounds, err := c.run(ctx, callers, opt.rounds, opt.slice())
		if err != nil {
			return fmt.Errorf("%s of state: %w", changesName, err)
		}
		report.Changes = append(report.Changes, c.lines(callers, rounds)...)
	}
	return nil
}

// start fills the database of a case and starts the process over it, which waits frozen.
func (c *changing) start(ctx context.Context, opt options, i int, one changeCase) error {
	name := fmt.Sprintf("changes_%d", i)
	dsn, err := c.engine.create(ctx, name)
	if err != nil {
		return err
	}
	data := filepath.Join(c.engine.dir, "data-"+name)
	t := &changeTarget{changeCase: one, database: c.engine.pid, counts: c.receivers}
	if err := t.fill(ctx, dsn, data, c.receivers.URLs[:one.Endpoints]); err != nil {
		return err
	}
	c.targets = append(c.targets, t)
	if err := c.engine.ready(ctx, dsn); err != nil || one.direct {
		return err
	}
	if t.process, err = startProduct(ctx, opt.patchbay, dsn, data); err != nil {
		return err
	}
	return t.signal(syscall.SIGSTOP)
}

func (t *changeTarget) fill(ctx context.Context, dsn, data string, urls []string) error {
	keys, err := makeKeys(data)
	if err != nil {
		return err
	}
	if t.seed, err = openHearing(ctx, dsn, keys); err != nil {
		return err
	}
	all := changeCallers()
	t.hearing, err = t.seed.workspace(ctx, all[len(all)-1]*perChanger, urls, t.types)
	if err == nil && t.held {
		err = t.seed.hold(ctx, t.hearing)
	}
	if t.direct && err == nil {
		return nil
	}
	err = cmp.Or(err, t.seed.store.Close())
	t.seed = nil
	return err
}

func (t *changeTarget) signal(s syscall.Signal) error {
	if t.process == nil {
		return nil
	}
	return t.process.cmd.Process.Signal(s)
}

func (c *changing) stop() {
	for _, t := range c.targets {
		_ = t.signal(syscall.SIGCONT)
		if t.process != nil {
			t.process.stop()
		}
		if t.seed != nil {
			_ = t.seed.store.Close()
		}
	}
	if c.receivers != nil {
		c.receivers.stop()
	}
}
