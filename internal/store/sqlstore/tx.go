package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

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
// audit log, the events and their deliveries. An error means: roll back. woken are the
// endpoints that have something to be sent by it.
func runTx(ctx context.Context, db execer, d *dialect, fn func(connect.Tx) error) (woken []int64, err error) {
	run := &txStatements{statements: statements{db: db, dialect: d}, life: ctx}
	t := &tx{reader: reader{run, d}, listening: map[int64]bool{}}
	err = protect(func() error { return fn(t) })
	if why := d.classify(run.failed); run.failed != nil && (err == nil || why == rerun || why == unwritable) {
		return nil, run.failed // fn swallowed or reworded it
	}
	if err != nil {
		return nil, err
	}
	err = t.finish(ctx)
	return t.woken, err
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
