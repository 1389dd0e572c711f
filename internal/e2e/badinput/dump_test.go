package badinput_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"
)

// volatile tables change by themselves, whoever asks or does not.
var volatile = map[string]string{
	"instances":       "each process writes there every few seconds that it is alive",
	"sqlite_sequence": "SQLite's own: a rolled back insert may leave a number unused",
}

// contents is the database, a line a row.
type contents map[string]bool

func (w *world) dump(t testing.TB) contents {
	t.Helper()
	all := contents{}
	for _, table := range w.tables {
		rows, err := w.db.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		addRows(t, all, table, rows)
	}
	return all
}

func addRows(t testing.TB, all contents, table string, rows *sql.Rows) {
	t.Helper()
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line strings.Builder
		fmt.Fprintf(&line, "%s:", table)
		for i, name := range names {
			if b, ok := values[i].([]byte); ok {
				values[i] = fmt.Sprintf("%x", b)
			}
			fmt.Fprintf(&line, " %s=%v", name, values[i])
		}
		all[line.String()] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

// changed lists the rows that are not the same before and after.
func changed(before, after contents) (lines []string) {
	for line := range before {
		if !after[line] {
			lines = append(lines, "- "+cut(line))
		}
	}
	for line := range after {
		if !before[line] {
			lines = append(lines, "+ "+cut(line))
		}
	}
	slices.Sort(lines)
	return lines
}

func (w *world) openDatabase(t testing.TB, engine string) {
	t.Helper()
	driver, dsn, list := "sqlite", "file:"+strings.TrimPrefix(w.DSN, "sqlite:")+"?_pragma=busy_timeout(5000)", `SELECT name FROM sqlite_master WHERE type = 'table'`
	if engine == "postgres" {
		driver, dsn, list = "pgx", w.DSN, `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
	rows, err := db.QueryContext(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		if volatile[table] == "" {
			w.tables = append(w.tables, table)
		}
	}
	if len(w.tables) < 10 || rows.Err() != nil {
		t.Fatalf("found only the tables %v: %v", w.tables, rows.Err())
	}
}

func (w *world) number(t testing.TB, query string, args ...any) (n int64) {
	t.Helper()
	if err := w.db.QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
