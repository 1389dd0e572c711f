package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// OpenBeside opens a database for a command that works beside whoever serves it, in
// short transactions: it takes no lock of ours, makes no file and migrates nothing.
// fault.NotFound "no_database" when a SQLite file is not there; ask Schema before using it.
//
// The lock keeps two servers apart, not two writers: SQLite lets one process write at
// a time, and whoever finds the other at it waits (https://sqlite.org/wal.html).
func OpenBeside(ctx context.Context, dsn string) (*Store, error) {
	if !isSQLite(dsn) {
		return Open(ctx, Config{DSN: dsn, MaxConns: 4})
	}
	path, err := sqliteFile(dsn)
	if err != nil {
		return nil, err
	}
	e := &sqliteEngine{path: path}
	if e.beside, err = openBesideFile(path); err != nil {
		return nil, err
	}
	// Without SQLite's own patience, whose naps grow: writer.begin asks often enough to
	// meet the pauses that a busy server makes.
	write := sqliteDSN(path, "mode=rw", "_txlock=immediate", "_pragma=synchronous(full)", "_pragma=busy_timeout(0)", overwrite)
	err = e.beside.announce()
	if err == nil {
		err = e.connect(ctx, write, sqliteDSN(path, "mode=rw", "_pragma=query_only(1)"), 2, nil, "") // the server takes in the -wal, or the last who closes
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), e.close())
	}
	s := newStore(sqliteDialect(), e, e.readDB)
	if err := s.prepare(ctx, e.writeDB, false); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// locked tells that another process or connection is writing.
func locked(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_BUSY // the low byte: extended codes name the reason
}

// connect opens the connections. crowded tells whether another process wants to write; nil:
// none does. wal is the file that the writer takes in.
func (e *sqliteEngine) connect(ctx context.Context, write, read string, readers int, crowded func() bool, wal string) (err error) {
	if e.writeDB, err = sql.Open("sqlite", write); err != nil {
		return err
	}
	e.writeDB.SetMaxOpenConns(1)
	if err := checkSQLite(ctx, e.writeDB); err != nil {
		return err
	}
	if e.readDB, err = sql.Open("sqlite", read); err != nil {
		return err
	}
	e.readDB.SetMaxOpenConns(readers)
	e.readDB.SetMaxIdleConns(readers)
	e.writer = newWriter(e.writeDB, crowded, wal)
	return nil
}
