package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// newMigrator knows the engine's migrations: forward only, one transaction each. Each file is marked
// as one statement, which is sent as it is: goose looks for the ends of statements with a
// buffer of four megabytes a line.
func newMigrator(d *dialect, db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+d.migrations)
	if err != nil {
		return nil, err
	}
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.goose == goose.DialectPostgres {
		options = append(options, goose.WithLocker(&migrationLock{}))
	}
	return goose.NewProvider(d.goose, db, files, options...)
}

// Migrated is what Open did to the schema.
type Migrated struct {
	Applied []string // names of the migrations that ran, in order
	Copy    string   // path of the copy of a SQLite file that was made before; empty: none was needed
}

// migrate brings the schema up to date. A SQLite file that holds a schema already is
// copied first.
func (s *Store) migrate(ctx context.Context) (m Migrated, err error) {
	schema, err := s.Schema(ctx)
	if err != nil {
		return m, err
	}
	if schema.Newer() {
		return m, schema.Usable()
	}
	if len(schema.Pending) == 0 {
		return m, nil
	}
	if e, ok := s.engine.(*sqliteEngine); ok && schema.Version > 0 {
		if m.Copy, err = copyBeforeMigration(ctx, e.path, schema.Version); err != nil {
			return m, fmt.Errorf("copy before migrating: %w", err)
		}
	}
	results, err := s.migrator.Up(ctx)
	for _, r := range results {
		m.Applied = append(m.Applied, migrationName(r.Source.Path))
	}
	if err != nil {
		return m, fmt.Errorf("migrate: %w", err)
	}
	return m, nil
}

// migrationLock lets one of several starting replicas migrate while the others wait.
// It is held by a transaction of its own: a session's lock would not survive PgBouncer's
// transaction mode, and PostgreSQL frees this one when its holder dies.
type migrationLock struct{ tx *sql.Tx }

func (l *migrationLock) Lock(ctx context.Context, db *sql.DB) error {
	t, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, query := range []string{
		"SET LOCAL idle_in_transaction_session_timeout = 0", // it idles as long as the migrations take
		"SELECT pg_advisory_xact_lock(hashtextextended('patchbay migrations ' || coalesce(current_schema(), ''), 0))",
	} {
		if _, err := t.ExecContext(ctx, query); err != nil {
			_ = t.Rollback()
			return err
		}
	}
	l.tx = t
	return nil
}

func (l *migrationLock) Unlock(context.Context, *sql.DB) error { return l.tx.Rollback() }
