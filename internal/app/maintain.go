package app

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/config"
	"patchbay/internal/fault"
	"patchbay/internal/store/sqlstore"
)

type (
	// Schema is how far a database's schema is.
	Schema = sqlstore.Schema
	// Migrated is which migrations were run.
	Migrated = sqlstore.Migrated
	// BackupReport is what a backup did.
	BackupReport = sqlstore.BackupReport
	// RestoreReport is what a restore did.
	RestoreReport = sqlstore.RestoreReport
)

// DatabaseAddress is where the settings have the database: theirs, else a SQLite file
// in the data directory.
func DatabaseAddress(cfg config.Config) string { return databaseURL(cfg) }

// SchemaOf tells how far the database's schema is, beside whoever uses it. A SQLite
// file that is not there yet has none.
func SchemaOf(ctx context.Context, cfg config.Config) (Schema, error) {
	look, err := sqlstore.LookAt(ctx, databaseURL(cfg))
	if fault.ReasonOf(err) == "no_database" {
		return sqlstore.NoSchema()
	}
	if err != nil {
		return Schema{}, err
	}
	schema, err := look.Schema(ctx)
	return schema, errors.Join(err, look.Close())
}

// Migrate brings the database's schema up to date; see sqlstore.Open for a SQLite file
// that is in use.
func Migrate(ctx context.Context, cfg config.Config) (Migrated, error) {
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: databaseURL(cfg), Migrate: true})
	if err != nil {
		return Migrated{}, fmt.Errorf("migrate the database: %w", err)
	}
	return store.Migrated(), store.Close()
}

// Backup copies the SQLite database to a file, beside whoever uses it.
func Backup(ctx context.Context, cfg config.Config, target string, replace bool) (BackupReport, error) {
	return sqlstore.Backup(ctx, databaseURL(cfg), target, replace)
}

// Restore puts a backup in the place of the SQLite database.
func Restore(ctx context.Context, cfg config.Config, backup string) (RestoreReport, error) {
	return sqlstore.Restore(ctx, databaseURL(cfg), backup)
}
