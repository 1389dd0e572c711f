package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case yardstickCommand:
			return serveYardstick(ctx, stdin, stdout)
		case tokensCommand:
			return serveTokens(ctx, stdout)
		}
	}
	opt, asJSON, err := parse(args, stderr)
	if err != nil {
		return err
	}
	opt.progress = func(format string, a ...any) { fmt.Fprintf(stderr, format+"\n", a...) }
	report, err := measure(ctx, opt)
	if err != nil {
		return err
	}
	if asJSON {
		out := json.NewEncoder(stdout)
		out.SetIndent("", "  ")
		return out.Encode(report)
	}
	return report.write(stdout)
}

// options is what a run is told.
type options struct {
	patchbay string        // the program
	dir      string        // where databases and the fsync loop write; the disk there is what is measured
	duration time.Duration // of all measuring, divided among the slices
	engines  []string
	sizes    []int // channels in the database, ascending
	rounds   int
	only     string        // parts of operations' names, separated by commas; empty: all of them
	settle   time.Duration // before memory at rest is read
	rate     float64       // PATCHBAY_REFRESH_RATE
	hot      int           // grants that are refreshed over and over
	grants   []int         // in the databases whose sweep is measured, ascending; empty: it is not
	sweep    time.Duration // how long the largest of them is swept

	endpoints []int // that deliveries are sent to, ascending
	hearers   int   // endpoints that hear of changes of state, beside one and none

	progress func(format string, a ...any)
}

func parse(args []string, stderr io.Writer) (o options, asJSON bool, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.patchbay, "patchbay", "bin/patchbay", "the program to measure")
	f.StringVar(&o.dir, "dir", os.TempDir(), "folder for the databases, on the disk to measure; the user postgres must be able to reach it")
	f.DurationVar(&o.duration, "for", 8*time.Minute, "time for all measuring; filling the databases comes on top")
	f.IntVar(&o.rounds, "rounds", 7, "rounds whose median is reported")
	f.StringVar(&o.only, "only", "", "measure only operations with one of these in their name, separated by commas")
	f.DurationVar(&o.settle, "settle", 5*time.Second, "how long a program rests before its memory is read")
	f.BoolVar(&asJSON, "json", false, "write JSON, every round included")
	engines := f.String("engines", "sqlite,postgres", "engines to measure")
	sizes := f.String("sizes", "1000,100000", "channels in the database, at least 50")
	f.IntVar(&o.hot, "hot", 4096, "grants that are refreshed over and over, for refreshes a second")
	f.Float64Var(&o.rate, "rate", 100_000, "PATCHBAY_REFRESH_RATE of the program: so high that the pace is not what is measured")
	f.DurationVar(&o.sweep, "sweep", 3*time.Minute, "how long the largest of -grants is swept, on top of -for")
	grants := f.String("grants", "", "sealed grants of two-hour tokens in the databases whose sweep is measured, such as 1000,100000,1000000; empty: it is not")
	f.IntVar(&o.hearers, "hearers", perWorkspace, "endpoints that hear of changes of state, beside one and none; a workspace has 100 at most")
	endpoints := f.String("endpoints", "1,20,200", "endpoints that deliveries are sent to, for deliveries a second")
	if err := f.Parse(args); err != nil {
		return o, false, err
	}
	for _, e := range strings.Split(*engines, ",") {
		if e != sqliteEngine && e != postgresEngine {
			return o, false, fmt.Errorf("-engines: %q is neither %s nor %s", e, sqliteEngine, postgresEngine)
		}
		o.engines = append(o.engines, e)
	}
	if o.sizes, err = numbers(*sizes, perOwner); err != nil {
		return o, false, fmt.Errorf("-sizes: %w", err)
	}
	if *grants != "" {
		if o.grants, err = numbers(*grants, perOwner); err != nil {
			return o, false, fmt.Errorf("-grants: %w", err)
		}
	}
	if o.endpoints, err = numbers(*endpoints, 1); err != nil {
		return o, false, fmt.Errorf("-endpoints: %w", err)
	}
	if o.rounds < 1 || o.duration <= 0 || o.hot < 1 || o.hearers < 1 {
		return o, false, errors.New("-rounds, -for, -hot and -hearers must be positive")
	}
	if len(o.operations()) == 0 && !o.wants(refreshName) && !o.wants(deliveriesName) && !o.wants(changesName) && len(o.grants) == 0 {
		return o, false, errors.New("-only must be part of the name of something that is measured")
	}
	return o, asJSON, nil
}

// numbers reads sizes of at least so many, and puts them in order.
func numbers(list string, least int) (out []int, err error) {
	for s := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < least {
			return nil, fmt.Errorf("%q is not a number of at least %d", s, least)
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return out, nil
}
