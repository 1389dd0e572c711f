package sqlstore_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/store/sqlstore"
)

// fileURL is how the driver takes the path, in which a test puts odd characters.
func fileURL(dsn string) string { return "file:" + strings.ReplaceAll(pathOf(dsn), "?", "%3f") }

func pathOf(dsn string) string { return strings.TrimPrefix(dsn, "sqlite:") }

// ask reads one text from a SQLite file.
func ask(t *testing.T, path, query string) (answer string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(path, "?", "%3f")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

func TestBackupsUnderLoadAreOfOneMoment(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	s := open(t, dsn)
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for i := range 4 {
		writers.Go(func() { writeEvents(ctx, t, s, fmt.Sprintf("workspace %d", i)) })
	}
	dir := t.TempDir()
	for i := range 5 {
		report, err := sqlstore.Backup(t.Context(), dsn, filepath.Join(dir, fmt.Sprintf("%d.db", i)), false)
		if err != nil {
			t.Fatalf("backup %d: %v", i, err)
		}
		if info, err := os.Stat(report.Path); err != nil || info.Mode().Perm() != 0o600 || info.Size() != report.Bytes {
			t.Errorf("backup %d: got %v, %v, want mode 0600 and %d bytes", i, info, err, report.Bytes)
		}
		if len(report.Schema.Pending) != 0 {
			t.Errorf("backup %d: got schema %+v, want the whole", i, report.Schema)
		}
		gaps := `SELECT count(*) FROM event_counters c WHERE last_number <> (SELECT count(*) FROM events e WHERE e.workspace_id = c.workspace_id)`
		if got := ask(t, report.Path, gaps); got != "0" {
			t.Errorf("backup %d: got %s workspaces whose events have gaps, want 0", i, got)
		}
	}
	stop()
	writers.Wait()
	if left := list(t, dir); len(left) != 5 {
		t.Errorf("got %v, want the five backups alone", left)
	}
}

func writeEvents(ctx context.Context, t *testing.T, s *sqlstore.Store, name string) {
	var id int64
	err := s.InTx(ctx, func(tx connect.Tx) error {
		w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: name, CreatedAt: testTime})
		id = w.ID
		return err
	})
	for err == nil {
		err = s.InTx(ctx, func(tx connect.Tx) error {
			tx.Emit(connect.Event{WorkspaceID: id, Type: "test", Cause: connect.CauseSystem, At: testTime})
			tx.Emit(connect.Event{WorkspaceID: id, Type: "test", Cause: connect.CauseSystem, At: testTime})
			return nil
		})
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("write: %v", err)
	}
}

func list(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestBackupTakesNobodysPlace(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	s := open(t, dsn)
	if err := makeWorkspace(t.Context(), s, "kept"); err != nil {
		t.Fatal(err)
	}
	there := filepath.Join(t.TempDir(), "there")
	if err := os.WriteFile(there, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(pathOf(dsn), link); err != nil {
		t.Fatal(err)
	}
	hard := filepath.Join(filepath.Dir(pathOf(dsn)), "hard")
	if err := os.Link(pathOf(dsn), hard); err != nil {
		t.Fatal(err)
	}
	for target, want := range map[string]string{
		there: "backup_exists", pathOf(dsn): "backup_is_database", pathOf(dsn) + "-wal": "backup_is_database",
		pathOf(dsn) + ".lock": "backup_is_database", link: "backup_is_database", hard: "backup_is_database", t.TempDir(): "backup_target",
	} {
		force := want != "backup_exists" // even then
		if _, err := sqlstore.Backup(t.Context(), dsn, target, force); fault.ReasonOf(err) != want {
			t.Errorf("%s: got %v, want %s", target, err, want)
		}
	}
	if text, _ := os.ReadFile(there); string(text) != "precious" {
		t.Errorf("the file that was there: got %q, want it untouched", text)
	}
	if _, err := sqlstore.Backup(t.Context(), dsn, there, true); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, there, "SELECT name FROM workspaces"); got != "kept" {
		t.Errorf("forced: got %q, want kept", got)
	}
	if _, err := sqlstore.Backup(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "none.db"), there, true); fault.ReasonOf(err) != "no_database" {
		t.Errorf("got %v, want no_database", err)
	}
	if _, err := sqlstore.Backup(t.Context(), "postgres://db/x", there, true); fault.ReasonOf(err) != "not_sqlite" {
		t.Errorf("got %v, want not_sqlite", err)
	}
}

