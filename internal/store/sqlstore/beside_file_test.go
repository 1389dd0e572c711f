package sqlstore

import (
	"path/filepath"
	"testing"
)

// The server's writer learns of every command that works beside it, and makes its pause
// for as long as one does: without, a server under load lets nobody in for seconds.
func TestTheServerKnowsWhoWorksBesideIt(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "p.db")
	server, err := Open(t.Context(), Config{DSN: dsn, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	crowded := server.engine.(*sqliteEngine).crowded
	if crowded() {
		t.Error("alone: got crowded")
	}
	first, err := OpenBeside(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	second, err := OpenBeside(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range []*Store{first, second} {
		if !crowded() {
			t.Errorf("%d of two closed: got not crowded", i)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if crowded() {
		t.Error("alone again: got crowded")
	}
}

func TestTheWriterAsksAfterEachCommit(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 8)
	w := newWriter(newTestWriter(t).db, func() bool { asked <- struct{}{}; return true }, "")
	for n := range 3 {
		if err := w.transact(t.Context(), insert(n)); err != nil {
			t.Fatal(err)
		}
		<-asked
	}
	w.close()
}
