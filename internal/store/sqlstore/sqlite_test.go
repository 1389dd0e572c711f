package sqlstore_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/store/sqlstore"
)

var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestFilesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "patchbay.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil { // somebody made it before us
		t.Fatal(err)
	}
	s := open(t, "sqlite://"+path)
	if err := makeWorkspace(t.Context(), s, "a"); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("mode of %s: got %o, want 600", info.Name(), got)
		}
	}
}

// TestRootLocksNobodyOut lets root, where it runs the tests, migrate and restore in a
// folder of somebody else.
func TestRootLocksNobodyOut(t *testing.T) {
	t.Parallel()
	dir, uid := t.TempDir(), os.Getuid()
	if uid == 0 {
		uid = 12345
		if err := os.Chown(dir, uid, uid); err != nil {
			t.Fatal(err)
		}
	}
	dsn := "sqlite:" + filepath.Join(dir, "patchbay.db")
	check := func(when string) {
		for _, name := range list(t, dir) {
			info, err := os.Stat(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if got := int(info.Sys().(*syscall.Stat_t).Uid); got != uid && !strings.Contains(name, "before-restore") {
				t.Errorf("%s: %s belongs to %d, want %d", when, name, got, uid)
			}
		}
	}
	s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	check("open")
	_ = s.Close()
	if _, err := sqlstore.Restore(t.Context(), dsn, goodBackup(t)); err != nil {
		t.Fatal(err)
	}
	check("restored")
}

func TestCloseLeavesOneFileWithEverything(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "patchbay.db")
	s := open(t, "sqlite:"+path)
	if err := makeWorkspace(t.Context(), s, "kept"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("-wal after close: got %v, want none", err)
	}
	if content, err := os.ReadFile(path); err != nil || !bytes.Contains(content, []byte("kept")) {
		t.Errorf("the file: got %v, want what was written in it", err)
	}
	if err := makeWorkspace(t.Context(), s, "late"); err == nil {
		t.Error("after close: got no error, want one")
	}
}

func TestReadersCannotWrite(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteDSN(t))
	if err := s.WriteThroughReader(t.Context()); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("got %v, want that it is read-only", err)
	}
}

const holdEnv = "PATCHBAY_TEST_HOLD"

// TestMain lets the test binary be the other process.
func TestMain(m *testing.M) {
	if dsn := os.Getenv(holdEnv); dsn != "" {
		hold(dsn)
	}
	os.Exit(m.Run())
}

// hold opens the store, writes, says so and waits to be killed.
func hold(dsn string) {
	ctx := context.Background()
	s, err := sqlstore.Open(ctx, sqlstore.Config{DSN: dsn, Migrate: true})
	if err == nil {
		err = makeWorkspace(ctx, s, "written before the kill")
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

func TestSecondProcessIsToldWhoHoldsTheFile(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holdEnv+"="+dsn)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	defer other.Process.Kill()
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the other process: got %q, want ready", line)
	}

	_, err = sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn})
	if !errors.Is(err, fault.Conflict) || fault.ReasonOf(err) != "store_in_use" {
		t.Fatalf("second open: got %v, want store_in_use", err)
	}
	if want := fmt.Sprintf("process %d", other.Process.Pid); !strings.Contains(fault.From(err).Message, want) {
		t.Errorf("message: got %q, want %q in it", fault.From(err).Message, want)
	}

	if err := other.Process.Kill(); err != nil { // SIGKILL: nothing of it can clean up
		t.Fatal(err)
	}
	_ = other.Wait()
	var s connect.Store = open(t, dsn)
	w, err := s.FirstWorkspace(t.Context())
	if err != nil || w.Name != "written before the kill" {
		t.Errorf("after the kill: got %q, %v, want what was committed", w.Name, err)
	}
}
