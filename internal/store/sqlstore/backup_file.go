package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

func isSQLite(dsn string) bool { return strings.HasPrefix(dsn, "sqlite:") }

// withFile opens a SQLite file to read it beside whoever uses it: nothing is written,
// no lock of ours is taken.
func withFile(path string, do func(*sql.DB) error) error {
	db, err := sql.Open("sqlite", sqliteDSN(path, "mode=ro"))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	return errors.Join(do(db), db.Close())
}

// examine reads a whole file and tells its schema: an error when SQLite finds it
// damaged, when a row refers to one that is not there, and when it is not ours.
func examine(ctx context.Context, path string) (schema Schema, err error) {
	err = withFile(path, func(db *sql.DB) error {
		if _, err := fileID(ctx, db); err != nil {
			return err
		}
		run := statements{db: db, dialect: sqliteDialect()}
		if schema, err = schemaOf(ctx, run); err != nil {
			return err
		}
		if schema.Version == 0 {
			return errors.New("it holds no schema of Patchbay")
		}
		return sound(ctx, run, "integrity_check")
	})
	return schema, err
}

// sound runs one of SQLite's checks and looks for references to nothing.
func sound(ctx context.Context, run statements, check string) error {
	found, err := many(ctx, run, scanText, "PRAGMA "+check)
	if err != nil {
		return err
	}
	if len(found) != 1 || found[0] != "ok" {
		return fmt.Errorf("it is damaged: %s", strings.Join(found[:min(len(found), 3)], "; "))
	}
	tables, err := many(ctx, run, scanText, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`)
	if err == nil && len(tables) > 0 {
		err = fmt.Errorf("it is damaged: a row of %s refers to one that is not there", tables[0])
	}
	return err
}

func scanText(r row) (s string, err error) {
	err = r.Scan(&s)
	return s, err
}
