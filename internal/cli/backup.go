package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/fault"
)

// BackupCmd copies a SQLite database.
type BackupCmd struct {
	File  string `arg:"" name:"file" type:"path" help:"Where the copy goes. It must not exist yet."`
	Force bool   `name:"force" help:"Replace a file that is there. It stays whole until the new one is."`
	JSON  bool   `name:"json" help:"Print one JSON object."`

	settingsFlags
}

// Help is shown by --help.
func (*BackupCmd) Help() string {
	return `Works while a server runs, and does not hold it up. The copy is one file of one moment, has passed SQLite's integrity
check, is flushed to the disk, can be read by its owner alone, and appears whole or not at all. Tokens in it stay sealed:
without the key-encryption key they cannot be read, so keep that somewhere else.

Examples:

    patchbay backup /backups/patchbay-$(date -u +%Y%m%dT%H%M%SZ).db
    patchbay backup --force /backups/patchbay.db
    patchbay backup --data /var/lib/patchbay /backups/patchbay.db --json

PostgreSQL is backed up with its own tools: docs/deploy-postgres.md.

Exit codes: 0 done, 1 another error, 2 settings or the file's name are wrong.
`
}

// Run copies.
func (c *BackupCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.database(w, "backup")
	if err != nil {
		return err
	}
	if err := noDirectory(c.File); err != nil {
		return err
	}
	report, err := app.Backup(ctx, cfg, c.File, c.Force)
	if err != nil {
		return maintainError(ctx, err)
	}
	if c.JSON {
		return writeJSON(w.Stdout, struct {
			File   string `json:"file"`
			Bytes  int64  `json:"bytes"`
			Schema int64  `json:"schema"`
		}{report.Path, report.Bytes, report.Schema.Version})
	}
	fmt.Fprintf(w.Stdout, "Copied %s to %s (%s, schema %d), checked and on the disk.\n", shownDatabase(cfg), report.Path, inBytes(report.Bytes), report.Schema.Version)
	return nil
}

// noDirectory refuses a file whose directory is not there, before the name of a
// temporary one is told.
func noDirectory(file string) error {
	dir := filepath.Dir(file)
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	return &exitError{code: exitUsage, what: "there is no directory " + dir, next: "make it, or name another file"}
}

// inBytes is a size for people.
func inBytes(n int64) string {
	size, units := float64(n), []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	for size >= 1024 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	if units[0] == "bytes" {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", size, units[0])
}

// maintainError says what to do about a database or a file that cannot be used.
func maintainError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, err)
	}
	f := fault.From(err)
	next := map[string]string{
		"store_in_use":       "migrate and restore need it to themselves",
		"not_sqlite":         "see docs/deploy-postgres.md",
		"no_database":        "name the data directory with --data, or the file with PATCHBAY_DATABASE_URL",
		"backup_exists":      "name another file, or replace it with --force",
		"backup_is_database": "a backup needs a name of its own",
		"backup_target":      "name a file",
		"backup_unusable":    "take another backup; nothing was changed",
		"backup_newer":       "nothing was changed",
		"no_backup":          "check its name",
		"schema_newer":       "use that version of Patchbay",
		"migrations_pending": "run `patchbay migrate`",
	}[f.Reason]
	if errors.Is(f, fault.Internal) || next == "" {
		return pooled(err)
	}
	code := exitOther
	if errors.Is(f, fault.Invalid) || f.Reason == "no_backup" || f.Reason == "backup_exists" {
		code = exitUsage
	}
	return &exitError{code: code, what: strings.TrimSuffix(f.Message, "."), next: next, cause: err}
}

// pooled says what to do about the errors of a PgBouncer in transaction mode that
// nobody told us of: statements that were prepared on another connection, and settings
// of the address that it does not know.
func pooled(err error) error {
	for _, sign := range []string{"SQLSTATE 26000", "SQLSTATE 42P05", "unsupported startup parameter"} {
		if strings.Contains(err.Error(), sign) {
			return &exitError{code: exitOther, what: err.Error(), next: "behind PgBouncer add default_query_exec_mode=exec to PATCHBAY_DATABASE_URL, and no other settings: docs/deploy-postgres.md", cause: err}
		}
	}
	if what, next, known := app.DatabaseTrouble(err); known {
		return &exitError{code: exitOther, what: what, next: next, cause: err}
	}
	return err
}
