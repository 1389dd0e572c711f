package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// suites are what must turn red, the quickest to tell first. SQLite is enough: what the
// engines do differently is storetest's.
var suites = []suite{
	{"store", "./internal/store/sqlstore", "^TestSQLite$|^TestSealed|^TestRe"},
	{"connect", "./internal/connect", "."},
	{"api", "./internal/api", "."},
	{"marketingblocks", "./internal/dialect/marketingblocks", "."},
	{"isolation", "./internal/e2e/isolation", "."},
	{"once", "./internal/e2e/once", "^Test[^K]"}, // not the kills, which build the program
}

type suite struct{ name, pkg, run string }

// about tells whether a suite can see what is changed in a file.
func (s suite) about(file string) bool {
	return (s.name != "store" || strings.HasPrefix(file, "internal/store/")) &&
		(s.name != "marketingblocks" || strings.HasPrefix(file, "internal/dialect/"))
}

type verdict string

const (
	verdictCaught   verdict = "caught"
	verdictSurvived verdict = "SURVIVED"
	verdictArgued   verdict = "argued"
	verdictBroken   verdict = "BROKEN" // it does not compile: the rule that made it is wrong
	verdictUntried  verdict = "not tried"
)

type result struct {
	mutant  mutant
	verdict verdict
	by      string // the suite, or the argument
	took    time.Duration
}

// try tries each mutant until the time is over, and prints a line about it.
func try(ctx context.Context, mutants []mutant, workers int, until time.Time) ([]result, error) {
	results := make([]result, len(mutants))
	queue := make(chan int)
	errs := make([]error, workers)
	var wg sync.WaitGroup
	var printing sync.Mutex
	for i := range workers {
		wg.Go(func() {
			errs[i] = work(ctx, i == 0, mutants, results, queue, until, &printing)
			for range queue { // after an error: let the others end
			}
		})
	}
	for i := range mutants {
		queue <- i
	}
	close(queue)
	wg.Wait()
	return results, errors.Join(errs...)
}

func work(ctx context.Context, first bool, mutants []mutant, results []result, queue <-chan int, until time.Time, printing *sync.Mutex) error {
	tree, err := copyTree()
	if err != nil {
		return err
	}
	defer os.RemoveAll(tree)
	if first { // the suites must be green as things are
		for _, s := range suites {
			if red, out := s.red(ctx, tree); red {
				return fmt.Errorf("the suite %s is red without any mutant:\n%s", s.name, out)
			}
		}
	}
	for i := range queue {
		r := result{mutant: mutants[i], verdict: verdictUntried}
		if argument, ok := argued(mutants[i]); ok {
			r.verdict, r.by = verdictArgued, argument
		} else if time.Now().Before(until) {
			if r, err = tryOne(ctx, tree, mutants[i]); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx) // what was cut off is no verdict
		}
		results[i] = r
		printing.Lock()
		fmt.Printf("%-9s %-15s %5.1fs  %s\n", r.verdict, short(r.by), r.took.Seconds(), r.mutant)
		printing.Unlock()
	}
	return nil
}

func short(s string) string { return s[:min(len(s), 15)] }

func tryOne(ctx context.Context, tree string, m mutant) (result, error) {
	began, path := time.Now(), filepath.Join(tree, m.file)
	text, err := os.ReadFile(path)
	if err != nil {
		return result{}, err
	}
	if string(text[m.start:m.end]) != m.old {
		return result{}, fmt.Errorf("%s changed while its mutants were tried", m.file)
	}
	changed := string(text[:m.start]) + m.new + string(text[m.end:])
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil { //nolint:gosec // in the scratch copy
		return result{}, err
	}
	r := result{mutant: m, verdict: verdictSurvived}
	for _, s := range suites {
		if !s.about(m.file) {
			continue
		}
		red, out := s.red(ctx, tree)
		if strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]") {
			r.verdict, r.by = verdictBroken, out
			break
		}
		if red {
			r.verdict, r.by = verdictCaught, s.name
			break
		}
	}
	r.took = time.Since(began)
	return r, os.WriteFile(path, text, 0o600) //nolint:gosec // in the scratch copy
}

// red runs a suite, and tells whether it failed. A suite that hangs has failed.
func (s suite) red(ctx context.Context, tree string) (bool, string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	args := []string{"test", "-trimpath", "-vet=off", "-count=1", "-failfast", "-timeout=2m", "-run=" + s.run, s.pkg}
	cmd := exec.CommandContext(ctx, "go", args...) //nolint:gosec // of the table above
	// go test ends its test then.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Dir = tree
	cmd.Env = append(withoutPostgres(os.Environ()), "CI=")
	out, err := cmd.CombinedOutput()
	return err != nil, string(out)
}

func withoutPostgres(env []string) (rest []string) {
	for _, pair := range env {
		if !strings.HasPrefix(pair, "PATCHBAY_TEST_POSTGRES=") {
			rest = append(rest, pair)
		}
	}
	return rest
}

// copyTree copies what the suites need of the tree to a folder of its own.
func copyTree() (string, error) {
	tree, err := os.MkdirTemp("", "mutate-*")
	if err != nil {
		return "", err
	}
	for _, part := range []string{"go.mod", "go.sum", "cmd", "internal"} {
		from, to := part, filepath.Join(tree, part)
		if info, err := os.Stat(from); err != nil {
			return "", err
		} else if info.IsDir() {
			err = os.CopyFS(to, os.DirFS(from))
			if err != nil {
				return "", err
			}
			continue
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if err := os.WriteFile(to, text, 0o600); err != nil { //nolint:gosec // in the scratch copy
			return "", err
		}
	}
	return tree, nil
}
