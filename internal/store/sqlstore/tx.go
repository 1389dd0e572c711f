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
	events []connect.Event // written at the end; see writeEvents
}

var _ connect.Tx = (*tx)(nil)

// runTx runs fn inside the transaction (or savepoint) that db is in, then writes the
// events. An error means: roll back.
func runTx(ctx context.Context, db execer, d *dialect, fn func(connect.Tx) error) error {
	run := &txStatements{statements: statements{db: db, dialect: d}, life: ctx}
	t := &tx{reader: reader{run, d}}
	err := protect(func() error { return fn(t) })
	if run.failed != nil && (err == nil || d.classify(run.failed) == rerun) {
		return run.failed // fn swallowed or reworded it
	}
	if err != nil {
		return err
	}
	return t.writeEvents(ctx)
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
