package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// execer is what *sql.DB, *sql.Conn and *sql.Tx have in common.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// row is one row of an answer.
type row interface{ Scan(dest ...any) error }

// runner runs single statements. Its errors are fault.Conflict for a duplicate,
// fault.NotFound for a reference to what is not there, the caller's ctx.Err(), or
// the engine's own.
type runner interface {
	exec(ctx context.Context, query string, args ...any) (affected int64, err error)
	query(ctx context.Context, each func(row) error, query string, args ...any) error
}

// statements runs each statement on its own.
type statements struct {
	db      execer
	dialect *dialect
}

func (s statements) exec(ctx context.Context, query string, args ...any) (int64, error) {
	values, err := driverValues(args)
	if err != nil {
		return 0, err
	}
	result, err := s.db.ExecContext(ctx, query, values...)
	if err != nil {
		return 0, s.translate(ctx, err)
	}
	return result.RowsAffected()
}

func (s statements) query(ctx context.Context, each func(row) error, query string, args ...any) error {
	values, err := driverValues(args)
	if err != nil {
		return err
	}
	rows, err := s.db.QueryContext(ctx, query, values...)
	if err != nil {
		return s.translate(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return fmt.Errorf("read row: %w", err)
		}
	}
	return s.translate(ctx, rows.Err())
}

func (s statements) translate(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err() // the engines tell an interruption in words of their own
	}
	switch s.dialect.classify(err) {
	case duplicateRow:
		return fault.New(fault.Conflict, "duplicate", "That exists already.").Because(err)
	case missingRow:
		return fault.New(fault.NotFound, "not_found", "What this refers to does not exist.").Because(err)
	case unwritable:
		return errUnwritable.After(unwritableFor).Because(err)
	default:
		return away(err)
	}
}

// txStatements runs the statements of one transaction. They live as long as the
// transaction, whatever context their caller brings; and after one has failed none
// runs any more, as PostgreSQL has it, so that no closure can come to rely on
// SQLite's going on.
type txStatements struct {
	statements
	life   context.Context
	failed error
}

func (t *txStatements) exec(_ context.Context, query string, args ...any) (int64, error) {
	if t.failed != nil {
		return 0, t.failed
	}
	var affected int64
	affected, t.failed = t.statements.exec(t.life, query, args...)
	return affected, t.failed
}

func (t *txStatements) query(_ context.Context, each func(row) error, query string, args ...any) error {
	if t.failed == nil {
		t.failed = t.statements.query(t.life, each, query, args...)
	}
	return t.failed
}

// many reads all rows of an answer.
func many[T any](ctx context.Context, run runner, scan func(row) (T, error), query string, args ...any) ([]T, error) {
	var all []T
	err := run.query(ctx, func(r row) error {
		v, err := scan(r)
		all = append(all, v)
		return err
	}, query, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// maybe reads the one row of an answer, if there is one.
func maybe[T any](ctx context.Context, run runner, scan func(row) (T, error), query string, args ...any) (value T, found bool, err error) {
	all, err := many(ctx, run, scan, query, args...)
	if err != nil || len(all) == 0 {
		return value, false, err
	}
	return all[0], true, nil
}

// one reads the one row of an answer; fault.NotFound when there is none. what names
// it in errors.
func one[T any](ctx context.Context, run runner, what string, scan func(row) (T, error), query string, args ...any) (T, error) {
	value, found, err := maybe(ctx, run, scan, query, args...)
	if err != nil {
		return value, fmt.Errorf("%s: %w", what, err)
	}
	if !found {
		return value, notFound(what)
	}
	return value, nil
}

// change runs a statement that must meet its one row; fault.NotFound when it does not.
func change(ctx context.Context, run runner, what, query string, args ...any) error {
	affected, err := run.exec(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if affected == 0 {
		return notFound(what)
	}
	return nil
}

func notFound(what string) error {
	return connect.NoSuch(what)
}

func scanID(r row) (id int64, err error) {
	err = r.Scan(&id)
	return id, err
}
