package cli

import (
	"context"
	"fmt"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/config"
)

// MigrateCmd brings the database's schema up to date.
type MigrateCmd struct {
	DryRun bool `name:"dry-run" help:"Say which migrations would run, and run none. Works beside a running server."`
	JSON   bool `name:"json" help:"Print one JSON object."`

	settingsFlags
}

// Help is shown by --help.
func (*MigrateCmd) Help() string {
	return `Migrations go forward only, each in one transaction. A SQLite file is copied before the first one, beside it, under a name
with the schema that the copy has; stop the server before. On PostgreSQL servers may run meanwhile, and of several that
migrate at once one does and the others wait: make a base backup or a pg_dump before (docs/deploy-postgres.md).

Examples:

    patchbay migrate --dry-run
    patchbay migrate
    patchbay migrate --config /etc/patchbay/patchbay.yaml

Exit codes: 0 the schema is up to date (with --dry-run: nothing would run), 1 another error or, with --dry-run,
migrations would run, 2 settings are wrong.
`
}

// migration is what --json prints.
type migration struct {
	Database string   `json:"database"`
	Schema   int64    `json:"schema"` // after it
	Pending  []string `json:"pending"`
	Applied  []string `json:"applied"`
	Copy     string   `json:"copy,omitempty"` // of a SQLite file, made before
}

// Run migrates.
func (c *MigrateCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.database(w, "migrate")
	if err != nil {
		return err
	}
	if c.DryRun {
		return c.dryRun(ctx, w, cfg)
	}
	done, err := app.Migrate(ctx, cfg)
	if err != nil {
		return maintainError(ctx, err)
	}
	schema, err := app.SchemaOf(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(w.Stdout, migration{shownDatabase(cfg), schema.Version, names(schema.Pending), names(done.Applied), done.Copy})
	}
	if done.Copy != "" {
		fmt.Fprintf(w.Stdout, "Copied the database as it was to %s\n", done.Copy)
	}
	for _, name := range done.Applied {
		fmt.Fprintf(w.Stdout, "Ran %s\n", name)
	}
	if len(done.Applied) == 0 {
		fmt.Fprintf(w.Stdout, "Nothing to do: ")
	}
	fmt.Fprintf(w.Stdout, "%s has schema %d, the newest.\n", shownDatabase(cfg), schema.Version)
	return nil
}

func (c *MigrateCmd) dryRun(ctx context.Context, w *World, cfg config.Config) error {
	schema, err := app.SchemaOf(ctx, cfg)
	if err != nil {
		return maintainError(ctx, err)
	}
	if c.JSON {
		if err := writeJSON(w.Stdout, migration{shownDatabase(cfg), schema.Version, names(schema.Pending), names(nil), ""}); err != nil {
			return err
		}
	}
	switch {
	case schema.Newer():
		return maintainError(ctx, schema.Usable())
	case len(schema.Pending) == 0 && c.JSON:
		return nil
	case len(schema.Pending) == 0:
		fmt.Fprintf(w.Stdout, "Nothing to do: %s has schema %d, the newest.\n", shownDatabase(cfg), schema.Version)
		return nil
	}
	if !c.JSON {
		has := fmt.Sprintf("has schema %d", schema.Version)
		if schema.Version == 0 {
			has = "has no schema yet"
		}
		fmt.Fprintf(w.Stdout, "%s %s. These would run:\n", shownDatabase(cfg), has)
		for _, name := range schema.Pending {
			fmt.Fprintf(w.Stdout, "  %s\n", name)
		}
	}
	return &exitError{code: exitOther, what: counted(len(schema.Pending), "migration") + " would run", next: "`patchbay migrate` runs them"}
}

func names(list []string) []string { return append([]string{}, list...) }

// shownDatabase is the database's address without its password.
func shownDatabase(cfg config.Config) string {
	return strings.TrimPrefix(config.ShowDatabase(app.DatabaseAddress(cfg)), "sqlite:")
}
