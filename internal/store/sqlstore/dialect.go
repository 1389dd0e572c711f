package sqlstore

import (
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is everything in which the two engines' SQL differs.
type dialect struct {
	name       string
	goose      goose.Dialect
	migrations string // folder below migrations/
	lockRow    string // ends a SELECT whose row others must not change until the transaction ends
	classify   func(error) failure
}

// failure is what an engine's error means to us.
type failure int

const (
	otherFailure failure = iota
	duplicateRow         // a unique key exists already
	missingRow           // a foreign key points at nothing (in this workspace)
	rerun                // nothing happened: the transaction may be run again from the start
)

func sqliteDialect() *dialect {
	return &dialect{
		name:       "sqlite",
		goose:      goose.DialectSQLite3,
		migrations: "sqlite",
		lockRow:    "", // the one writer is alone
		classify:   classifySQLite,
	}
}

func postgresDialect() *dialect {
	return &dialect{
		name:       "postgres",
		goose:      goose.DialectPostgres,
		migrations: "postgres",
		lockRow:    " FOR UPDATE",
		classify:   classifyPostgres,
	}
}

// classifySQLite reads extended result codes (https://sqlite.org/rescode.html).
func classifySQLite(err error) failure {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return otherFailure
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return duplicateRow
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return missingRow
	default:
		return otherFailure
	}
}

// classifyPostgres reads SQLSTATEs (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func classifyPostgres(err error) failure {
	if errors.Is(err, driver.ErrBadConn) || pgconn.SafeToRetry(err) {
		return rerun // the connection was dead before anything was sent
	}
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return otherFailure
	}
	switch e.Code {
	case "23505": // unique_violation
		return duplicateRow
	case "23503": // foreign_key_violation
		return missingRow
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return rerun
	default:
		return otherFailure
	}
}
