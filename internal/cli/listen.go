package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

const envListenSecret = "PATCHBAY_LISTEN_SECRET"

// ListenCmd is `patchbay listen`.
type ListenCmd struct {
	ForwardTo   string `name:"forward-to" required:"" placeholder:"URL" help:"Where to post events, such as http://localhost:3000/webhook."`
	After       *int64 `name:"after" placeholder:"N" help:"Begin after the event with this number; 0: with the first (default: events from now on)."`
	Secret      string `name:"secret" placeholder:"WHSEC" help:"Signing secret, whsec_ and base64 (default: $$PATCHBAY_LISTEN_SECRET, else a new one). Prefer the variable: other users of this machine can read arguments."`
	Workspace   int64  `name:"workspace" placeholder:"ID" help:"The key's workspace, for message ids, where the key cannot find out."`
	AllowRemote bool   `name:"allow-remote" help:"Forward to another machine too. Events tell of people: send them nowhere they should not be."`
	JSON        bool   `name:"json" help:"Print one JSON line when ready, and one for each event."`

	typeFlags
	serverFlags
}

// Help is shown by --help.
func (*ListenCmd) Help() string {
	return `Forwards events to a receiver on this machine, without a tunnel and without an endpoint: it asks the server for what happens, and posts
each event to the address as an endpoint would get it, signed by Standard Webhooks, in order, one after the other. It needs a key
with the scope events:read that is bound to no owner.

The secret that signs is printed at the start; set PATCHBAY_LISTEN_SECRET to keep the same one. An event that is not taken is tried
again three times, then skipped, and its number said: --after sends it again. Real endpoints are tried for three days.

Examples:

    patchbay listen --forward-to http://localhost:3000/webhook
    patchbay listen --forward-to http://localhost:3000/webhook --type 'channel.*' --after 128
    PATCHBAY_LISTEN_SECRET=whsec_… patchbay listen --forward-to http://127.0.0.1:8000/hooks/patchbay

With --json the lines are

    {"event":"ready","forward_to":"http://…","secret":"whsec_…","after":128}
    {"event":"forwarded","number":129,"type":"channel.connected","message_id":"evt_1_129","delivered":true,"status":204,"took_ms":12,"attempts":1}
` + exitHelp
}

// Validate is called by the parser. It quotes nothing of the secret.
func (c *ListenCmd) Validate() error {
	u, err := url.Parse(c.ForwardTo)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("--forward-to: must be an address such as http://localhost:3000/webhook")
	case u.User != nil:
		return errors.New("--forward-to: must hold no user and password")
	case !c.AllowRemote && !loopbackName(u.Hostname()):
		return errors.New("--forward-to: must be on this machine (localhost, 127.0.0.1 or [::1]), or add --allow-remote")
	case c.After != nil && *c.After < 0:
		return errors.New("--after: must be an event's number, or 0")
	case c.Workspace < 0:
		return errors.New("--workspace: must be an id")
	}
	return c.check()
}

// loopbackName tells whether a host is this machine by its name. What the name leads to is
// looked at when it is dialled.
func loopbackName(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// Run forwards until Ctrl-C.
func (c *ListenCmd) Run(ctx context.Context, w *World) error {
	secret, made, err := listenSecret(c.Secret, w.Getenv(envListenSecret))
	if err != nil {
		return err
	}
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	after, err := beginning(ctx, cl, c.After)
	if err != nil {
		return ended(ctx, err)
	}
	workspace, err := c.findWorkspace(ctx, cl)
	if err != nil {
		return ended(ctx, err)
	}
	if err := c.ready(w, secret.Reveal(), made, after); err != nil {
		return err
	}
	f := newForwarder(w, c, secret, workspace)
	s := &eventStream{client: cl, world: w, after: after, types: c.typeFlags}
	err = s.run(ctx, func(e event, raw json.RawMessage) error { return f.forward(ctx, e, raw) })
	if ctx.Err() != nil {
		return stoppedAfter(s.after)
	}
	return err
}

// ready says that it begins, and what the receiver has to know.
func (c *ListenCmd) ready(w *World, secret string, made bool, after int64) error {
	if c.JSON {
		return writeJSON(w.Stdout, struct {
			Event     string `json:"event"`
			ForwardTo string `json:"forward_to"`
			Secret    string `json:"secret"`
			After     int64  `json:"after"`
		}{"ready", c.ForwardTo, secret, after})
	}
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, "Forwarding events after number %d to %s. Ctrl-C ends.\n\n  Signing secret  %s\n", after, clean(c.ForwardTo), p.bold(secret))
	if made {
		fmt.Fprintf(w.Stdout, "  %s\n", p.dim("It is new. Set "+envListenSecret+" to it, and it stays the same the next time."))
	}
	fmt.Fprintln(w.Stdout)
	return nil
}

// findWorkspace finds the key's workspace, whose id stands in message ids.
func (c *ListenCmd) findWorkspace(ctx context.Context, cl *client) (int64, error) {
	if id := max(c.Workspace, cl.workspace); id > 0 {
		return id, nil
	}
	var list struct {
		Data []struct {
			ID int64 `json:"id"`
		} `json:"data"`
	}
	err := cl.get(ctx, "/v1/workspaces", url.Values{"limit": {"2"}}, &list)
	switch {
	case exitCode(err) == exitUnauthorized || err == nil && len(list.Data) != 1: // the key may not ask, or sees others' too
		return cl.workspaceOfDeliveries(ctx)
	case err != nil:
		return 0, err
	}
	return list.Data[0].ID, nil
}

// workspaceOfDeliveries reads the workspace off the message id of any delivery.
func (c *client) workspaceOfDeliveries(ctx context.Context) (int64, error) {
	var list struct {
		Data []delivery `json:"data"`
	}
	var id int64
	if c.get(ctx, "/v1/deliveries", url.Values{"limit": {"1"}}, &list) == nil && len(list.Data) == 1 {
		if _, err := fmt.Sscanf(list.Data[0].MessageID, "evt_%d_", &id); err == nil && id > 0 {
			return id, nil
		}
	}
	if ctx.Err() != nil {
		return 0, context.Cause(ctx)
	}
	return 0, &exitError{
		code: exitUsage, what: "the key does not tell which workspace it is of, and message ids hold that",
		next: "give its id with --workspace, as GET /v1/workspaces lists it",
	}
}

// tries are the waits before the second try, the third and so on.
var tries = []time.Duration{time.Second, 3 * time.Second, 10 * time.Second}
