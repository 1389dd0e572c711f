package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"patchbay/internal/fault"
)

// BackupReport tells what a copy holds.
type BackupReport struct {
	Path   string
	Bytes  int64
	Schema Schema
}

// errNotSQLite is what backup and restore answer on PostgreSQL.
var errNotSQLite = fault.New(fault.Unsupported, "not_sqlite", "The database is PostgreSQL, whose own tools back it up: pg_dump, or base backups with archived WAL.")

// Backup copies a SQLite database to a new file while another process may be using it.
// The copy is of one moment, has passed SQLite's integrity check, is on the disk, mode
// 0600, and appears whole or not at all. fault.Conflict "backup_exists" when there is a
// file already, unless replace is set.
func Backup(ctx context.Context, dsn, target string, replace bool) (BackupReport, error) {
	source, err := sqliteFile(dsn)
	if err != nil {
		return BackupReport{}, err
	}
	if target, err = filepath.Abs(target); err != nil {
		return BackupReport{}, err
	}
	if err := checkTarget(source, target, replace); err != nil {
		return BackupReport{}, err
	}
	return copyFile(ctx, source, target, replace)
}

// sqliteFile is the path of a database that exists.
func sqliteFile(dsn string) (string, error) {
	if !isSQLite(dsn) {
		return "", errNotSQLite
	}
	path, err := sqlitePath(dsn)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return "", fault.Newf(fault.NotFound, "no_database", "There is no database at %s.", path)
	}
	return path, nil
}

// checkTarget keeps a copy from taking the place of a file that is there, and of the
// database itself whatever was asked.
func checkTarget(source, target string, replace bool) error {
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		if target == source+suffix || sameFile(target, source+suffix) {
			return fault.Newf(fault.Invalid, "backup_is_database", "%s belongs to the database itself. Name another file.", target)
		}
	}
	info, err := os.Lstat(target)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fault.Newf(fault.Invalid, "backup_target", "%s is not a file.", target)
	case !replace:
		return errExists(target)
	}
	return nil
}

func errExists(path string) error {
	return fault.Newf(fault.Conflict, "backup_exists", "%s exists already.", path)
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	two, err := os.Stat(b)
	return err == nil && os.SameFile(one, two)
}

// copyBeforeMigration keeps the database as it is, beside it, under a name that tells
// the schema that it has.
func copyBeforeMigration(ctx context.Context, path string, version int64) (string, error) {
	target := fmt.Sprintf("%s.schema-%d-%s", path, version, stamp())
	_, err := copyFile(ctx, path, target, false)
	return target, err
}

func stamp() string { return time.Now().UTC().Format("20060102T150405.000Z") }

// copyFile makes the copy under a name of its own and gives it the right one when it is
// whole. VACUUM INTO reads one snapshot: others go on writing meanwhile
// (https://sqlite.org/lang_vacuum.html). It does not sync; we do.
func copyFile(ctx context.Context, source, target string, replace bool) (BackupReport, error) {
	temp, err := vacuumInto(ctx, source, filepath.Dir(target))
	if err != nil {
		return BackupReport{}, fmt.Errorf("copy %s: %w", source, err)
	}
	defer os.Remove(temp) // gone by then when all went well
	schema, err := examine(ctx, temp)
	if err != nil {
		return BackupReport{}, fmt.Errorf("check the copy of %s: %w", source, err)
	}
	if err := errors.Join(syncPath(temp), publish(temp, target, replace), syncPath(filepath.Dir(target))); err != nil {
		return BackupReport{}, err
	}
	info, err := os.Stat(target)
	if err != nil {
		return BackupReport{}, err
	}
	return BackupReport{Path: target, Bytes: info.Size(), Schema: schema}, nil
}

func vacuumInto(ctx context.Context, source, dir string) (temp string, err error) {
	file, err := os.CreateTemp(dir, ".patchbay-copy-*") // 0600; VACUUM INTO takes an empty file
	if err != nil {
		return "", err
	}
	err = errors.Join(file.Close(), withFile(source, func(db *sql.DB) error {
		_, err := db.ExecContext(ctx, "VACUUM INTO $1", file.Name())
		return err
	}))
	if err != nil {
		_ = os.Remove(file.Name())
		return "", err
	}
	return file.Name(), nil
}

// publish renames. A hard link is what fails when the name is taken; where the file
// system has none, a look before has to do.
func publish(temp, target string, replace bool) error {
	if replace {
		return os.Rename(temp, target)
	}
	err := os.Link(temp, target)
	switch {
	case err == nil:
		return os.Remove(temp)
	case errors.Is(err, fs.ErrExist):
		return errExists(target)
	}
	if _, err := os.Lstat(target); !errors.Is(err, fs.ErrNotExist) {
		return errExists(target)
	}
	return os.Rename(temp, target)
}

// syncPath flushes a file or a folder's entries to the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