// TestRestoreAfterAKill leaves a -wal behind, as a server that was killed does.
func TestRestoreAfterAKill(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	first := open(t, dsn)
	if err := makeWorkspace(t.Context(), first, "in the backup"); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := sqlstore.Backup(t.Context(), dsn, backup, false); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.Restore(t.Context(), dsn, backup); fault.ReasonOf(err) != "store_in_use" || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("beside a server: got %v, want store_in_use by this process", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	killed(t, dsn)
	if info, err := os.Stat(pathOf(dsn) + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("the -wal: got %v, %v, want one with something in it", info, err)
	}

	report, err := sqlstore.Restore(t.Context(), dsn, backup)
	if err != nil {
		t.Fatal(err)
	}
	if got := ask(t, report.Aside, "SELECT group_concat(name) FROM workspaces"); got != "in the backup,written before the kill" {
		t.Errorf("set aside: got %q, want all that was committed", got)
	}
	again := open(t, dsn)
	if w, err := again.FirstWorkspace(t.Context()); err != nil || w.Name != "in the backup" {
		t.Errorf("restored: got %q, %v", w.Name, err)
	}
	if got := ask(t, pathOf(dsn), "SELECT group_concat(name) FROM workspaces"); got != "in the backup" {
		t.Errorf("restored: got %q, want the backup alone", got)
	}
	if got := ask(t, pathOf(dsn), "PRAGMA journal_mode"); got != "wal" {
		t.Errorf("journal: got %s, want wal", got)
	}
	if info, err := os.Stat(pathOf(dsn)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %v, %v, want 0600", info, err)
	}
}

// killed lets another process write to the database and kills it.
func killed(t *testing.T, dsn string) {
	t.Helper()
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), holdEnv+"="+dsn)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if line, _ := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Fatalf("the other process: got %q, want ready", line)
	}
	_ = other.Process.Kill()
	_ = other.Wait()
}

func TestRestoreOntoNothing(t *testing.T) {
	t.Parallel()
	backup := goodBackup(t)
	dsn := sqliteDSN(t) // its folder is not there either
	report, err := sqlstore.Restore(t.Context(), dsn, backup)
	if err != nil || report.Aside != "" {
		t.Fatalf("got %+v, %v, want nothing set aside", report, err)
	}
	if w, err := open(t, dsn).FirstWorkspace(t.Context()); err != nil || w.Name != "good" {
		t.Errorf("got %q, %v", w.Name, err)
	}
}

// TestRestoreHoldsGrants: whoever had leases when the backup was made has them no more,
// and refresh tokens may have been spent since.
func TestRestoreHoldsGrants(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	s := open(t, dsn)
	if err := s.Exec(t.Context(), oldRows+fmt.Sprintf(oldGrant, "usable")); err != nil {
		t.Fatal(err)
	}
	err := s.InTx(t.Context(), func(tx connect.Tx) error {
		g, err := tx.LockGrant(t.Context(), 1, 1)
		if err != nil {
			return err
		}
		g.Phase = connect.PhaseRedeeming
		return tx.ClaimGrant(t.Context(), g, g.Fence, time.Hour)
	})
	if err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := sqlstore.Backup(t.Context(), dsn, backup, false); err != nil {
		t.Fatal(err)
	}
	restored := sqliteDSN(t)
	if _, err := sqlstore.Restore(t.Context(), restored, backup); err != nil {
		t.Fatal(err)
	}
	got, err := open(t, restored).Grant(t.Context(), 1, 1)
	if err != nil || got.LeaseLeft != 0 || got.Phase != connect.PhaseHeld {
		t.Errorf("got a lease of %s, phase %q, %v, want no lease and a grant that is held", got.LeaseLeft, got.Phase, err)
	}
}

