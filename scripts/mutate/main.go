// Command mutate takes one guard after the other out of the code, in a scratch copy of
// the tree, and shows that the suites turn red: every predicate on a workspace or an
// owner in SQL and in Go, every scope check, every compare-and-swap. The guards are
// found in the source, so that a new one is tried without being named anywhere. It is
// run by hand, from the root of the tree:
//
//	go run ./scripts/mutate                       all of them
//	go run ./scripts/mutate -only 'keys.go' -for 5m
//	go run ./scripts/mutate -list
//
// It owns no test: what survives is for the suites to catch, or for the code to lose.
// The exit status is 1 when a mutant survives.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("mutate", flag.ContinueOnError)
	only := flags.String("only", "", "try only mutants whose line in the table matches this regular expression")
	limit := flags.Duration("for", 2*time.Hour, "begin no mutant after this long")
	workers := flags.Int("workers", 2, "mutants at a time, each in a scratch copy of its own")
	list := flags.Bool("list", false, "list the mutants and try none")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	all, err := find(".")
	if err != nil {
		return err
	}
	if err := checkArguments(all); err != nil {
		return err
	}
	var chosen []mutant
	for _, m := range all {
		if pattern.MatchString(m.String()) {
			chosen = append(chosen, m)
		}
	}
	if *list {
		for _, m := range chosen {
			fmt.Println(m)
		}
		fmt.Printf("%d mutants\n", len(chosen))
		return nil
	}
	return report(try(ctx, chosen, *workers, time.Now().Add(*limit)))
}

// report prints the totals; the table was printed as it grew.
func report(results []result, err error) error {
	if err != nil {
		return err
	}
	count := map[verdict]int{}
	var survived []string
	for _, r := range results {
		count[r.verdict]++
		if r.verdict == verdictSurvived || r.verdict == verdictBroken {
			survived = append(survived, "  "+r.mutant.String())
		}
	}
	fmt.Printf("\n%d mutants: %d caught, %d survived, %d argued to change nothing, %d that do not compile, %d not tried\n",
		len(results), count[verdictCaught], count[verdictSurvived], count[verdictArgued], count[verdictBroken], count[verdictUntried])
	if len(survived) > 0 {
		return fmt.Errorf("no suite turned red for:\n%s", strings.Join(survived, "\n"))
	}
	if count[verdictUntried] > 0 {
		return fmt.Errorf("the time was over: %d were not tried", count[verdictUntried])
	}
	return nil
}
