package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// oldestSQLite has the WAL-reset race fixed, which could lose committed data
// (https://sqlite.org/wal.html, section "The WAL-Reset Bug").
var oldestSQLite = [3]int{3, 51, 3}

const defaultReaders = 8

// sqliteEngine is one file: a writer, readers, and the lock that keeps other
// processes out.
type sqliteEngine struct {
	lock    *fileLock
	writeDB *sql.DB
	readDB  *sql.DB
	*writer
}

func openSQLite(ctx context.Context, path string, readers int) (_ *sqliteEngine, err error) {
	if path == "" {
		return nil, errors.New("database address sqlite: names no file")
	}
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("database directory: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	e := &sqliteEngine{lock: lock}
	if err := e.open(ctx, path, readers); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), e.close())
	}
	return e, nil
}

func (e *sqliteEngine) open(ctx context.Context, path string, readers int) (err error) {
	if err := ownerOnly(path); err != nil {
		return err
	}
	if e.writeDB, err = sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate", "_pragma=journal_mode(wal)", "_pragma=synchronous(full)")); err != nil {
		return err
	}
	e.writeDB.SetMaxOpenConns(1)
	if err := checkSQLite(ctx, e.writeDB); err != nil {
		return err
	}
	if e.readDB, err = sql.Open("sqlite", sqliteDSN(path, "_pragma=query_only(1)")); err != nil {
		return err
	}
	if readers <= 0 {
		readers = defaultReaders
	}
	e.readDB.SetMaxOpenConns(readers)
	e.readDB.SetMaxIdleConns(readers)
	e.writer = newWriter(e.writeDB)
	return nil
}

// close ends what open began; readers first, so that the writer's connection is the
// last one and leaves no -wal file behind.
func (e *sqliteEngine) close() error {
	if e.writer != nil {
		e.writer.close()
	}
	var errs []error
	for _, db := range []*sql.DB{e.readDB, e.writeDB} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(append(errs, e.lock.release())...)
}

// sqliteDSN is a URI (https://sqlite.org/uri.html), so that any character may stand in
// the path, which is absolute.
func sqliteDSN(path string, params ...string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // file:///C:/…
	}
	u := url.URL{Scheme: "file", Path: path}
	dsn := u.String() + "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"
	for _, p := range params {
		dsn += "&" + p
	}
	return dsn
}

// ownerOnly makes the file, or an existing one, readable by nobody else. SQLite gives
// its -wal and -shm files the same mode.
func ownerOnly(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

func checkSQLite(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return err
	}
	return checkSQLiteVersion(version)
}

func checkSQLiteVersion(version string) error {
	var v [3]int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return fmt.Errorf("SQLite version %q: %w", version, err)
	}
	for i, want := range oldestSQLite {
		switch {
		case v[i] > want:
			return nil
		case v[i] < want:
			return fmt.Errorf("SQLite %s can lose committed data: 3.51.3 or later is needed", version)
		}
	}
	return nil
}
