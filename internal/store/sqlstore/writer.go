package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// maxGroup is how many closures one commit may carry.
const maxGroup = 128

var errClosed = errors.New("the store is closed")

// writer is SQLite's one writer: a goroutine that takes the closures that wait, wraps
// each in a savepoint, commits them together and then answers all. With
// synchronous=FULL a commit costs a disk flush, so callers share it.
type writer struct {
	db      *sql.DB     // one connection
	crowded func() bool // another process wants to write too; nil: never
	jobs    chan *job
	stopped chan struct{}
	wal     string           // the file that is taken in
	quiet   <-chan time.Time // when to look at it; nil: never, another process does
	line    *line            // the goroutine's own; nil: it has none now

	mu      sync.Mutex
	closed  bool
	callers sync.WaitGroup // those between entering and being answered
}

// job is one closure and whoever waits for it.
type job struct {
	ctx  context.Context // the caller's, without its cancellation
	fn   func(ctx context.Context, db execer) error
	turn atomic.Bool // decided: the closure runs, or its caller has left
	err  error
	done chan error
}

// newWriter starts the goroutine; close ends it. It takes in the file wal in quiet moments;
// empty: none.
func newWriter(db *sql.DB, crowded func() bool, wal string) *writer {
	w := &writer{db: db, crowded: crowded, jobs: make(chan *job, maxGroup), stopped: make(chan struct{}), wal: wal}
	if wal != "" {
		w.quiet = time.Tick(quietly)
	}
	go w.work()
	return w
}

// transact queues fn and waits for the outcome of the commit that carries it. A ctx
// that ends before fn has begun gives ctx.Err(), and fn never runs.
func (w *writer) transact(ctx context.Context, fn func(ctx context.Context, db execer) error) error {
	if err := w.enter(); err != nil {
		return err
	}
	defer w.callers.Done()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	j := &job{ctx: context.WithoutCancel(ctx), fn: fn, done: make(chan error, 1)}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
		if j.turn.CompareAndSwap(false, true) {
			return ctx.Err()
		}
		return <-j.done
	}
}

func (w *writer) enter() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return errClosed
	}
	w.callers.Add(1)
	return nil
}

// close refuses new callers, waits until all are answered and ends the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	first := !w.closed
	w.closed = true
	w.mu.Unlock()
	if first {
		w.callers.Wait()
		close(w.jobs)
	}
	<-w.stopped
}

func (w *writer) work() {
	defer close(w.stopped)
	defer w.hangUp()
	for {
		first, open := w.await()
		if !open {
			return
		}
		group := w.gather(first)
		lost := w.commit(group)
		for _, j := range group {
			j.done <- cmp.Or(lost, j.err)
		}
		if w.crowded != nil && w.crowded() {
			time.Sleep(besidePause)
		}
	}
}

// gather takes whatever waits by now.
func (w *writer) gather(first *job) []*job {
	group := []*job{first}
	for len(group) < maxGroup {
		select {
		case j, open := <-w.jobs:
			if !open {
				return group
			}
			group = append(group, j)
		default:
			return group
		}
	}
	return group
}

// commit runs the group in one transaction. An error means that nothing of it was
// kept, whatever the single closures answered.
func (w *writer) commit(group []*job) (err error) {
	ctx := context.Background()
	l, err := w.dial(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			l.db.close()
			_, _ = l.conn.ExecContext(ctx, "ROLLBACK")
			_ = l.conn.Raw(func(any) error { return driver.ErrBadConn }) // its state is in doubt: take a new one
			w.hangUp()
		}
	}()
	if err := begin(ctx, l.conn); err != nil {
		return fmt.Errorf("begin group: %w", err)
	}
	for _, j := range group {
		if !j.turn.CompareAndSwap(false, true) {
			continue // its caller has left
		}
		if err := j.run(l.db); err != nil {
			if classifySQLite(j.err) == unwritable { // the cause, and what all are told
				err = j.err
			}
			return fmt.Errorf("savepoint: %w", err)
		}
	}
	if _, err := l.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit group: %w", err)
	}
	return nil
}

// writerPatience is how long another process may be writing before those who wait are
// told so. A command beside the server takes milliseconds.
const writerPatience = 30 * time.Second

// begin takes SQLite's one write lock, from which on nobody else writes until the
// commit: after it no statement finds the database locked.
func begin(ctx context.Context, conn *sql.Conn) error {
	for since := time.Now(); ; {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		if err == nil || !locked(err) || time.Since(since) > writerPatience {
			return err
		}
		time.Sleep(rand.N(besidePause / 4)) // apart, so that the two do not meet for ever
	}
}

// run gives the closure its savepoint. The error is about the savepoint: when it can
// be neither released nor rolled back, SQLite has dropped the whole transaction (disk
// full, I/O error), and what the others wrote is gone too.
func (j *job) run(conn execer) error {
	ctx := context.Background()
	if _, err := conn.ExecContext(ctx, "SAVEPOINT closure"); err != nil {
		return err
	}
	j.err = j.fn(j.ctx, conn)
	end := "RELEASE closure"
	if j.err != nil {
		end = "ROLLBACK TO closure; RELEASE closure"
	}
	_, err := conn.ExecContext(ctx, end)
	return err
}
