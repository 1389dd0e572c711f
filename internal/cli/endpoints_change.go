package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// EndpointsChangeCmd is `patchbay endpoints change`.
type EndpointsChangeCmd struct {
	endpointArg
	URL         *string  `name:"url" placeholder:"URL" help:"Where events are posted from now on."`
	Types       []string `name:"type" xor:"types" placeholder:"TYPE" help:"Send only events of this type, in place of those before. May be repeated."`
	AllTypes    bool     `name:"all-types" xor:"types" help:"Send events of every type."`
	Description *string  `name:"description" placeholder:"TEXT" help:"A note of yours; \"\" takes it away."`
	JSON        bool     `name:"json" help:"Print the endpoint as the API answers it, on one line."`

	endpointServerFlags
}

// Help is shown by --help.
func (*EndpointsChangeCmd) Help() string {
	return `Changes what is given and leaves the rest. The secret stays (rotate-secret), so does the scheme.

The server's own address is --server-url here, since --url is the endpoint's.

Examples:

    patchbay endpoints change 2 --url https://app.example/hooks/v2
    patchbay endpoints change 2 --type 'channel.*' --type owner.erased
    patchbay endpoints change 2 --all-types --description "production, all events"
` + exitHelp
}

// Validate is called by the parser.
func (c *EndpointsChangeCmd) Validate() error {
	if c.URL == nil && c.Description == nil && len(c.Types) == 0 && !c.AllTypes {
		return errors.New("nothing to change: give --url, --type, --all-types or --description")
	}
	return nil
}

// Run changes.
func (c *EndpointsChangeCmd) Run(ctx context.Context, w *World) error {
	body := map[string]any{}
	if c.URL != nil {
		body["url"] = *c.URL
	}
	if c.Description != nil {
		body["description"] = *c.Description
	}
	if len(c.Types) > 0 || c.AllTypes {
		body["types"] = append([]string{}, c.Types...)
	}
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	e, err := c.change(ctx, w, cl, body, c.JSON)
	if err == nil && !c.JSON {
		e.print(w)
	}
	return err
}

// change asks for a change and answers the endpoint as it is then; with asJSON it is printed.
func (a endpointArg) change(ctx context.Context, w *World, cl *client, body map[string]any, asJSON bool) (endpoint, error) {
	var raw json.RawMessage
	if err := cl.patch(ctx, a.path(), body, &raw); err != nil {
		return endpoint{}, ended(ctx, a.missing(err))
	}
	e, err := decodeEndpoint(raw)
	if err == nil && asJSON {
		err = writeJSON(w.Stdout, raw)
	}
	return e, err
}

// EndpointsEnableCmd is `patchbay endpoints enable`.
type EndpointsEnableCmd struct {
	endpointArg
	JSON bool `name:"json" help:"Print the endpoint as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*EndpointsEnableCmd) Help() string {
	return `Sends to an endpoint again; earlier failures are forgotten. Events from while it was disabled were not queued: replay sends them.

Examples:

    patchbay endpoints enable 2
    patchbay endpoints replay 2 --since 2d --failed-only
` + exitHelp
}

// Run enables.
func (c *EndpointsEnableCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	e, err := c.change(ctx, w, cl, map[string]any{"state": "active"}, c.JSON)
	if err == nil && !c.JSON {
		fmt.Fprintf(w.Stdout, "Endpoint %d is active: events go to %s from now on.\nWhat it missed: patchbay endpoints replay %d --since 24h --failed-only\n", e.ID, clean(e.URL), e.ID)
	}
	return err
}

// EndpointsDisableCmd is `patchbay endpoints disable`.
type EndpointsDisableCmd struct {
	endpointArg
	JSON bool `name:"json" help:"Print the endpoint as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*EndpointsDisableCmd) Help() string {
	return `Sends nothing to an endpoint until enable. What waits to be sent there is dropped, and can be replayed later.

Examples:

    patchbay endpoints disable 2
` + exitHelp
}

// Run disables.
func (c *EndpointsDisableCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	e, err := c.change(ctx, w, cl, map[string]any{"state": "disabled"}, c.JSON)
	if err == nil && !c.JSON {
		fmt.Fprintf(w.Stdout, "Endpoint %d is disabled: nothing is sent there. `patchbay endpoints enable %d` ends it.\n", e.ID, e.ID)
	}
	return err
}

// EndpointsDeleteCmd is `patchbay endpoints delete`.
type EndpointsDeleteCmd struct {
	endpointArg
	Yes bool `name:"yes" short:"y" help:"Do not ask."`

	serverFlags
}

// Help is shown by --help.
func (*EndpointsDeleteCmd) Help() string {
	return `Takes an endpoint away with its secret and its deliveries; the events stay. It asks first; a script says --yes. To stop for a while,
disable it.

Examples:

    patchbay endpoints delete 2
    patchbay endpoints delete 2 --yes
` + askExitHelp
}

// Run asks and deletes.
func (c *EndpointsDeleteCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	if !c.Yes {
		if err := c.confirm(ctx, w, cl); err != nil {
			return err
		}
	}
	if err := cl.remove(ctx, c.path()); err != nil {
		return ended(ctx, c.missing(err))
	}
	fmt.Fprintf(w.Stdout, "Endpoint %d is deleted.\n", c.ID)
	return nil
}

func (c *EndpointsDeleteCmd) confirm(ctx context.Context, w *World, cl *client) error {
	var raw json.RawMessage
	if err := cl.get(ctx, c.path(), nil, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	e, err := decodeEndpoint(raw)
	if err != nil {
		return err
	}
	return w.agreed(ctx, fmt.Sprintf("Delete endpoint %d, %s, with its deliveries?", e.ID, clean(e.URL)), "--yes")
}
