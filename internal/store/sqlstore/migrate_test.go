package sqlstore_test

import (
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
)

func TestBothEnginesHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(files(t, "migrations/sqlite"), files(t, "migrations/postgres")); diff != "" {
		t.Errorf("migrations (-sqlite +postgres):\n%s", diff)
	}
}

func files(t *testing.T, dir string) (names []string) {
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

func TestPendingUntilMigratedSQLite(t *testing.T) {
	t.Parallel()
	testPendingUntilMigrated(t, sqliteDSN(t))
}

func TestPendingUntilMigratedPostgres(t *testing.T) {
	t.Parallel()
	testPendingUntilMigrated(t, testkit.Postgres(t))
}

func testPendingUntilMigrated(t *testing.T, dsn string) {
	all := len(files(t, "migrations/sqlite"))
	for _, step := range []struct {
		migrate bool
		want    int
	}{{false, all}, {true, 0}, {true, 0}, {false, 0}} {
		s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: step.migrate})
		if err != nil {
			t.Fatalf("open, migrate %v: %v", step.migrate, err)
		}
		if got, err := s.Pending(t.Context()); got != step.want || err != nil {
			t.Errorf("pending, migrate %v: got %d, %v, want %d", step.migrate, got, err, step.want)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

func TestReplicasThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true, MaxConns: 1})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if n, err := s.Pending(t.Context()); n != 0 || err != nil {
				t.Errorf("pending: got %d, %v, want 0", n, err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	all.Wait()
}
