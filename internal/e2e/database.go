package e2e

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

// Database is the world's database, beside the program.
type Database struct {
	*sql.DB
	Engine string
	tables []string
}

// OpenDatabase opens it until the test ends.
func (w *World) OpenDatabase(t testing.TB) *Database { return OpenDatabase(t, w.DSN) }

// OpenDatabase opens the database of a DSN, which holds the program's schema, until
// the test ends.
func OpenDatabase(t testing.TB, dsn string) *Database {
	t.Helper()
	d, driver := &Database{Engine: "postgres"}, "pgx"
	list := `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()`
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		d.Engine, driver, dsn = "sqlite", "sqlite", "file:"+path+"?_pragma=busy_timeout(10000)"
		list = `SELECT name FROM sqlite_master WHERE type = 'table'`
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d.DB = db
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
			d.tables = append(d.tables, table)
		}
	}
	if len(d.tables) < 10 || rows.Err() != nil {
		t.Fatalf("found only the tables %v: %v", d.tables, rows.Err())
	}
	return d
}

// Row is one row of a dump.
type Row struct {
	Table     string
	Workspace string // whose row it is, an id; empty: nobody's
	Text      string // "column=value …"
}

// Contents is the whole database but for its volatile tables.
type Contents map[Row]bool

// Dump reads the whole database.
func (d *Database) Dump(t testing.TB) Contents {
	t.Helper()
	all := Contents{}
	for _, table := range d.tables {
		rows, err := d.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatalf("%s: %v", table, err)
		}
		d.add(t, all, table, rows)
	}
	return all
}

func (d *Database) add(t testing.TB, all Contents, table string, rows *sql.Rows) {
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
		all[rowOf(table, names, values)] = true
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func rowOf(table string, names []string, values []any) Row {
	row := Row{Table: table}
	var text strings.Builder
	for i, name := range names {
		value := values[i]
		if b, ok := value.([]byte); ok {
			value = fmt.Sprintf("%x", b)
		}
		if (name == "workspace_id" || (table == "workspaces" && name == "id")) && value != nil {
			row.Workspace = fmt.Sprint(value)
		}
		fmt.Fprintf(&text, " %s=%v", name, value)
	}
	row.Text = text.String()[1:]
	return row
}

// Changed lists the rows that are not the same before and after, shortened.
func Changed(before, after Contents) (lines []string) {
	for row := range before {
		if !after[row] {
			lines = append(lines, "- "+row.String())
		}
	}
	for row := range after {
		if !before[row] {
			lines = append(lines, "+ "+row.String())
		}
	}
	slices.Sort(lines)
	return lines
}

func (r Row) String() string { return fmt.Sprintf("%s: %.300s", r.Table, r.Text) }

// Of is what belongs to a workspace, or to nobody (which is everybody's).
func (c Contents) Of(workspace int64) Contents {
	own := Contents{}
	for row := range c {
		if row.Workspace == "" || row.Workspace == fmt.Sprint(workspace) {
			own[row] = true
		}
	}
	return own
}
