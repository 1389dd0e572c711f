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

// RestoreReport tells what was put where.
type RestoreReport struct {
	Path   string // of the database
	Aside  string // where the one before it is now, with its -wal and -shm if it had any; empty: there was none
	Schema Schema
}

// Restore puts a copy of backup in the place of a SQLite database, which it moves
// aside. It holds the database's lock meanwhile: fault.Conflict "store_in_use" names
// who has it. A backup that is damaged, another program's, or of a newer schema is
// refused before anything is touched (fault.Invalid). When it is killed half-way, the
// old database or the new one is in place.
func Restore(ctx context.Context, dsn, backup string) (report RestoreReport, err error) {
	if !isSQLite(dsn) {
		return report, errNotSQLite
	}
	if report.Path, err = sqlitePath(dsn); err != nil {
		return report, err
	}
	if report.Schema, err = usableBackup(ctx, backup, report.Path); err != nil {
		return report, err
	}
	if err := os.MkdirAll(filepath.Dir(report.Path), 0o700); err != nil {
		return report, fmt.Errorf("database directory: %w", err)
	}
	lock, err := lockFile(report.Path + ".lock")
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	letIn, err := keepBesideOut(report.Path)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, letIn()) }()
	temp, err := readyToServe(ctx, backup, filepath.Dir(report.Path))
	if err != nil {
		return report, fmt.Errorf("copy %s: %w", backup, err)
	}
	defer os.Remove(temp) // gone by then when all went well
	if report.Aside, err = moveAside(ctx, report.Path); err != nil {
		return report, err
	}
	return report, errors.Join(os.Rename(temp, report.Path), syncPath(filepath.Dir(report.Path)))
}

func usableBackup(ctx context.Context, backup, database string) (Schema, error) {
	info, err := os.Stat(backup)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Schema{}, fault.Newf(fault.NotFound, "no_backup", "There is no file %s.", backup)
	case err != nil:
		return Schema{}, err
	case info.IsDir() || sameFile(backup, database):
		return Schema{}, fault.Newf(fault.Invalid, "backup_unusable", "%s is not a backup: it is a directory, or the database itself.", backup)
	}
	schema, err := examine(ctx, backup)
	if err != nil {
		return Schema{}, fault.Newf(fault.Invalid, "backup_unusable", "%s cannot be restored: %v.", backup, err)
	}
	if schema.Newer() {
		return Schema{}, fault.Newf(fault.Invalid, "backup_newer",
			"%s has schema %d, and this program knows schemas up to %d only. Restore it with the version of Patchbay that made it.", backup, schema.Version, schema.Known)
	}
	return schema, nil
}

// readyToServe copies the backup beside the database, in WAL mode again, which a copy
// made by VACUUM INTO is not, and without the leases of the process that was backed up.
func readyToServe(ctx context.Context, backup, dir string) (temp string, err error) {
	source, err := filepath.Abs(backup)
	if err != nil {
		return "", err
	}
	if temp, err = vacuumInto(ctx, source, dir); err != nil {
		return "", err
	}
	db, err := sql.Open("sqlite", sqliteDSN(temp, "_pragma=journal_mode(wal)", "_pragma=synchronous(full)"))
	if err == nil {
		err = errors.Join(claim(ctx, db), releaseCopy(ctx, db), db.Close(), ownerOnly(temp), syncPath(temp))
	}
	if err != nil {
		_ = os.Remove(temp)
	}
	return temp, err
}

// releaseCopy gives back the leases in a copy, whose schema may be older than they are,
// holds its grants, and forgets what waited to be revoked: what it was copied from may live
// on, has told the platforms, and may have seen a new consent of the same person since. It
// has told receivers of events, too: those of the copy get other numbers.
func releaseCopy(ctx context.Context, db *sql.DB) error {
	for table, query := range map[string]string{
		"grants": releaseGrants + `; ` + holdGrants, "revocations": forgetRevocations, "deliveries": releaseDeliveries,
	} {
		var has bool
		err := db.QueryRowContext(ctx, `SELECT count(*) FROM pragma_table_info($1) WHERE name = 'lease_until'`, table).Scan(&has)
		if err == nil && has {
			_, err = db.ExecContext(ctx, query)
		}
		if err != nil {
			return err
		}
	}
	for _, query := range []string{jumpChannels, jumpWorkspaces} {
		if _, err := db.ExecContext(ctx, query, jump(time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// moveAside keeps the present database under another name. Its -wal must not stay
// behind: SQLite would play it into the restored file. A sound database takes it in
// first and loses it by that; of a damaged one it is moved along.
func moveAside(ctx context.Context, path string) (aside string, err error) {
	takeIn(ctx, path)
	name := path + ".before-restore-" + stamp()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		err := setAside(path+suffix, name+suffix, suffix == "")
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "", fmt.Errorf("move the present database aside: %w", err)
		default:
			aside = name
		}
	}
	return aside, syncPath(filepath.Dir(path))
}

// setAside gives a file its other name. The database also keeps the old one until the
// new file takes it, where the file system has hard links.
func setAside(from, to string, keep bool) error {
	if keep && os.Link(from, to) == nil {
		return nil
	}
	return os.Rename(from, to)
}

// takeIn lets SQLite write the -wal into a file that it can read. The last connection
// that closes removes the -wal.
func takeIn(ctx context.Context, path string) {
	readable := withFile(path, func(db *sql.DB) error {
		_, err := fileID(ctx, db)
		return err
	})
	if readable != nil {
		return
	}
	db, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return
	}
	_, _ = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	_ = db.Close()
}
