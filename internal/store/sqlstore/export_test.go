package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"patchbay/internal/connect"
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

// TryBy makes Writable try another statement.
func (s *Store) TryBy(query string) { s.dialect.trial = query }

// MigrateTo makes a database as an older program left it.
func MigrateTo(ctx context.Context, dsn string, version int64) error {
	s, err := Open(ctx, Config{DSN: dsn})
	if err != nil {
		return err
	}
	_, err = s.migrator.UpTo(ctx, version)
	return errors.Join(err, s.Close())
}

// Explain runs fn in a transaction that is rolled back, and answers how the engine finds
// the rows of each of fn's queries: on PostgreSQL as a prepared statement's custom plan,
// with what it really read, and as its generic plan.
func (s *Store) Explain(ctx context.Context, fn func(connect.Tx) error) (plans []string, err error) {
	stop := errors.New("explained")
	err = s.engine.transact(ctx, func(ctx context.Context, db execer) error {
		run := &explainer{statements: statements{db: db, dialect: s.dialect}}
		if err := fn(&tx{reader: reader{run, s.dialect}}); err != nil {
			return err
		}
		plans = run.plans
		return stop
	})
	if errors.Is(err, stop) {
		err = nil
	}
	return plans, err
}

type explainer struct {
	statements
	plans []string
}

func (e *explainer) query(ctx context.Context, each func(row) error, query string, args ...any) error {
	if err := e.explain(ctx, query, args); err != nil {
		return err
	}
	return e.statements.query(ctx, each, query, args...)
}

// exec runs a statement after its plan was read; on PostgreSQL what it would read is a guess.
func (e *explainer) exec(ctx context.Context, query string, args ...any) (int64, error) {
	explain := `EXPLAIN QUERY PLAN `
	if e.dialect.name != "sqlite" {
		explain = `EXPLAIN (COSTS OFF) `
	}
	if err := e.read(ctx, explain+query, args...); err != nil {
		return 0, err
	}
	return e.statements.exec(ctx, query, args...)
}

func (e *explainer) explain(ctx context.Context, query string, args []any) error {
	if e.dialect.name == "sqlite" {
		return e.read(ctx, `EXPLAIN QUERY PLAN `+query, args...)
	}
	if _, err := e.db.ExecContext(ctx, `PREPARE explained AS `+query); err != nil {
		return err
	}
	literals := make([]string, len(args))
	for i, arg := range args {
		if literals[i] = fmt.Sprint(arg); reflect.ValueOf(arg).Kind() == reflect.String {
			literals[i] = "'" + literals[i] + "'"
		}
	}
	values := strings.Join(literals, ", ")
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		if _, err := e.db.ExecContext(ctx, `SET LOCAL plan_cache_mode = `+mode); err != nil {
			return err
		}
		if err := e.read(ctx, `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) EXECUTE explained (`+values+`)`); err != nil {
			return err
		}
	}
	_, err := e.db.ExecContext(ctx, `DEALLOCATE explained`)
	return err
}

// read keeps the last column of each line of a plan.
func (e *explainer) read(ctx context.Context, query string, args ...any) error {
	var lines []string
	err := e.statements.query(ctx, func(r row) error {
		var line string
		into := []any{&line}
		if e.dialect.name == "sqlite" {
			var id, parent, unused int64
			into = []any{&id, &parent, &unused, &line}
		}
		err := r.Scan(into...)
		lines = append(lines, line)
		return err
	}, query, args...)
	e.plans = append(e.plans, strings.Join(lines, "\n"))
	return err
}
