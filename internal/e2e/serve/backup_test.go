package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
)

// load makes and cancels sessions from several callers until stop, and counts what was
// answered.
func (b *box) load(key string) (stop func() int64) {
	var answered atomic.Int64
	var callers sync.WaitGroup
	ended := make(chan struct{})
	for range 4 {
		callers.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				var made struct{ ID int64 }
				status, body := b.ask(http.MethodPost, "/v1/sessions", key, `{"owner":{"external_id":"user_42"}}`)
				if status == http.StatusTooManyRequests {
					continue
				}
				if status != http.StatusCreated || json.Unmarshal(body, &made) != nil {
					b.t.Errorf("session: got %d %s, want 201", status, body)
					return
				}
				b.ask(http.MethodPost, fmt.Sprintf("/v1/sessions/%d/cancel", made.ID), key, "")
				answered.Add(1)
			}
		})
	}
	return func() int64 {
		close(ended)
		callers.Wait()
		return answered.Load()
	}
}

func TestBackupsUnderLoadRestoreWhole(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	b.set("PATCHBAY_RATE_LIMIT", "off")
	s := b.serve("--migrate")
	key := b.apiKey()
	stop := b.load(key)
	var backups []string
	for i := range 5 {
		path := filepath.Join(b.dir, fmt.Sprintf("backup-%d.db", i))
		b.must("backup", path)
		backups = append(backups, path)
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want mode 0600", path, info, err)
		}
	}
	if n := stop(); n < 5 {
		t.Errorf("the load: got %d sessions answered, want more", n)
	}
	b.refuses(2, []string{"backup", backups[0]}, "exists already", "--force")
	b.refuses(2, []string{"backup", "/nope/x.db"}, "there is no directory /nope")
	b.must("backup", "--force", backups[0])
	b.refuses(2, []string{"backup", "--force", b.database()}, "belongs to the database itself")
	b.refuses(1, []string{"restore", backups[1]}, fmt.Sprintf("in use by process %d", s.cmd.Process.Pid))
	s.stop()

	sessions := -1
	for i, path := range backups[1:] {
		b.must("restore", path)
		b.checkRestored(key)
		n := b.count("SELECT count(*) FROM sessions")
		if n < sessions {
			t.Errorf("backup %d: got %d sessions, fewer than %d of the one before", i+1, n, sessions)
		}
		sessions = n
	}
	aside, _ := filepath.Glob(b.database() + ".before-restore-*")
	if len(aside) != 4 {
		t.Errorf("set aside: got %v, want one a restore", aside)
	}
}

// checkRestored serves the restored database and lets the doctor see both.
func (b *box) checkRestored(key string) {
	b.t.Helper()
	gaps := b.count("SELECT count(*) FROM event_counters c WHERE (SELECT count(*) - COALESCE(max(number), 0) FROM events e WHERE e.workspace_id = c.workspace_id) <> 0")
	if gaps != 0 {
		b.t.Errorf("restored: got %d workspaces whose events have gaps, want 0", gaps)
	}
	if n := b.count("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"); n != 0 {
		b.t.Errorf("restored: got %d complaints of the integrity check, want none", n)
	}
	s := b.serve()
	if got := b.run("doctor"); got.code != 0 {
		b.t.Errorf("doctor: got exit code %d, want 0\n%s", got.code, got.stdout)
	}
	if status, body := b.ask(http.MethodPost, "/v1/sessions", key, "{}"); status != http.StatusCreated {
		b.t.Errorf("restored: got %d %s, want 201", status, body)
	}
	s.stop()
}

func (b *box) count(query string) (n int) {
	b.t.Helper()
	db := b.open("sqlite")
	defer db.Close()
	if err := db.QueryRowContext(b.t.Context(), query).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// TestAKilledBackupLeavesNothingInPlace kills the command at once and again: the file
// is there whole, or not at all.
func TestAKilledBackupLeavesNothingInPlace(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	b.serve("--migrate")
	whole := 0
	for i := range 10 {
		path := filepath.Join(b.dir, fmt.Sprintf("killed-%d.db", i))
		cmd := b.command(t.Context(), "backup", path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for range i * 3 { // each a little later than the one before
			b.ask(http.MethodGet, "/readyz", "", "")
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if _, err := os.Stat(path); err != nil {
			continue
		}
		whole++
		copied := *b
		copied.set("PATCHBAY_DATA", filepath.Join(b.dir, fmt.Sprintf("data-%d", i)))
		copied.must("restore", path)
	}
	t.Logf("%d of 10 were there", whole)
}

func TestRestoreRefusesWhatIsNoBackup(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	b.must("migrate")
	b.refuses(2, []string{"restore", "/nowhere.db"}, "There is no file /nowhere.db")
	b.refuses(2, []string{"restore", b.write("text.db", "hello, this is no database")}, "cannot be restored", "nothing was changed")
	b.refuses(2, []string{"restore", b.database()}, "is not a backup")
	b.refuses(1, []string{"backup", "--data", b.dir, "x.db"}, "There is no database at", "--data")
}
