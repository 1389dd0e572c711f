package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"patchbay/internal/connect"
)

// reader is connect.Reader over any runner: the pool outside a transaction, the
// transaction's own statements inside one.
type reader struct {
	run     runner
	dialect *dialect
}

// tx is one transaction.
type tx struct {
	reader
	events  []connect.Event // written at the end, as are records; see finish
	records []record

	listening map[int64]bool // workspaces with an active endpoint, of those that have events
	woken     []int64        // endpoints that have got a delivery
}

var _ connect.Tx = (*tx)(nil)

// runTx runs fn inside the transaction (or savepoint) that db is in, then writes the
// audit log, the events and their deliveries. An error means: roll back.
func runTx(ctx context.Context, db execer, d *dialect, fn func(connect.Tx) error) (n news, err error) {
	run := &txStatements{statements: statements{db: db, dialect: d}, life: ctx}
	t := &tx{reader: reader{run, d}, listening: map[int64]bool{}}
	err = protect(func() error { return fn(t) })
	if why := d.classify(run.failed); run.failed != nil && (err == nil || why == rerun || why == unwritable) {
		return news{}, run.failed // fn swallowed or reworded it
	}
	if err != nil {
		return news{}, err
	}
	err = t.finish(ctx)
	return t.news(), err
}

// news is what others wait for: endpoints that have something to be sent, workspaces that
// have events.
type news struct{ endpoints, workspaces []int64 }

func (t *tx) news() news {
	n := news{endpoints: t.woken}
	for _, e := range t.events {
		if !slices.Contains(n.workspaces, e.WorkspaceID) {
			n.workspaces = append(n.workspaces, e.WorkspaceID)
		}
	}
	return n
}

// protect turns a panic of fn into an error that holds its stack. fn runs in a
// goroutine of its own, so that runtime.Goexit (testing's FailNow) cannot end the
// writer's.
func protect(fn func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("a transaction's function ended its goroutine")
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack())
			}
			done <- err
		}()
		err = fn()
	}()
	return <-done
}