// TestARestoredDatabaseNumbersEventsAnew: receivers have seen events of after the backup, and
// those of a database that was restored before.
func TestARestoredDatabaseNumbersEventsAnew(t *testing.T) {
	t.Parallel()
	dsn, backup := sqliteDSN(t), filepath.Join(t.TempDir(), "backup.db")
	s := open(t, dsn)
	if err := makeWorkspace(t.Context(), s, "told of"); err != nil {
		t.Fatal(err)
	}
	tell := func(s *sqlstore.Store) {
		inTx(t, s, func(tx connect.Tx) error {
			for range 10 {
				tx.Emit(connect.Event{WorkspaceID: 1, Type: "test", Cause: connect.CauseSystem, At: testTime})
			}
			return nil
		})
	}
	tell(s)
	if _, err := sqlstore.Backup(t.Context(), dsn, backup, false); err != nil {
		t.Fatal(err)
	}
	told := map[int64]string{}
	for i := range 3 {
		if i > 0 {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if _, err := sqlstore.Restore(t.Context(), dsn, backup); err != nil {
				t.Fatal(err)
			}
			s = open(t, dsn)
		}
		tell(s)
		tell(s)
		events, err := s.Events(t.Context(), 1, 10, 99) // of after the backup
		if err != nil || len(events) != 20 {
			t.Fatalf("got %d events, %v, want 20", len(events), err)
		}
		for _, e := range events {
			if before := told[e.Number]; before != "" {
				t.Errorf("number %d: got it in life %d, and it was given in %s", e.Number, i, before)
			}
			told[e.Number] = fmt.Sprint("life ", i)
		}
	}
}

// TestRestoreOfAnOlderSchema knows nothing of leases.
func TestRestoreOfAnOlderSchema(t *testing.T) {
	t.Parallel()
	old, restored := sqliteDSN(t), sqliteDSN(t)
	if err := sqlstore.MigrateTo(t.Context(), old, 3); err != nil {
		t.Fatal(err)
	}
	report, err := sqlstore.Restore(t.Context(), restored, pathOf(old))
	if err != nil || report.Schema.Version != 3 {
		t.Errorf("got schema %d, %v, want 3", report.Schema.Version, err)
	}
	open(t, restored)
}

