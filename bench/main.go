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
	if len(args) > 0 && args[0] == yardstickCommand {
		return serveYardstick(ctx, stdin, stdout)
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
	only     string        // part of an operation's name; empty: all of them
	settle   time.Duration // before memory at rest is read
	progress func(format string, a ...any)
}

func parse(args []string, stderr io.Writer) (o options, asJSON bool, err error) {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.patchbay, "patchbay", "bin/patchbay", "the program to measure")
	f.StringVar(&o.dir, "dir", os.TempDir(), "folder for the databases, on the disk to measure; the user postgres must be able to reach it")
	f.DurationVar(&o.duration, "for", 5*time.Minute, "time for all measuring; filling the databases comes on top")
	f.IntVar(&o.rounds, "rounds", 7, "rounds whose median is reported")
	f.StringVar(&o.only, "only", "", "measure only operations with this in their name")
	f.DurationVar(&o.settle, "settle", 5*time.Second, "how long a program rests before its memory is read")
	f.BoolVar(&asJSON, "json", false, "write JSON, every round included")
	engines := f.String("engines", "sqlite,postgres", "engines to measure")
	sizes := f.String("sizes", "1000,100000", "channels in the database, at least 50")
	if err := f.Parse(args); err != nil {
		return o, false, err
	}
	for _, e := range strings.Split(*engines, ",") {
		if e != sqliteEngine && e != postgresEngine {
			return o, false, fmt.Errorf("-engines: %q is neither %s nor %s", e, sqliteEngine, postgresEngine)
		}
		o.engines = append(o.engines, e)
	}
	for _, s := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(s)
		if err != nil || n < perOwner {
			return o, false, fmt.Errorf("-sizes: %q is not a number of at least %d", s, perOwner)
		}
		o.sizes = append(o.sizes, n)
	}
	slices.Sort(o.sizes)
	if o.rounds < 1 || o.duration <= 0 || len(o.operations()) == 0 {
		return o, false, errors.New("-rounds and -for must be positive, and -only part of an operation's name")
	}
	return o, asJSON, nil
}
