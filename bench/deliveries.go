package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"patchbay/internal/webhook"
)

// delivering is deliveries on one engine: the program's processes over one database with a
// backlog, signed posts to the same receivers, and raw commits, in turns. Whoever does not
// have the turn is frozen or silent.
type delivering struct {
	line      Delivering
	database  int // id of the database's server; 0: none
	receivers *receivers
	signer    *signer
	raw       *rawLoop
	products  []*process
	posts     int // that the signer made so far
}

// Delivering is what one such comparison found: medians over the rounds, ratios taken
// within each.
type Delivering struct {
	Engine    string      `json:"engine"`
	Processes int         `json:"processes"`
	Endpoints int         `json:"endpoints"`
	Backlog   int         `json:"backlog"` // deliveries that were pending at the start
	Product   Sample      `json:"product"` // CPU of all its processes; that of the receivers is CallerCPU
	Bare      Sample      `json:"bare"`    // signed posts; CPU of who posts and of the receivers is CallerCPU
	Raw       Sample      `json:"raw"`     // commits of the raw loop
	Ratio     float64     `json:"ratio"`   // deliveries for each signed post
	Commits   float64     `json:"commits"` // deliveries for each raw commit
	Samples   [][3]Sample `json:"samples"`
}

const (
	deliveriesName = "deliveries"
	backlogRate    = 2500 // deliveries a second that a backlog is made for
	backlogLeast   = 64   // of each endpoint
	changedOften   = 500  // channels of a workspace that the backlog is about
)

func measureDeliveries(ctx context.Context, opt options, e *engine, raw *rawLoop, report *Report) error {
	for _, processes := range refreshProcesses(e.name) {
		for _, n := range opt.endpoints {
			opt.progress("%s: %s to %d endpoints, %d processes", e.name, deliveriesName, n, processes)
			d := &delivering{line: Delivering{Engine: e.name, Processes: processes, Endpoints: n}, database: e.pid, raw: raw}
			err := d.start(ctx, opt, e)
			if err == nil {
				err = d.run(ctx, opt.rounds, opt.slice())
			}
			d.stop()
			if err != nil {
				return fmt.Errorf("%s to %d endpoints: %w", deliveriesName, n, err)
			}
			report.Deliveries = append(report.Deliveries, d.summed())
		}
	}
	return nil
}

// start makes the backlog and starts the processes, which wait frozen.
func (d *delivering) start(ctx context.Context, opt options, e *engine) (err error) {
	if d.receivers, err = startReceivers(ctx, d.line.Endpoints); err != nil {
		return err
	}
	name := fmt.Sprintf("deliveries_%d_%d", d.line.Processes, d.line.Endpoints)
	dsn, err := e.create(ctx, name)
	if err != nil {
		return err
	}
	data, began := filepath.Join(e.dir, "data-"+name), time.Now()
	secrets, err := d.fill(ctx, dsn, data, opt)
	if err == nil {
		err = e.ready(ctx, dsn)
	}
	if err != nil {
		return err
	}
	opt.progress("%s: %d deliveries are there after %s", e.name, d.line.Backlog, short(time.Since(began)))
	for i := range d.line.Processes {
		mine := fmt.Sprint(data, "-", i)
		if err := copyKeys(data, mine); err != nil {
			return err
		}
		p, err := startProduct(ctx, opt.patchbay, dsn, mine)
		if err != nil {
			return err
		}
		d.products = append(d.products, p)
	}
	if _, err := d.beyond(ctx, 1); err != nil {
		return err
	}
	if err := d.signal(syscall.SIGSTOP); err != nil {
		return err
	}
	d.signer, err = newSigner(d.receivers.URLs, secrets, *d.receivers.sample.Load())
	return err
}

// fill makes workspaces whose endpoints are the receivers, with a backlog that lasts for
// all turns, and answers the endpoints' secrets.
func (d *delivering) fill(ctx context.Context, dsn, data string, opt options) (secrets []string, err error) {
	keys, err := makeKeys(data)
	if err != nil {
		return nil, err
	}
	seed, err := openHearing(ctx, dsn, keys)
	if err != nil {
		return nil, err
	}
	defer seed.store.Close()
	turns := time.Duration(opt.rounds + 2)
	each := max(int((turns*opt.slice()).Seconds()*backlogRate)/d.line.Endpoints, backlogLeast)
	for urls := range slices.Chunk(d.receivers.URLs, perWorkspace) {
		h, err := seed.workspace(ctx, changedOften, urls, nil)
		if err != nil {
			return nil, err
		}
		if err := seed.changed(ctx, h, each); err != nil {
			return nil, err
		}
		secrets = append(secrets, h.secrets...)
		d.line.Backlog += each * len(urls)
	}
	return secrets, nil
}

func (d *delivering) stop() {
	_ = d.signal(syscall.SIGCONT)
	for _, p := range d.products {
		p.stop()
	}
	if d.signer != nil {
		d.signer.client.CloseIdleConnections()
	}
	if d.receivers != nil {
		d.receivers.stop()
	}
}

func (d *delivering) signal(s syscall.Signal) (err error) {
	for _, p := range d.products {
		err = cmp.Or(err, p.cmd.Process.Signal(s))
	}
	return err
}

// hands is how many requests can be under way at once.
func (d *delivering) hands() int { return d.line.Endpoints * webhook.InFlightCap }

func (d *delivering) summed() Delivering {
	var kinds [3][]Sample
	for _, round := range d.line.Samples {
		for i, s := range round {
			kinds[i] = append(kinds[i], s)
		}
	}
	d.line.Product, d.line.Bare, d.line.Raw = medianSample(kinds[0]), medianSample(kinds[1]), medianSample(kinds[2])
	d.line.Ratio, d.line.Commits = medianRatio(kinds[0], kinds[1], rate), medianRatio(kinds[0], kinds[2], rate)
	return d.line
}
