package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/store/sqlstore"
)

func openBeside(t *testing.T, dsn string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.OpenBeside(t.Context(), dsn)
	if err != nil {
		t.Fatalf("open beside: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// Two writers of one SQLite file, of which one serves and commits without a pause: both
// come to their turn, neither is told that the database is locked.
func TestAWriterBesideABusyServer(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	server, beside := open(t, dsn), openBeside(t, dsn)
	ctx := context.WithoutCancel(t.Context())
	var callers sync.WaitGroup
	done := make(chan struct{})
	for i := range 16 {
		callers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
				}
				if err := makeWorkspace(ctx, server, fmt.Sprint("request ", i, ".", n)); err != nil {
					t.Errorf("request %d of caller %d: %v", n, i, err)
					return
				}
			}
		})
	}
	began := time.Now()
	for n := range 60 {
		if err := makeWorkspace(ctx, beside, fmt.Sprint("command ", n)); err != nil {
			t.Errorf("transaction %d beside: %v", n, err)
		}
	}
	took := time.Since(began)
	close(done)
	callers.Wait()
	if took > 15*time.Second { // a fraction of a second where the server lets it in, else minutes
		t.Errorf("60 transactions beside a busy server took %s", took)
	}
}

func TestNobodyRestoresUnderACommandsHands(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	server := open(t, dsn)
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := sqlstore.Backup(t.Context(), dsn, backup, false); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	beside := openBeside(t, dsn)
	if _, err := sqlstore.Restore(t.Context(), dsn, backup); fault.ReasonOf(err) != "store_in_use" || !strings.Contains(fault.From(err).Message, "patchbay keys rotate") {
		t.Errorf("beside a command: got %v, want store_in_use", err)
	}
	if err := beside.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.Restore(t.Context(), dsn, backup); err != nil {
		t.Errorf("afterwards: got %v, want it restored", err)
	}
}

// Whoever finds the other at it waits, however long the other's transaction takes.
func TestTheServerWaitsForAWriterBesideIt(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	server, beside := open(t, dsn), openBeside(t, dsn)
	for _, order := range [][2]*sqlstore.Store{{server, beside}, {beside, server}} {
		begun, waiting, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
		go func() {
			<-begun
			close(waiting)
			done <- makeWorkspace(context.WithoutCancel(t.Context()), order[1], "second")
		}()
		inTx(t, order[0], func(tx connect.Tx) error {
			close(begun)
			<-waiting
			for range 300 { // long enough that the other one asks in vain
				if _, err := tx.Workspaces(t.Context(), 0, 1); err != nil {
					return err
				}
			}
			_, err := tx.InsertWorkspace(t.Context(), connect.Workspace{Name: "first", CreatedAt: testTime})
			return err
		})
		if err := <-done; err != nil {
			t.Errorf("got %v, want that it waits", err)
		}
	}
}

func TestNothingIsMadeBeside(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := sqlstore.OpenBeside(t.Context(), "sqlite:"+filepath.Join(dir, "absent", "patchbay.db"))
	if !errors.Is(err, fault.NotFound) || fault.ReasonOf(err) != "no_database" || !strings.Contains(fault.From(err).Message, "absent") {
		t.Errorf("got %v, want no_database", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
