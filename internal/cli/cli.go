// Package cli is the command line: one file a command. Commands that talk to a
// server speak the native API over HTTP and open no store; dev and serve, which are the
// server, and those that look after its database do. It owns flags, exit codes, credentials on disk and what a terminal
// shows, and no rule of the product.
package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

type commands struct {
	Dev         DevCmd         `cmd:"" help:"Start everything on this machine: server, database, and the Lab of fake platforms."`
	Lab         LabCmd         `cmd:"" help:"Run the Lab of fake platforms alone."`
	Serve       ServeCmd       `cmd:"" help:"Run the server in production."`
	Connect     ConnectCmd     `cmd:"" help:"Make a connect link, wait for the person, print the channels."`
	Channels    ChannelsCmd    `cmd:"" help:"List, show, check, pause, reconnect, disconnect and import channels; lease their tokens."`
	Owners      OwnersCmd      `cmd:"" help:"List those whose channels there are, or erase one with everything of theirs."`
	Events      EventsCmd      `cmd:"" help:"List what happened, or follow it as it happens."`
	Listen      ListenCmd      `cmd:"" help:"Forward events to a port of this machine, as a webhook would get them."`
	Endpoints   EndpointsCmd   `cmd:"" help:"Look after the addresses where events are sent."`
	Deliveries  DeliveriesCmd  `cmd:"" help:"See what was sent there and what came of it."`
	Audit       AuditCmd       `cmd:"" help:"Read who did what, and prove that nobody changed the log."`
	Doctor      DoctorCmd      `cmd:"" help:"Examine settings, key, database, clock, address and each platform's app."`
	Migrate     MigrateCmd     `cmd:"" help:"Bring the database's schema up to date."`
	Backup      BackupCmd      `cmd:"" help:"Copy a SQLite database while the server runs."`
	Restore     RestoreCmd     `cmd:"" help:"Put a backup in the place of a SQLite database."`
	Refreshing  RefreshingCmd  `cmd:"" help:"Hold refreshing back on a copy of a database, and go on."`
	Keys        KeysCmd        `cmd:"" help:"Make, exchange and examine keys: the one that seals the database, the first API key."`
	Healthcheck HealthcheckCmd `cmd:"" help:"Ask a server on this machine whether it can serve."`
	Version     VersionCmd     `cmd:"" help:"Print version, revision and Go version."`
}

// Run executes one command line, without the program's name, and answers the
// exit code. It returns soon after ctx ends.
func Run(ctx context.Context, args []string, w World) int {
	if err := run(ctx, args, &w); err != nil {
		return report(&w, err)
	}
	return exitOK
}

func run(ctx context.Context, args []string, w *World) error {
	helped := false
	parser, err := newParser(ctx, w, func(int) { helped = true })
	if err != nil {
		return fmt.Errorf("command line: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	chosen, err := parser.Parse(args)
	switch {
	case helped: // the parser goes on after it printed help; what it then finds wrong does not matter
		return nil
	case err != nil:
		return usageError(err)
	}
	return chosen.Run()
}

func newParser(ctx context.Context, w *World, exit func(int)) (*kong.Kong, error) {
	return kong.New(
		&commands{},
		kong.Name("patchbay"),
		kong.Description(about),
		kong.Writers(w.Stdout, w.Stderr),
		kong.Exit(exit),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(w),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
}

// usageError says what is wrong with a command line and where to read on.
func usageError(err error) error {
	next := "patchbay --help"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			next = node.FullPath() + " --help"
		}
	}
	return &exitError{code: exitUsage, what: plainly(err.Error()), next: "see `" + next + "`"}
}

// wrongKind is what the parser says of a value that is no number or no time.
var wrongKind = regexp.MustCompile(`expected (?:a valid 64 bit int|duration) but got ("[^"]*")(?:: time: .*)?`)

// plainly puts what the parser says of a value into words for people.
func plainly(text string) string {
	return wrongKind.ReplaceAllStringFunc(text, func(found string) string {
		wanted := "a whole number"
		if strings.Contains(found, "duration") {
			wanted = "a time such as 90s, 15m or 2h"
		}
		return "must be " + wanted + ", not " + wrongKind.FindStringSubmatch(found)[1]
	})
}

const about = `Patchbay connects people's social accounts to your application and keeps them connected.

Start here:

    patchbay dev                        a whole Patchbay, no account needed
    patchbay connect                    in a second terminal: make a link, open it
    patchbay channels list              what is connected
    patchbay channels health 5          whether it works, and who must act
    patchbay listen --forward-to http://localhost:3000/webhook
                                        what happens, as your application will hear it

In production:

    patchbay serve --help               what it needs
    patchbay doctor                     whether that is so

The commands that talk to a server take its address and key from PATCHBAY_URL and PATCHBAY_API_KEY,
else from what "patchbay dev" left in ./patchbay-data.
`
