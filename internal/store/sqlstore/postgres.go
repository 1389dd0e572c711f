package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"patchbay/internal/fault"
)

const (
	defaultConns = 16
	txTries      = 5
	txTimeout    = 30 * time.Second // of one transaction, lock waits included; a dead server must not hold its callers for ever
)

// postgresEngine is a pool of connections to one database.
type postgresEngine struct {
	db      *sql.DB
	dialect *dialect
}

// openPostgres connects to nothing yet. Nothing here relies on a session: with
// default_query_exec_mode=exec in the DSN it works behind PgBouncer's transaction mode.
func openPostgres(dsn string, conns int, d *dialect) (*postgresEngine, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL address: %w", err) // pgx leaves the password out
	}
	db := stdlib.OpenDB(*config)
	if conns <= 0 {
		conns = defaultConns
	}
	db.SetMaxOpenConns(max(conns, 2)) // a migration needs one beside the one that holds its lock
	db.SetMaxIdleConns(max(conns, 2))
	db.SetConnMaxIdleTime(5 * time.Minute)
	return &postgresEngine{db: db, dialect: d}, nil
}

func (p *postgresEngine) close() error { return p.db.Close() }

// transact runs fn in a READ COMMITTED transaction, again from the start when
// PostgreSQL says that it should be (a deadlock, a serialization failure).
func (p *postgresEngine) transact(ctx context.Context, fn func(ctx context.Context, db execer) error) error {
	for try := 1; ; try++ {
		err := p.once(ctx, fn)
		if err == nil || try == txTries || p.dialect.classify(err) != rerun {
			return away(err)
		}
		select { // apart, so that the same two do not meet again
		case <-time.After(rand.N(time.Duration(try) * 10 * time.Millisecond)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// errAway answers while no connection to the database can be had: nothing was done.
var errAway = fault.New(fault.Internal, "database_away", "The database cannot be reached at the moment. Try again in a little while.")

// away is errAway where err says that there was no connection.
func away(err error) error {
	var refused *pgconn.ConnectError
	if errors.As(err, &refused) {
		return errAway.After(2 * time.Second).Because(err)
	}
	return err
}

func (p *postgresEngine) once(ctx context.Context, fn func(ctx context.Context, db execer) error) error {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("reach PostgreSQL: %w", err)
	}
	defer conn.Close()
	life, cancel := context.WithTimeout(context.WithoutCancel(ctx), txTimeout)
	defer cancel()
	t, err := conn.BeginTx(life, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer t.Rollback() // does nothing after the commit
	if err := fn(life, t); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return unanswered(err)
	}
	return nil
}

// unanswered is the failure of a COMMIT. Unless it is PostgreSQL's own answer nobody knows
// whether the transaction is done, and it must not be run again. pgx says of some of these
// that nothing was sent: its reader of results peeks at the lost connection, forgets that
// error, and then finds the connection closed (pgconn.MultiResultReader.NextResult in 5.12).
func unanswered(err error) error {
	if answer := (*pgconn.PgError)(nil); errors.As(err, &answer) {
		return fmt.Errorf("commit: %w", err)
	}
	return fmt.Errorf("commit, whose answer was lost: %v", err) //nolint:errorlint // as above: its kind would say that it may be run again
}
