package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
)

// RefreshingCmd is `patchbay refreshing`.
type RefreshingCmd struct {
	Status RefreshingStatusCmd `cmd:"" help:"Tell whether refreshing is held back."`
	Hold   RefreshingHoldCmd   `cmd:"" help:"Hold refreshing back: for a copy of a database whose original lives on."`
	Resume RefreshingResumeCmd `cmd:"" help:"Go on: no other server works with the tokens of this database."`
}

// Help is shown by --help.
func (*RefreshingCmd) Help() string {
	return `Some platforms (X, Bluesky) replace a refresh token at each use, and take a second use of the old one for theft: they end the
whole consent. Of two servers that work with the same tokens, a copy of a database and its original, one would end the
channels of both. While refreshing is held back, such refresh tokens are not sent. Everything else goes on: access tokens
are lent while they are good, other platforms are refreshed, new consents are refreshed too.

` + "`patchbay restore`" + ` holds it back by itself. A copy that was made with other tools (pg_dump, a base backup, a snapshot of a
disk) is held by you, before a server starts on it. docs/operations.md, "Restoring", and docs/deploy-postgres.md.

Examples:

    patchbay refreshing status
    patchbay refreshing hold --config /etc/patchbay/staging.yaml
    patchbay refreshing resume
`
}

// RefreshingStatusCmd tells what is held back.
type RefreshingStatusCmd struct {
	JSON bool `name:"json" help:"Print one JSON object: held, grants by platform."`

	settingsFlags
}

// Help is shown by --help.
func (*RefreshingStatusCmd) Help() string {
	return `Counts the grants (consents) whose refresh tokens are held back, by platform. It changes nothing and works beside a running
server.

Examples:

    patchbay refreshing status
    patchbay refreshing status --json | jq .held.x

Exit codes: 0 shown, 1 another error, 2 settings are wrong.
`
}

// Run shows it.
func (c *RefreshingStatusCmd) Run(ctx context.Context, w *World) error {
	held, err := c.change(ctx, w, "refreshing status", app.HeldGrants)
	if err != nil || c.JSON {
		return told(w, err, "held", held)
	}
	if len(held) == 0 {
		fmt.Fprintln(w.Stdout, "No grant is held back.")
		return nil
	}
	fmt.Fprintf(w.Stdout, "%s held back: %s.\n%s\n", heldCount(held), platformCounts(held), goOn)
	return nil
}

// RefreshingHoldCmd holds refreshing back.
type RefreshingHoldCmd struct {
	JSON bool `name:"json" help:"Print one JSON object: held, grants by platform."`

	settingsFlags
}

// Help is shown by --help.
func (*RefreshingHoldCmd) Help() string {
	return `Run it on a copy of a database, before a server starts on the copy. Where the original's server goes on, the copy's channels
work as long as the access tokens in it, then they are in error with the reason refreshing_held. For trials beside
production give the copy apps of its own and connect accounts for trials: new consents are not held.

Examples:

    patchbay refreshing hold --config /etc/patchbay/staging.yaml
    PATCHBAY_DATABASE_URL=postgres://staging.internal/patchbay patchbay refreshing hold --json

Exit codes: 0 held, 1 another error, 2 settings are wrong.
`
}

// Run holds.
func (c *RefreshingHoldCmd) Run(ctx context.Context, w *World) error {
	held, err := c.changed(ctx, w, "refreshing hold", app.HoldRefreshing, connect.AuditRefreshingHeld)
	if err != nil || c.JSON {
		return told(w, err, "held", held)
	}
	if len(held) == 0 {
		fmt.Fprintln(w.Stdout, "Nothing to hold back: no grant has a refresh token that works once.")
		return nil
	}
	fmt.Fprintf(w.Stdout, "%s held back: %s.\n%s\n", heldCount(held), platformCounts(held), goOn)
	return nil
}

// RefreshingResumeCmd goes on.
type RefreshingResumeCmd struct {
	JSON bool `name:"json" help:"Print one JSON object: resumed, grants by platform."`

	settingsFlags
}

// Help is shown by --help.
func (*RefreshingResumeCmd) Help() string {
	return `Run it when no other server works with the tokens of this database: the original is gone, or stopped for good. Each refresh
token that was held back is sent once, as soon as a server runs. Where it was spent since the backup was made, the platform
refuses it and the channel is in needs_reauth with the reason lost_rotation: that person connects again.

Examples:

    patchbay refreshing resume
    patchbay refreshing resume --json | jq .resumed

Exit codes: 0 resumed, 1 another error, 2 settings are wrong.
`
}

// Run resumes.
func (c *RefreshingResumeCmd) Run(ctx context.Context, w *World) error {
	resumed, err := c.changed(ctx, w, "refreshing resume", app.ResumeRefreshing, connect.AuditRefreshingResumed)
	if err != nil || c.JSON {
		return told(w, err, "resumed", resumed)
	}
	if len(resumed) == 0 {
		fmt.Fprintln(w.Stdout, "Nothing was held back.")
		return nil
	}
	fmt.Fprintf(w.Stdout, "%s refreshed as soon as a server runs: %s.\n", heldCount(resumed), platformCounts(resumed))
	fmt.Fprintln(w.Stdout, "Where the refresh token is spent, the channel needs_reauth because of lost_rotation: `patchbay channels list` shows them.")
	return nil
}

// changed is change for what the audit log tells of.
func (f settingsFlags) changed(ctx context.Context, w *World, command string, do func(context.Context, config.Config) (map[string]int64, error), action string) (map[string]int64, error) {
	grants, err := f.change(ctx, w, command, do)
	if err != nil {
		return nil, err
	}
	cfg, err := f.database(w, command)
	if err == nil {
		recordOperation(ctx, w, cfg, action)
	}
	return grants, err
}

// change runs what a command does to the database of the settings.
func (f settingsFlags) change(ctx context.Context, w *World, command string, do func(context.Context, config.Config) (map[string]int64, error)) (map[string]int64, error) {
	cfg, err := f.database(w, command)
	if err != nil {
		return nil, err
	}
	grants, err := do(ctx, cfg)
	if err != nil {
		return nil, maintainError(ctx, err)
	}
	return grants, nil
}

func told(w *World, err error, name string, grants map[string]int64) error {
	if err != nil {
		return err
	}
	return writeJSON(w.Stdout, map[string]map[string]int64{name: grants})
}

const goOn = "When no other server works with these tokens any more, `patchbay refreshing resume` goes on. Until then their channels live as long as their access tokens."

// heldCount is "1 grant is" or "5 grants are".
func heldCount(grants map[string]int64) string {
	n := int(app.Total(grants))
	if n == 1 {
		return counted(n, "grant") + " is"
	}
	return counted(n, "grant") + " are"
}

// platformCounts is "5 of bluesky, 3 of x".
func platformCounts(grants map[string]int64) string {
	var list []string
	for _, id := range slices.Sorted(maps.Keys(grants)) {
		list = append(list, fmt.Sprintf("%d of %s", grants[id], id))
	}
	return strings.Join(list, ", ")
}
