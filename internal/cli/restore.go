package cli

import (
	"context"
	"fmt"

	"patchbay/internal/app"
	"patchbay/internal/connect"
)

// RestoreCmd puts a backup in the place of a SQLite database.
type RestoreCmd struct {
	File string `arg:"" name:"file" type:"path" help:"The backup, as patchbay backup made it. It stays where it is."`
	JSON bool   `name:"json" help:"Print one JSON object."`

	settingsFlags
}

// Help is shown by --help.
func (*RestoreCmd) Help() string {
	return `Stop the server first: a database that is in use is refused, and told by whom. The backup is checked before anything is
touched. The present database is kept beside the restored one, with "before-restore" in its name; delete it when you are sure.

What the backup does not know is gone: links and channels made since, and tokens that platforms have renewed since.
Where a platform replaces a refresh token at each use, the old one in the backup may be spent, and sending it may end what
another server lives on. So those are held back until you say ` + "`patchbay refreshing resume`" + `: docs/operations.md, "Restoring".

Examples:

    systemctl stop patchbay
    patchbay restore /backups/patchbay-20260301T020000Z.db
    patchbay doctor
    patchbay refreshing resume      # when no other server works with what was backed up
    systemctl start patchbay

PostgreSQL is restored with its own tools: docs/deploy-postgres.md.

Exit codes: 0 done, 1 another error, 2 settings or the backup are of no use.
`
}

// Run restores.
func (c *RestoreCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.database(w, "restore")
	if err != nil {
		return err
	}
	report, err := app.Restore(ctx, cfg, c.File)
	if err != nil {
		return maintainError(ctx, err)
	}
	var held map[string]int64 // of an older schema: not known yet
	if len(report.Schema.Pending) == 0 {
		if held, err = app.HeldGrants(ctx, cfg); err != nil {
			return maintainError(ctx, err)
		}
		recordOperation(ctx, w, cfg, connect.AuditDatabaseRestored)
	}
	if c.JSON {
		return writeJSON(w.Stdout, struct {
			Database string           `json:"database"`
			Before   string           `json:"before,omitempty"`
			Schema   int64            `json:"schema"`
			Pending  []string         `json:"pending"`
			Held     map[string]int64 `json:"held,omitempty"`
		}{report.Path, report.Aside, report.Schema.Version, names(report.Schema.Pending), held})
	}
	fmt.Fprintf(w.Stdout, "Restored %s from %s (schema %d).\n", report.Path, c.File, report.Schema.Version)
	if report.Aside != "" {
		fmt.Fprintf(w.Stdout, "The database before it is kept as %s\n", report.Aside)
	}
	if n := len(report.Schema.Pending); n > 0 {
		fmt.Fprintf(w.Stdout, "It is of an older version: `patchbay migrate` runs %s. Then `patchbay refreshing hold`, before the server starts.\n", counted(n, "migration"))
		return nil
	}
	if len(held) > 0 {
		fmt.Fprintf(w.Stdout, "%s held back, their refresh tokens may be spent: %s.\n%s\n", heldCount(held), platformCounts(held), goOn)
	}
	fmt.Fprintln(w.Stdout, "`patchbay doctor` examines it before you start the server.")
	return nil
}
