package sqlstore

import (
	"context"
	"errors"
	"time"

	"patchbay/internal/fault"
)

// errUnwritable answers while the database takes nothing: nothing was done. SQLite has these
// words for a full disk too where PostgreSQL tells them apart.
var errUnwritable = fault.New(fault.Internal, "database_unwritable",
	"The database cannot be written: its disk is full or in trouble, or it may only be read. Nothing was changed. Try again when that is mended.")

// unwritableFor is when to try again.
const unwritableFor = 10 * time.Second

// refusal is errUnwritable where err says so, and remembers it for Writable.
func (s *Store) refusal(err error) error {
	if s.dialect.classify(err) != unwritable {
		return err
	}
	s.refused.Store(true)
	if errors.Is(err, errUnwritable) {
		return err
	}
	return errUnwritable.After(unwritableFor).Because(err)
}

// Writable tells whether what is written is kept: nil, or fault.Internal database_unwritable.
// It asks the disk only when that has refused a transaction of this process since the
// last time that it took one.
func (s *Store) Writable(ctx context.Context) error {
	if !s.refused.Load() {
		return nil
	}
	err := s.engine.transact(ctx, func(ctx context.Context, db execer) error {
		_, err := db.ExecContext(ctx, s.dialect.trial)
		return err
	})
	if err = s.refusal(err); errors.Is(err, errUnwritable) || ctx.Err() != nil {
		return err
	}
	s.refused.Store(false) // it refuses for another reason at most: nobody may make temporary tables
	return nil
}