// TestRestoreOverADamagedDatabase must not need the old one to open.
func TestRestoreOverADamagedDatabase(t *testing.T) {
	t.Parallel()
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "patchbay.db")
	for suffix, text := range map[string]string{"": "not a database", "-wal": "nor a log", "-shm": "x"} {
		if err := os.WriteFile(pathOf(dsn)+suffix, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	report, err := sqlstore.Restore(t.Context(), dsn, goodBackup(t))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(report.Aside); string(text) != "not a database" || err != nil {
		t.Errorf("set aside: got %q, %v, want the old file as it was", text, err)
	}
	if text, err := os.ReadFile(report.Aside + "-wal"); string(text) != "nor a log" || err != nil {
		t.Errorf("set aside: got %q, %v, want the old -wal as it was", text, err)
	}
	if w, err := open(t, dsn).FirstWorkspace(t.Context()); err != nil || w.Name != "good" {
		t.Errorf("got %q, %v", w.Name, err)
	}
}

func goodBackup(t *testing.T) string {
	t.Helper()
	dsn := sqliteDSN(t)
	if err := makeWorkspace(t.Context(), open(t, dsn), "good"); err != nil {
		t.Fatal(err)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	if _, err := sqlstore.Backup(t.Context(), dsn, backup, false); err != nil {
		t.Fatal(err)
	}
	return backup
}

func TestUnusableBackupsTouchNothing(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	s := open(t, dsn)
	if err := makeWorkspace(t.Context(), s, "present"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := list(t, filepath.Dir(pathOf(dsn)))
	change := func(statement string) string {
		backup := goodBackup(t)
		db, err := sql.Open("sqlite", "file:"+backup)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		return backup
	}
	text := func(b []byte) string {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(goodBackup(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]struct{ path, reason string }{
		"no file":          {filepath.Join(t.TempDir(), "none"), "no_backup"},
		"a folder":         {t.TempDir(), "backup_unusable"},
		"empty":            {text(nil), "backup_unusable"},
		"text":             {text([]byte("hello, this is no database at all")), "backup_unusable"},
		"cut":              {text(whole[:len(whole)/2]), "backup_unusable"},
		"overwritten":      {text(overwrite(whole)), "backup_unusable"},
		"the database":     {pathOf(dsn), "backup_unusable"},
		"another program":  {change("PRAGMA application_id = 7"), "backup_unusable"},
		"no schema":        {change("DROP TABLE goose_db_version"), "backup_unusable"},
		"a newer schema":   {change("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)"), "backup_newer"},
		"a dangling owner": {change("PRAGMA foreign_keys = 0; INSERT INTO owners (workspace_id, external_id, name, is_default, created_at) VALUES (77, 'a', '', 0, 0)"), "backup_unusable"},
	} {
		if _, err := sqlstore.Restore(t.Context(), dsn, bad.path); fault.ReasonOf(err) != bad.reason {
			t.Errorf("%s: got %v, want %s", name, err, bad.reason)
		}
	}
	if after := list(t, filepath.Dir(pathOf(dsn))); len(after) != len(before) {
		t.Errorf("files: got %v, want %v as before", after, before)
	}
	if got := ask(t, pathOf(dsn), "SELECT name FROM workspaces"); got != "present" {
		t.Errorf("got %q, want the present database untouched", got)
	}
}

// overwrite breaks every page but the first few.
func overwrite(whole []byte) []byte {
	bad := append([]byte(nil), whole...)
	for i := 3 * 4096; i+64 < len(bad); i += 4096 { // its head: most pages are nearly empty behind
		copy(bad[i:], strings.Repeat("\xff", 64))
	}
	return bad
}

// What waited to be revoked when a copy was made, held or not, is no business of the copy;
// nor is what its original was sending.
func TestARestoredCopyRevokesNothing(t *testing.T) {
	t.Parallel()
	dsn, backup, restored := sqliteDSN(t), filepath.Join(t.TempDir(), "b.db"), sqliteDSN(t)
	s := open(t, dsn)
	inTx(t, s, func(tx connect.Tx) error {
		w, err := tx.InsertWorkspace(t.Context(), connect.Workspace{Name: "x", CreatedAt: testTime})
		if err != nil {
			return err
		}
		a, err := tx.EnsureApp(t.Context(), connect.App{Platform: "facebook", ClientID: "client", CreatedAt: testTime, UpdatedAt: testTime})
		for i := 0; err == nil && i < 2; i++ {
			var r connect.Revocation
			r, err = tx.InsertRevocation(t.Context(), connect.Revocation{WorkspaceID: w.ID, AppID: a.ID, Platform: "facebook", Subject: "p", NextAt: testTime, CreatedAt: testTime})
			if err == nil && i == 0 {
				_, err = tx.ClaimRevocation(t.Context(), r, 365*24*time.Hour)
			}
		}
		return err
	})
	if err := s.Exec(t.Context(), fmt.Sprintf(aDelivery, 1, "x")+`; UPDATE deliveries SET lease_until = 9000000000000`); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.Backup(t.Context(), dsn, backup, false); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.Restore(t.Context(), restored, backup); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", fileURL(restored))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var left, leased, sent int
	err = db.QueryRow(`SELECT (SELECT count(*) FROM revocations), (SELECT count(*) FROM deliveries WHERE lease_until IS NOT NULL), (SELECT count(*) FROM deliveries)`).Scan(&left, &leased, &sent)
	if err != nil || left != 0 || leased != 0 || sent != 1 {
		t.Errorf("got %d revocations and %d of %d deliveries leased (%v), want none, and one delivery", left, leased, sent, err)
	}
}
