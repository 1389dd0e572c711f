package sqlstore

import (
	"context"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"patchbay/internal/fault"
)

// Schema is how far a database's schema is.
type Schema struct {
	Version int64    // of the newest migration that has run; 0: none has
	Known   int64    // the newest migration of this program
	Pending []string // names of this program's that have not run, in order: "00002_apps"
}

// Newer tells whether a newer program has migrated the database.
func (s Schema) Newer() bool { return s.Version > s.Known }

// Usable is nil for a schema that this program can work with; else fault.Conflict
// "schema_newer" or "migrations_pending".
func (s Schema) Usable() error {
	switch {
	case s.Newer():
		return fault.Newf(fault.Conflict, "schema_newer",
			"The database has schema %d, and this program knows schemas up to %d only: a newer version of Patchbay has migrated it.", s.Version, s.Known)
	case len(s.Pending) > 0 && s.Version == 0:
		return fault.New(fault.Conflict, "migrations_pending", "The database is empty: its schema has to be made first.")
	case len(s.Pending) > 0:
		return fault.Newf(fault.Conflict, "migrations_pending",
			"The database has schema %d, and this program needs schema %d: migrations have to run first.", s.Version, s.Known)
	}
	return nil
}

// Schema reads how far the schema is. It writes nothing.
func (s *Store) Schema(ctx context.Context) (Schema, error) {
	return schemaOf(ctx, statements{db: s.readDB, dialect: s.dialect})
}

// NoSchema is what a database has that is still to be made.
func NoSchema() (Schema, error) {
	known, err := knownMigrations(sqliteDialect()) // both engines have the same
	return compare(known, nil), err
}

func schemaOf(ctx context.Context, run statements) (Schema, error) {
	known, err := knownMigrations(run.dialect)
	if err != nil {
		return Schema{}, err
	}
	applied, err := appliedMigrations(ctx, run)
	if err != nil {
		return Schema{}, fmt.Errorf("schema: %w", err)
	}
	return compare(known, applied), nil
}

func compare(known []migration, applied []int64) (schema Schema) {
	for _, version := range applied {
		schema.Version = max(schema.Version, version)
	}
	for _, m := range known {
		schema.Known = max(schema.Known, m.version)
		if !slices.Contains(applied, m.version) {
			schema.Pending = append(schema.Pending, m.name)
		}
	}
	return schema
}

// migration is one file of the migrations.
type migration struct {
	version int64
	name    string
}

func knownMigrations(d *dialect) ([]migration, error) {
	files, err := fs.Glob(migrations, "migrations/"+d.migrations+"/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, file := range files { // sorted
		name := migrationName(file)
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		all = append(all, migration{version, name})
	}
	return all, nil
}

func migrationName(file string) string { return strings.TrimSuffix(path.Base(file), ".sql") }

// appliedMigrations reads goose's table, which is not there in an empty database.
func appliedMigrations(ctx context.Context, run statements) ([]int64, error) {
	there, err := many(ctx, run, scanID, run.dialect.countTables, "goose_db_version")
	if err != nil || len(there) == 0 || there[0] == 0 {
		return nil, err
	}
	return many(ctx, run, scanID, `SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY version_id`)
}
