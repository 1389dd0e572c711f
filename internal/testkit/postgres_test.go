package testkit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"patchbay/internal/testkit"
)

func TestPostgresGivesEachCallItsOwnSchema(t *testing.T) {
	t.Parallel()
	one, two := connect(t), connect(t)
	for _, conn := range []*pgx.Conn{one, two} {
		if _, err := conn.Exec(t.Context(), "CREATE TABLE grants (id BIGINT)"); err != nil {
			t.Fatalf("create a table of the same name: %v", err)
		}
	}
	if _, err := one.Exec(t.Context(), "INSERT INTO grants VALUES (7)"); err != nil {
		t.Fatalf("insert: %v", err)
	}
	counts := [2]int{count(t, one), count(t, two)}
	if diff := cmp.Diff([2]int{1, 0}, counts); diff != "" {
		t.Errorf("rows in each schema (-want +got):\n%s", diff)
	}
}

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), testkit.Postgres(t))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	return conn
}

func count(t *testing.T, conn *pgx.Conn) int {
	t.Helper()
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM grants").Scan(&n); err != nil {
		t.Fatalf("count: %v", err)
	}
	return n
}
