package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/connect"
)

// KeysRotateCmd exchanges the key-encryption key.
type KeysRotateCmd struct {
	Step      string        `name:"step" placeholder:"STEP" help:"Take one step only: add, promote, reseal or retire."`
	Retire    bool          `name:"retire" help:"Take the old keys out of the file at the end."`
	Force     bool          `name:"force" help:"Take old keys out although a server that sealed with them went without a goodbye less than an hour ago, or damaged values name them."`
	Timeout   time.Duration `name:"timeout" default:"5m" placeholder:"TIME" help:"How long to wait for servers to follow (default: ${default})."`
	GoneAfter time.Duration `name:"gone-after" default:"30s" placeholder:"TIME" help:"A server not seen for this long counts as gone (default: ${default})."`

	keyFileFlag
	settingsFlags
}

// Help is shown by --help.
func (*KeysRotateCmd) Help() string {
	return `Servers go on serving meanwhile, and need no restart: they look at their key file every second. The steps:

    add       puts a new key into the file, which seals nothing yet
    promote   waits until every server holds it, then makes it the one that seals
    reseal    waits until every server seals with it, then re-encrypts every token, over and over until a
              scan of the whole database finds nothing under another key
    retire    takes the old keys out of the file, once nothing is sealed under them (with --retire, or --step retire)

Ctrl-C and crashes do no harm: run it again, and it goes on where it stopped. Old keys stay in the file unless you retire
them, since backups made before need them.

Servers with key files of their own: take the steps one by one, and copy the file to every machine after add, after promote
and after retire. Each step tells which server is not ready.

Examples:

    patchbay keys rotate
    patchbay keys rotate --file /etc/patchbay/keyset.json --retire
    patchbay keys rotate --step add            # then copy the file to every machine, then:
    patchbay keys rotate --step promote        # copy it again, then:
    patchbay keys rotate --step reseal
    patchbay keys rotate --step retire         # and copy it a last time

Exit codes: 0 done, 1 another error or a server does not follow, 2 wrong usage or settings, 130 interrupted.
`
}

// Run rotates.
func (c *KeysRotateCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.database(w, "keys rotate")
	if err != nil {
		return err
	}
	if least := app.MinGoneAfter(cfg); c.GoneAfter < least {
		return &exitError{code: exitUsage, what: fmt.Sprintf("--gone-after must be at least %s: servers say so rarely that they live", least), next: "see `patchbay keys rotate --help`"}
	}
	if !slices.Contains([]string{"", "add", "promote", "reseal", "retire"}, c.Step) {
		return &exitError{code: exitUsage, what: "--step must be add, promote, reseal or retire", next: "see `patchbay keys rotate --help`"}
	}
	if c.Retire && c.Step != "" {
		return &exitError{code: exitUsage, what: "--retire and --step exclude each other", next: "use --step retire for that step alone"}
	}
	file, err := c.find(cfg)
	if err != nil {
		return err
	}
	tell := &rotationTeller{world: w, file: file.Path(), notes: w.palette(w.Stderr), gone: c.GoneAfter}
	options := app.RotationOptions{GoneAfter: c.GoneAfter, Patience: c.Timeout, Tell: tell.news, After: w.after}
	err = app.WithRotation(ctx, cfg, file, options, func(r *connect.Rotation) error { return c.steps(ctx, r) })
	tell.erase()
	if err != nil {
		return keysError(ctx, err)
	}
	recordWith(ctx, w, cfg, file, connect.AuditKeysRotated, "step", cmp.Or(c.Step, "all"))
	return errors.Join(tell.end(c), tell.lost())
}

func (c *KeysRotateCmd) steps(ctx context.Context, r *connect.Rotation) (err error) {
	switch c.Step {
	case "add":
		_, err = r.Add(ctx)
	case "promote":
		err = r.Promote(ctx)
	case "reseal":
		_, err = r.Reseal(ctx)
	case "retire":
		err = r.Retire(ctx, c.Force)
	default:
		err = r.Run(ctx)
		if err == nil && c.Retire {
			err = r.Retire(ctx, c.Force)
		}
	}
	return err
}
