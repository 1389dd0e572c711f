package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"patchbay/internal/vault"
)

// Look is a database seen by somebody who examines it beside whoever uses it: nothing
// is written, and no lock of ours is taken.
type Look struct {
	db      *sql.DB
	dialect *dialect
	path    string // of a SQLite file
}

// LookAt opens the database to look at it. fault.NotFound "no_database" when a SQLite
// file is not there.
func LookAt(ctx context.Context, dsn string) (*Look, error) {
	l, err := newLook(dsn)
	if err != nil {
		return nil, err
	}
	if err := l.db.PingContext(ctx); err != nil {
		_ = l.db.Close()
		return nil, fmt.Errorf("reach the database: %w", err)
	}
	return l, nil
}

func newLook(dsn string) (*Look, error) {
	if !isSQLite(dsn) {
		d := postgresDialect()
		e, err := openPostgres(dsn, 2, d)
		if err != nil {
			return nil, err
		}
		return &Look{db: e.db, dialect: d}, nil
	}
	path, err := sqliteFile(dsn)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", sqliteDSN(path, "mode=ro"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &Look{db: db, dialect: sqliteDialect(), path: path}, nil
}

// Close ends the look.
func (l *Look) Close() error { return l.db.Close() }

// Engine is "sqlite" or "postgres".
func (l *Look) Engine() string { return l.dialect.name }

// Path is the absolute path of a SQLite file; empty on PostgreSQL.
func (l *Look) Path() string { return l.path }

// Version is the engine's, such as "3.53.4" or "15.18".
func (l *Look) Version(ctx context.Context) (version string, err error) {
	err = l.db.QueryRowContext(ctx, l.dialect.version).Scan(&version)
	return version, err
}

// Schema tells how far the schema is.
func (l *Look) Schema(ctx context.Context) (Schema, error) {
	return schemaOf(ctx, statements{db: l.db, dialect: l.dialect})
}

// Sound looks for damage: SQLite's quick check and references to nothing. On
// PostgreSQL it does nothing.
func (l *Look) Sound(ctx context.Context) error {
	if l.path == "" {
		return nil
	}
	if _, err := fileID(ctx, l.db); err != nil {
		return err
	}
	return sound(ctx, statements{db: l.db, dialect: l.dialect}, "quick_check")
}

// Ahead is how far the database's clock is ahead of ours, for better or worse by half
// of the time that asking took. On SQLite they are the same clock.
func (l *Look) Ahead(ctx context.Context) (time.Duration, error) {
	if l.path != "" {
		return 0, nil
	}
	before := time.Now()
	var millis int64
	err := l.db.QueryRowContext(ctx, "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").Scan(&millis)
	if err != nil {
		return 0, err
	}
	middle := before.Add(time.Since(before) / 2)
	return time.UnixMilli(millis).Sub(middle), nil
}

// HeldGrants counts, by platform, the grants whose refreshing is held back.
func (l *Look) HeldGrants(ctx context.Context) (map[string]int64, error) {
	return reader{run: statements{db: l.db, dialect: l.dialect}, dialect: l.dialect}.HeldGrants(ctx)
}

// CountSealed counts a table's sealed values by the key that they are sealed under.
func (l *Look) CountSealed(ctx context.Context, table string) (map[vault.KeyID]int64, error) {
	return reader{run: statements{db: l.db, dialect: l.dialect}, dialect: l.dialect}.CountSealed(ctx, table)
}
