package sqlstore

import (
	"context"
	"errors"
)

// WriteThroughReader tries what no reader may.
func (s *Store) WriteThroughReader(ctx context.Context) error {
	_, err := s.run.exec(ctx, `DELETE FROM workspaces`)
	return err
}

// Exec runs a statement as no method does.
func (s *Store) Exec(ctx context.Context, query string) error {
	return s.engine.transact(ctx, func(ctx context.Context, db execer) error {
		_, err := db.ExecContext(ctx, query)
		return err
	})
}

// MigrateTo makes a database as an older program left it.
func MigrateTo(ctx context.Context, dsn string, version int64) error {
	s, err := Open(ctx, Config{DSN: dsn})
	if err != nil {
		return err
	}
	_, err = s.migrator.UpTo(ctx, version)
	return errors.Join(err, s.Close())
}
