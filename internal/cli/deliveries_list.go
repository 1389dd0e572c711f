package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
)

// DeliveriesListCmd is `patchbay deliveries list`.
type DeliveriesListCmd struct {
	Endpoint int64  `name:"endpoint" placeholder:"ID" help:"Only those to this endpoint."`
	State    string `name:"state" enum:",pending,delivered,failed,dropped,skipped" default:"" placeholder:"STATE" help:"Only those that are pending, delivered, failed, dropped or skipped."`
	Event    int64  `name:"event" placeholder:"N" help:"Only those of the event with this number."`
	Type     string `name:"type" placeholder:"TYPE" help:"Only those of events of this type."`
	Channel  int64  `name:"channel" placeholder:"ID" help:"Only those about this channel."`

	listFlags
	serverFlags
}

// Help is shown by --help.
func (*DeliveriesListCmd) Help() string {
	return `Lists deliveries, the newest first. The states: pending (to be sent, or to be tried again), delivered, failed (all attempts did),
dropped (the endpoint was disabled before), skipped (the endpoint's scheme has nothing to tell of such an event). NEXT is when a
pending one is tried; one that is behind another waits until an earlier one about the same channel has ended.

Examples:

    patchbay deliveries list
    patchbay deliveries list --endpoint 2 --state failed
    patchbay deliveries list --event 129
    patchbay deliveries list --channel 5 --all --json | jq -r '.data[] | [.id, .state, .error] | @tsv'
` + exitHelp
}

// Run lists.
func (c *DeliveriesListCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	page, err := c.fetch(ctx, cl, "/v1/deliveries", map[string]string{
		"endpoint": idFilter(c.Endpoint), "state": c.State, "event": idFilter(c.Event), "type": c.Type, "channel": idFilter(c.Channel),
	})
	switch {
	case err != nil:
		return ended(ctx, err)
	case c.JSON:
		return writeJSON(w.Stdout, page)
	case len(page.Data) == 0:
		fmt.Fprintln(w.Stderr, "None. Deliveries are made when something happens and an endpoint wants to know: `patchbay endpoints list`.")
		return nil
	}
	list, err := decodeAll[delivery](page.Data, "delivery")
	if err != nil {
		return err
	}
	p := w.palette(w.Stdout)
	rows := make([][]cell, len(list))
	for i, d := range list {
		next := ""
		switch {
		case d.State != "pending":
		case d.NextAt.IsZero():
			next = "behind another"
		default:
			next = distance(d.NextAt.Sub(w.now()))
		}
		rows[i] = []cell{
			{strconv.FormatInt(d.ID, 10), nil},
			{w.day(d.CreatedAt), nil},
			{idOrNone(d.EndpointID), nil},
			{clean(d.Type), p.bold},
			{clean(d.MessageID), nil},
			{idOrNone(d.ChannelID), nil},
			{clean(d.State), d.paint(p)},
			{strconv.Itoa(d.Attempts), nil},
			{next, nil},
			{clean(d.came()), p.dim},
		}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"ID", "TIME", "ENDPOINT", "TYPE", "MESSAGE", "CHANNEL", "STATE", "TRIES", "NEXT", "LAST ANSWER"}, rows)
	page.tellMore(w)
	return nil
}

// DeliveriesShowCmd is `patchbay deliveries show`.
type DeliveriesShowCmd struct {
	deliveryArg
	JSON bool `name:"json" help:"Print the delivery as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*DeliveriesShowCmd) Help() string {
	return `Shows one delivery with its attempts and what was sent. The body is indented for reading; signatures are over the bytes that --json has.

Examples:

    patchbay deliveries show 90
    patchbay deliveries show 90 --json | jq -r .body
` + exitHelp
}

// Run shows.
func (c *DeliveriesShowCmd) Run(ctx context.Context, w *World) error {
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
	d, err := decodeDelivery(raw)
	if err == nil {
		d.print(w)
	}
	return err
}

// DeliveriesReplayCmd is `patchbay deliveries replay`.
type DeliveriesReplayCmd struct {
	deliveryArg
	JSON bool `name:"json" help:"Print the new delivery as the API answers it, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*DeliveriesReplayCmd) Help() string {
	return `Sends one delivery's event to its endpoint again, as a delivery of its own with the same message id.

Examples:

    patchbay deliveries replay 90
    patchbay deliveries show "$(patchbay deliveries replay 90 --json | jq .id)"
` + exitHelp
}

// Run replays.
func (c *DeliveriesReplayCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.post(ctx, c.path()+"/replay", struct{}{}, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	d, err := decodeDelivery(raw)
	if err == nil {
		fmt.Fprintf(w.Stdout, "Delivery %d sends %s to endpoint %d again. `patchbay deliveries show %d` tells what comes of it.\n", d.ID, clean(d.MessageID), d.EndpointID, d.ID)
	}
	return err
}
