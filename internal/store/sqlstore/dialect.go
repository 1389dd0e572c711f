package sqlstore

import (
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// dialect is everything in which the two engines' SQL differs.
type dialect struct {
	name        string
	goose       goose.Dialect
	migrations  string // folder below migrations/
	prepare     bool   // statements stay prepared only where we keep them so
	lockRow     string // ends a SELECT whose row others must not change until the transaction ends
	lockFields  string // the same, while others may go on making rows that refer to it
	skipLocked  string // ends a SELECT that leaves out rows which another transaction is changing
	now         string // the time in UTC milliseconds by the clock of the database
	countTables string // counts the tables called $1: none or one
	lastWords   string // what is left of the data of connect.LastWords
	version     string // tells the engine's version
	trial       string // writes something, and changes nothing
	classify    func(error) failure
}

// failure is what an engine's error means to us.
type failure int

const (
	otherFailure failure = iota
	duplicateRow         // a unique key exists already
	missingRow           // a foreign key points at nothing (in this workspace)
	rerun                // nothing happened: the transaction may be run again from the start
	unwritable           // the disk is full or broken, or the database only reads
)

func sqliteDialect() *dialect {
	return &dialect{
		name:        "sqlite",
		goose:       goose.DialectSQLite3,
		migrations:  "sqlite",
		prepare:     true,
		lockRow:     "", // the one writer is alone
		lockFields:  "",
		skipLocked:  "",
		now:         "CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER)",
		countTables: "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1",
		lastWords:   `json_patch('{}', json_object('channel_id', data ->> 'channel_id', 'platform', data ->> 'platform', 'reason', data ->> 'reason'))`,
		version:     "SELECT sqlite_version()",
		trial:       fmt.Sprintf("PRAGMA application_id = %d", applicationID), // writes the first page
		classify:    classifySQLite,
	}
}

func postgresDialect() *dialect {
	return &dialect{
		name:        "postgres",
		goose:       goose.DialectPostgres,
		migrations:  "postgres",
		lockRow:     " FOR UPDATE",
		lockFields:  " FOR NO KEY UPDATE",
		skipLocked:  " FOR NO KEY UPDATE SKIP LOCKED",
		now:         "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
		countTables: "SELECT CASE WHEN to_regclass($1) IS NULL THEN 0 ELSE 1 END",
		lastWords: `CAST(json_strip_nulls(json_build_object('channel_id', CAST(data AS json) ->> 'channel_id',
			'platform', CAST(data AS json) ->> 'platform', 'reason', CAST(data AS json) ->> 'reason')) AS TEXT)`,
		version:  "SHOW server_version",
		trial:    "CREATE TEMPORARY TABLE patchbay_trial (n INTEGER) ON COMMIT DROP",
		classify: classifyPostgres,
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
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return unwritable
	}
	return otherFailure
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
	case "53100", "58030", "25006": // disk_full, io_error, read_only_sql_transaction
		return unwritable
	default:
		return otherFailure
	}
}
