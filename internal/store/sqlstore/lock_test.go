//go:build unix

package sqlstore

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// A process that is being started has our files too, until it runs its own program: what
// was let go of is free all the same.
func TestALockThatWasLetGoIsFree(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "p.db.lock")
	held, err := lockFile(path)
	if err != nil {
		t.Fatal(err)
	}
	again, err := syscall.Dup(int(held.file.Fd())) // as fork does
	if err != nil {
		t.Fatal(err)
	}
	defer os.NewFile(uintptr(again), path).Close()
	if err := held.release(); err != nil {
		t.Fatal(err)
	}
	next, err := lockFile(path)
	if err != nil {
		t.Fatalf("after it was let go: %v", err)
	}
	for range 2 {
		if err := next.release(); err != nil {
			t.Errorf("let go: %v", err)
		}
	}
}
