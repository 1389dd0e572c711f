package sqlstore_test

import (
	"errors"
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
)

// refusedAsUnwritable wants a refusal with a time to come back.
func refusedAsUnwritable(t *testing.T, what string, err error) {
	t.Helper()
	if !errors.Is(err, fault.New(fault.Internal, "database_unwritable", "")) || fault.From(err).RetryAfter == 0 {
		t.Errorf("%s: got %v, want database_unwritable with a time to come back", what, err)
	}
}

// A SQLite file that can grow no more: everything is refused, also what the caller of a
// statement words anew; then there is room again.
func TestAFileThatCanGrowNoMore(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteDSN(t))
	must(t, s.Writable(t.Context()))
	must(t, s.Exec(t.Context(), "PRAGMA max_page_count = 1")) // as few as there are
	long := strings.Repeat("long ", 10_000)
	err := s.InTx(t.Context(), func(tx connect.Tx) error {
		if _, err := tx.InsertWorkspace(t.Context(), connect.Workspace{Name: long, CreatedAt: testTime}); err == nil {
			t.Error("it was taken")
		}
		return errors.New("in other words")
	})
	refusedAsUnwritable(t, "a workspace", err)
	must(t, s.Exec(t.Context(), "PRAGMA max_page_count = 1000000"))
	s.TryBy("SELECT nothing FROM nowhere") // a trial that is not allowed says nothing of the disk
	must(t, s.Writable(t.Context()))
	must(t, makeWorkspace(t.Context(), s, long))
}

// PostgreSQL that may only be read, as a standby is which a failover left.
func TestADatabaseThatOnlyReads(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	open(t, dsn)
	s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn + "&default_transaction_read_only=on"})
	must(t, err)
	defer s.Close()
	must(t, s.Writable(t.Context())) // nobody has written yet
	refusedAsUnwritable(t, "a workspace", makeWorkspace(t.Context(), s, "refused"))
	refusedAsUnwritable(t, "asked whether it takes anything", s.Writable(t.Context()))
	if _, err := s.FirstWorkspace(t.Context()); !errors.Is(err, fault.New(fault.NotFound, "not_found", "")) {
		t.Errorf("reading: got %v, want none there", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
