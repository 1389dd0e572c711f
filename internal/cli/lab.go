package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"

	"patchbay/internal/app"
	"patchbay/internal/config"
)

// LabCmd runs the Lab of fake platforms alone.
type LabCmd struct {
	Addr string `help:"Address to listen on." default:"127.0.0.1:8099"`
	File string `help:"File in which clients, consents and tokens are kept across restarts. Default: nowhere." placeholder:"FILE" type:"path"`
	JSON bool   `help:"Print one line of JSON when ready and nothing else on standard output."`
}

// Help teaches; kong shows it below the flags' summary.
func (*LabCmd) Help() string {
	return `The Lab plays Facebook, Instagram, X, LinkedIn, Mastodon servers and standard OAuth 2.1 servers: consent pages, tokens,
lifetimes, refusals. "patchbay dev" brings one along; alone it stands on an origin of its own, as platforms do, outlives
the server that is being tried, and serves programs other than Patchbay too. It needs no database and no network.

Examples:

    patchbay lab
    patchbay lab --addr 127.0.0.1:9099 --file ./lab-state.json
    patchbay lab --json | head -n 1        # for scripts: {"lab_url":"http://127.0.0.1:8099"}

Then, in another terminal:

    patchbay dev --lab-url http://127.0.0.1:8099

Break something, move the clock, see what really happened (docs/lab.md has all of it):

    curl http://127.0.0.1:8099/lab/faults -d '{"platform":"x","grant_type":"refresh_token","kind":"reset_after","n":3}'
    curl http://127.0.0.1:8099/lab/clock -d '{"advance_s":7200}'
    curl http://127.0.0.1:8099/lab/redeems

Anybody who reaches the address can do these things: keep it on this machine. Ctrl-C stops it.
`
}

// Run serves until ctx ends.
func (c *LabCmd) Run(ctx context.Context, w *World) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Addr)
	if err != nil {
		return &exitError{
			code: exitOther, what: fmt.Sprintf("cannot listen on %s: %v", c.Addr, err),
			next: "choose another address, such as --addr 127.0.0.1:9099", cause: err,
		}
	}
	log := slog.New(slog.NewTextHandler(w.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return app.ServeLab(ctx, log, listener, c.File, func() { c.welcome(w, config.LocalURL(listener.Addr())) })
}

func (c *LabCmd) welcome(w *World, origin string) {
	if c.JSON {
		line, _ := json.Marshal(map[string]string{"lab_url": origin}) // text always marshals
		fmt.Fprintln(w.Stdout, string(line))
		return
	}
	fmt.Fprintf(w.Stdout, `
  The Lab is ready at %[1]s/lab/

  Let a Patchbay use it, in another terminal:

    patchbay dev --lab-url %[1]s

  or any program, after it registered:

    curl %[1]s/lab/apps -d '{"platform":"x","client_id":"my-app","client_secret":"my-secret",
      "redirect_uris":["http://127.0.0.1:3000/callback"]}'

  Stop with Ctrl-C.
`, origin)
}
