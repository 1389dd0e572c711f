package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// EndpointsAddCmd is `patchbay endpoints add`.
type EndpointsAddCmd struct {
	URL         string   `name:"url" required:"" placeholder:"URL" help:"Where events are posted: https, and not into a private network."`
	Types       []string `name:"type" placeholder:"TYPE" help:"Send only events of this type, such as channel.connected or 'channel.*'. May be repeated."`
	Scheme      string   `name:"scheme" placeholder:"NAME" help:"How messages are written and signed: standard (Standard Webhooks, the default), or smartlyq."`
	Description string   `name:"description" placeholder:"TEXT" help:"A note of yours."`
	Owner       string   `name:"owner" placeholder:"ID" help:"Send only events of this owner: your own id of the user."`
	JSON        bool     `name:"json" help:"Print the endpoint, its secret included, as the API answers it, on one line."`

	endpointServerFlags
}

// endpointServerFlags are serverFlags without --url, which is the endpoint's address here.
type endpointServerFlags struct {
	Server string `name:"server-url" group:"Which server:" placeholder:"URL" help:"The server's address (default: $$PATCHBAY_URL, else what dev left in --data)."`
	APIKey string `name:"api-key" group:"Which server:" placeholder:"KEY" help:"API key. Prefer $$PATCHBAY_API_KEY: other users of this machine can read arguments."`
	Data   string `name:"data" group:"Which server:" type:"path" placeholder:"DIR" default:"./patchbay-data" help:"Data directory of a local dev server (default: ${default})."`
}

func (f endpointServerFlags) client(w *World) (*client, error) {
	return serverFlags{URL: f.Server, APIKey: f.APIKey, Data: f.Data}.client(w)
}

// Help is shown by --help.
func (*EndpointsAddCmd) Help() string {
	return `Makes an endpoint: from now on its events are posted to the address. The secret that they are signed with is printed once; give it to
the receiver, which checks signatures with any library of Standard Webhooks (https://www.standardwebhooks.com).

The server's own address is --server-url here, since --url is the endpoint's.

Examples:

    patchbay endpoints add --url https://app.example/hooks/patchbay
    patchbay endpoints add --url https://app.example/hooks/patchbay --type 'channel.*' --type grant.revoked --description production
    patchbay endpoints add --url https://app.example/hooks/smartlyq --scheme smartlyq
    patchbay endpoints add --url https://app.example/hooks/patchbay --json | jq -r .secret > secret.txt
` + exitHelp
}

// Run makes it.
func (c *EndpointsAddCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	body := map[string]any{"url": c.URL}
	for name, value := range map[string]string{"scheme": c.Scheme, "description": c.Description, "owner": c.Owner} {
		if value != "" {
			body[name] = value
		}
	}
	if len(c.Types) > 0 {
		body["types"] = c.Types
	}
	var raw json.RawMessage
	if err := cl.post(ctx, "/v1/endpoints", body, &raw); err != nil {
		return ended(ctx, err)
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	made, err := decodeEndpoint(raw)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.Stdout, "Endpoint %d made. Events go to %s from now on.\n", made.ID, clean(made.URL))
	printSecret(w, made)
	fmt.Fprintf(w.Stdout, "Try it: patchbay endpoints test %d\n", made.ID)
	return nil
}

// printSecret shows a secret this once.
func printSecret(w *World, e endpoint) {
	fmt.Fprintf(w.Stdout, "\n    %s\n\nThis secret signs what is sent there. It is shown this once: keep it where the receiver's other secrets are.\n", w.palette(w.Stdout).bold(clean(e.Secret)))
}

// EndpointsRotateCmd is `patchbay endpoints rotate-secret`.
type EndpointsRotateCmd struct {
	endpointArg
	Overlap time.Duration `name:"overlap" default:"24h" placeholder:"TIME" help:"How long the secret before signs beside the new one, up to 168h; 0s ends it at once (default: ${default})."`
	JSON    bool          `name:"json" help:"Print the endpoint, its new secret included, as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*EndpointsRotateCmd) Help() string {
	return `Makes a new secret and prints it once. Until the overlap ends, messages carry a signature of each, so a receiver may go over to the new
one at any time in between, and none is refused. 0s is for a secret that somebody else has seen.

Examples:

    patchbay endpoints rotate-secret 2
    patchbay endpoints rotate-secret 2 --overlap 0s
    patchbay endpoints rotate-secret 2 --json | jq -r .secret > secret.txt
` + exitHelp
}

// Validate is called by the parser.
func (c *EndpointsRotateCmd) Validate() error {
	if c.Overlap < 0 || c.Overlap > 7*24*time.Hour {
		return errors.New("--overlap: must be between 0s and 168h")
	}
	return nil
}

// Run rotates.
func (c *EndpointsRotateCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.post(ctx, c.path()+"/rotate-secret", map[string]int64{"overlap_s": int64(c.Overlap.Seconds())}, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	made, err := decodeEndpoint(raw)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.Stdout, "Endpoint %d has a new secret.\n", made.ID)
	printSecret(w, made)
	if made.PreviousUntil.After(w.now()) {
		fmt.Fprintf(w.Stdout, "The secret before signs as well until %s: give the receiver this one by then.\n", w.day(made.PreviousUntil))
		return nil
	}
	fmt.Fprintln(w.Stdout, "The secret before signs nothing any more: the receiver refuses messages until it has this one. They are tried again.")
	return nil
}
