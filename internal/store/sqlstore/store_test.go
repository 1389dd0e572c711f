package sqlstore_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/store/storetest"
	"patchbay/internal/testkit"
)

func TestSQLite(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) connect.Store { return open(t, sqliteDSN(t)) })
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) connect.Store { return open(t, testkit.Postgres(t)) })
}

// TestPostgresUnprepared uses the mode that PgBouncer's transaction pooling needs.
func TestPostgresUnprepared(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) connect.Store {
		return open(t, testkit.Postgres(t)+"&default_query_exec_mode=exec")
	})
}

func sqliteDSN(t *testing.T) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "a dir?", "patchbay.db")
}

// open makes an empty, migrated store that is closed after the test.
func open(t *testing.T, dsn string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true, MaxConns: storetest.MaxConns})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// makeWorkspace writes something small.
func makeWorkspace(ctx context.Context, s connect.Store, name string) error {
	return s.InTx(ctx, func(tx connect.Tx) error {
		_, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: name, CreatedAt: testTime})
		return err
	})
}

func TestAddressesThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{
		"", "sqlite:", "mysql://user:hunter2@db/x", "hunter2",
		"postgres://user:hunter2@db:notaport/x", "postgres://user:hunter2%zz@db/x", "postgres://user:hunter2@db/x?sslmode=nonsense",
	} {
		s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn})
		if err == nil {
			t.Errorf("%q: got a store, want an error", dsn)
			_ = s.Close()
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: got %q, want no password in it", dsn, err)
		}
	}
}
