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
	path    string
	lock    *fileLock
	beside  *besideFile
	writeDB *sql.DB
	readDB  *sql.DB
	*writer
}

func openSQLite(ctx context.Context, path string, readers int) (_ *sqliteEngine, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("database directory: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	e := &sqliteEngine{path: path, lock: lock}
	if err := e.open(ctx, path, readers); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), e.close())
	}
	return e, nil
}

func (e *sqliteEngine) open(ctx context.Context, path string, readers int) (err error) {
	if err := ownerOnly(path); err != nil {
		return err
	}
	if readers <= 0 {
		readers = defaultReaders
	}
	if e.beside, err = openBesideFile(path); err != nil {
		return err
	}
	write := sqliteDSN(path, "_txlock=immediate", "_pragma=journal_mode(wal)", "_pragma=synchronous(full)", overwrite)
	if err := e.connect(ctx, write, sqliteDSN(path, "_pragma=query_only(1)"), readers, e.beside.announced, path+"-wal"); err != nil {
		return err
	}
	return claim(ctx, e.writeDB)
}

// overwrite makes a connection fill with zeros what it deletes, so that erased credentials
// do not stay in free pages (https://sqlite.org/pragma.html#pragma_secure_delete; FAST
// leaves them there).
const overwrite = "_pragma=secure_delete(on)"

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
	return errors.Join(append(errs, e.beside.close(), e.lock.release())...)
}

// sqlitePath is the absolute path of the file that "sqlite:…" names.
func sqlitePath(dsn string) (string, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if path = strings.TrimPrefix(path, "//"); !ok || path == "" {
		return "", errors.New("database address sqlite: names no file")
	}
	return filepath.Abs(path)
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
	return errors.Join(f.Chmod(0o600), giveToFolder(f), f.Close())
}

// applicationID stands in the header of our files ("Ptch"), so that a file of another
// program is told from one of ours (https://sqlite.org/pragma.html#pragma_application_id).
const applicationID = 0x50746368

// claim writes our id into a file that has none.
func claim(ctx context.Context, db *sql.DB) error {
	id, err := fileID(ctx, db)
	if err != nil || id == applicationID {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	return err
}

// fileID reads the id in the file's header; an error when it is another program's.
func fileID(ctx context.Context, db *sql.DB) (id int64, err error) {
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return 0, err
	}
	if id != 0 && id != applicationID {
		return 0, errors.New("this SQLite file belongs to another program")
	}
	return id, nil
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
