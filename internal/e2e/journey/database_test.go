package journey_test

import (
	"database/sql"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"patchbay/internal/e2e"
)

// openOn opens the world's database beside the program.
func openOn(w *e2e.World, engine string) (*sql.DB, error) {
	if engine == "postgres" {
		return sql.Open("pgx", w.DSN)
	}
	return sql.Open("sqlite", "file:"+strings.TrimPrefix(w.DSN, "sqlite:")+"?_pragma=busy_timeout(5000)")
}

func execOn(w *e2e.World, engine, statement string) (sql.Result, error) {
	db, err := openOn(w, engine)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return db.Exec(statement)
}

func countOn(t *testing.T, w *e2e.World, engine, query string) (n int) {
	t.Helper()
	db, err := openOn(w, engine)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
