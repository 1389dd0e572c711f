package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// newTestWriter has a table numbers(n) to write to.
func newTestWriter(t *testing.T) *writer {
	t.Helper()
	db, err := sql.Open("sqlite", sqliteDSN(filepath.Join(t.TempDir(), "w.db"), "_pragma=journal_mode(wal)"))
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE numbers (n INTEGER PRIMARY KEY, parent INTEGER REFERENCES numbers (n))`); err != nil {
		t.Fatal(err)
	}
	w := newWriter(db, nil, "")
	t.Cleanup(func() {
		w.close()
		db.Close()
	})
	return w
}

func insert(n int) func(context.Context, execer) error {
	return func(ctx context.Context, db execer) error {
		_, err := db.ExecContext(ctx, `INSERT INTO numbers (n) VALUES ($1)`, n)
		return err
	}
}

func count(t *testing.T, w *writer) (n int) {
	t.Helper()
	if err := w.db.QueryRow(`SELECT count(*) FROM numbers`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// caller is one who waits for a closure's outcome.
type caller struct {
	ctx      context.Context
	fn       func(context.Context, execer) error
	err      error
	answered chan struct{}
}

func callers(t *testing.T, fns ...func(context.Context, execer) error) []*caller {
	var all []*caller
	for _, fn := range fns {
		all = append(all, &caller{ctx: t.Context(), fn: fn, answered: make(chan struct{})})
	}
	return all
}

// group makes the writer take the callers' closures in one commit, in their order, and
// waits until all are answered.
func group(t *testing.T, w *writer, all []*caller) {
	t.Helper()
	begun, release := make(chan struct{}), make(chan struct{})
	var holder sync.WaitGroup
	holder.Go(func() {
		_ = w.transact(t.Context(), func(context.Context, execer) error { close(begun); <-release; return nil })
	})
	<-begun
	for i, c := range all {
		go func() {
			c.err = w.transact(c.ctx, c.fn)
			close(c.answered)
		}()
		for len(w.jobs) != i+1 { // the writer is held: the queue only grows
			runtime.Gosched()
		}
	}
	close(release)
	holder.Wait()
	for _, c := range all {
		<-c.answered
	}
}

func TestCanceledInTheMiddleOfItsGroup(t *testing.T) {
	t.Parallel()
	w := newTestWriter(t)
	var fns []func(context.Context, execer) error
	for i := range 64 {
		fns = append(fns, insert(i))
	}
	all := callers(t, fns...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	victim := all[31]
	victim.ctx = ctx
	all[5].fn = func(ctx context.Context, db execer) error {
		cancel()
		<-victim.answered // at once, although its group is under way
		return insert(5)(ctx, db)
	}
	group(t, w, all)
	for i, c := range all {
		if c == victim && !errors.Is(c.err, context.Canceled) {
			t.Errorf("the canceled one: got %v, want context canceled", c.err)
		}
		if c != victim && c.err != nil {
			t.Errorf("caller %d: got %v, want success", i, c.err)
		}
	}
	if got := count(t, w); got != 63 {
		t.Errorf("rows: got %d, want 63", got)
	}
}

func TestErrorInAGroupHarmsItsOwnSavepointOnly(t *testing.T) {
	t.Parallel()
	w := newTestWriter(t)
	oops := errors.New("oops")
	failing := func(ctx context.Context, db execer) error { return errors.Join(insert(2)(ctx, db), oops) }
	all := callers(t, insert(1), failing, insert(3))
	group(t, w, all)
	if all[0].err != nil || !errors.Is(all[1].err, oops) || all[2].err != nil {
		t.Errorf("got %v, %v, %v, want only the second's own error", all[0].err, all[1].err, all[2].err)
	}
	if got := count(t, w); got != 2 {
		t.Errorf("rows: got %d, want 2", got)
	}
}

func TestCommitThatFailsFailsTheGroup(t *testing.T) {
	t.Parallel()
	w := newTestWriter(t)
	orphan := func(ctx context.Context, db execer) error {
		_, err := db.ExecContext(ctx, `PRAGMA defer_foreign_keys = 1; INSERT INTO numbers (n, parent) VALUES (2, 99)`)
		return err
	}
	failsTogether(t, w, "commit group", insert(1), orphan, insert(3))
}

// TestTransactionDroppedBySQLite: on a full disk SQLite rolls the whole transaction
// back by itself; what runs afterwards must not commit as if nothing had happened.
func TestTransactionDroppedBySQLite(t *testing.T) {
	t.Parallel()
	w := newTestWriter(t)
	dropped := func(ctx context.Context, db execer) error {
		_, err := db.ExecContext(ctx, `ROLLBACK`)
		return errors.Join(errors.New("disk full"), err)
	}
	failsTogether(t, w, "savepoint", insert(1), dropped, insert(3))
}

func failsTogether(t *testing.T, w *writer, why string, fns ...func(context.Context, execer) error) {
	t.Helper()
	all := callers(t, fns...)
	group(t, w, all)
	for i, c := range all {
		if c.err == nil || !strings.Contains(c.err.Error(), why) {
			t.Errorf("caller %d: got %v, want an error about %q", i, c.err, why)
		}
	}
	if got := count(t, w); got != 0 {
		t.Errorf("rows: got %d, want 0", got)
	}
	if err := w.transact(t.Context(), insert(1)); err != nil {
		t.Errorf("the next group: got %v, want success", err)
	}
	if got := count(t, w); got != 1 {
		t.Errorf("rows afterwards: got %d, want 1", got)
	}
}

func TestCloseWaitsForWhatIsQueued(t *testing.T) {
	t.Parallel()
	w := newTestWriter(t)
	closed := make(chan struct{})
	fns := []func(context.Context, execer) error{
		func(ctx context.Context, db execer) error {
			go func() { w.close(); close(closed) }()
			return insert(0)(ctx, db)
		},
	}
	for i := 1; i < 2*maxGroup/3; i++ {
		fns = append(fns, insert(i))
	}
	all := callers(t, fns...)
	group(t, w, all)
	for i, c := range all {
		if c.err != nil {
			t.Errorf("caller %d: got %v, want success", i, c.err)
		}
	}
	<-closed
	if got := count(t, w); got != len(fns) {
		t.Errorf("rows: got %d, want %d", got, len(fns))
	}
	if err := w.transact(t.Context(), insert(999)); !errors.Is(err, errClosed) {
		t.Errorf("afterwards: got %v, want that it is closed", err)
	}
}

func TestMoreCallersThanAGroupHolds(t *testing.T) {
	t.Parallel()
	w := newTestWriter(t)
	var all sync.WaitGroup
	for i := range 3 * maxGroup {
		all.Go(func() {
			if err := w.transact(t.Context(), insert(i)); err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		})
	}
	all.Wait()
	if got, want := count(t, w), 3*maxGroup; got != want {
		t.Errorf("rows: got %d, want %d", got, want)
	}
}

func TestOldSQLiteIsRefused(t *testing.T) {
	t.Parallel()
	for version, ok := range map[string]bool{
		"3.51.2": false, "3.50.9": false, "2.99.99": false, "": false, "x": false,
		"3.51.3": true, "3.52.0": true, "3.53.4": true, "4.0.0": true,
	} {
		if err := checkSQLiteVersion(version); (err == nil) != ok {
			t.Errorf("%q: got %v, want accepted %v", version, err, ok)
		}
	}
}
