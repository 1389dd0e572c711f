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

// newMigrator knows the engine's migrations: forward only, one transaction each.
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

// pending counts the migrations that have not run.
func pending(ctx context.Context, migrator *goose.Provider) (int, error) {
	all, err := migrator.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrations: %w", err)
	}
	n := 0
	for _, m := range all {
		if m.State == goose.StatePending {
			n++
		}
	}
	return n, nil
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
