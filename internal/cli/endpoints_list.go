package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// EndpointsListCmd is `patchbay endpoints list`.
type EndpointsListCmd struct {
	listFlags
	serverFlags
}

// Help is shown by --help.
func (*EndpointsListCmd) Help() string {
	return `Lists endpoints by ascending id, with how each does: works, failing, disabled and why.

Examples:

    patchbay endpoints list
    patchbay endpoints list --all --json | jq -r '.data[] | select(.state == "disabled") | .url'
` + exitHelp
}

// Run lists.
func (c *EndpointsListCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	page, err := c.fetch(ctx, cl, "/v1/endpoints", nil)
	switch {
	case err != nil:
		return ended(ctx, err)
	case c.JSON:
		return writeJSON(w.Stdout, page)
	case len(page.Data) == 0:
		fmt.Fprintln(w.Stderr, "No endpoints yet. `patchbay endpoints add --url URL` makes one; `patchbay listen` needs none.")
		return nil
	}
	list, err := decodeAll[endpoint](page.Data, "endpoint")
	if err != nil {
		return err
	}
	p := w.palette(w.Stdout)
	rows := make([][]cell, len(list))
	for i, e := range list {
		rows[i] = []cell{
			{strconv.FormatInt(e.ID, 10), nil},
			{clean(e.URL), p.bold},
			{clean(e.hears()), nil},
			{clean(e.Scheme), nil},
			{clean(e.Description), nil},
			{clean(e.condition()), e.paint(p)},
		}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"ID", "URL", "EVENTS", "SCHEME", "DESCRIPTION", "STATE"}, rows)
	page.tellMore(w)
	return nil
}

// EndpointsShowCmd is `patchbay endpoints show`.
type EndpointsShowCmd struct {
	endpointArg
	JSON bool `name:"json" help:"Print the endpoint as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*EndpointsShowCmd) Help() string {
	return `Shows where an endpoint is, what is sent there and whether it works. Its secret is not shown: it was when it was made.

Examples:

    patchbay endpoints show 2
    patchbay endpoints show 2 --json | jq .failures
` + exitHelp
}

// Run shows.
func (c *EndpointsShowCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.get(ctx, c.path(), nil, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	e, err := decodeEndpoint(raw)
	if err == nil {
		e.print(w)
	}
	return err
}
