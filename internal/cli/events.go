package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// EventsCmd is `patchbay events`.
type EventsCmd struct {
	After  *int64 `name:"after" placeholder:"N" help:"Begin after the event with this number; 0: with the first. Without it: the newest, and with --follow those from now on."`
	Follow bool   `name:"follow" short:"f" help:"Print events as they come, until Ctrl-C."`
	Limit  int    `name:"limit" default:"50" placeholder:"N" help:"List at most this many (default: ${default}); not with --follow."`
	All    bool   `name:"all" help:"List all there are; not with --follow."`
	JSON   bool   `name:"json" help:"Print one JSON object: data, and next to go on after. With --follow: an event a line."`

	typeFlags
	serverFlags
}

// Help is shown by --help.
func (*EventsCmd) Help() string {
	return `Lists what happened in the workspace, the oldest first. Numbers are in commit order, without gaps but where the database was restored:
whoever remembers the last one misses nothing. It needs a key with the scope events:read that is bound to no owner.

With --follow it waits for more, also while the server restarts, and goes on from the last number.

Examples:

    patchbay events
    patchbay events --after 128 --limit 500
    patchbay events --follow --type 'channel.*' --type grant.revoked
    patchbay events --follow --json --after 128 | while read -r event; do echo "$event" | jq -r .type; done
` + exitHelp
}

// Validate is called by the parser.
func (c *EventsCmd) Validate() error {
	switch {
	case c.After != nil && *c.After < 0:
		return errors.New("--after: must be an event's number, or 0")
	case c.Limit < 1:
		return errors.New("--limit: must be at least 1")
	case c.All && c.Follow:
		return errors.New("--all: not with --follow; --follow --after 0 begins with the first")
	}
	return c.check()
}

// Run lists or follows.
func (c *EventsCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	switch {
	case err != nil:
		return err
	case c.Follow:
		return c.follow(ctx, w, cl)
	}
	page, more, err := c.fetch(ctx, cl)
	switch {
	case err != nil:
		return ended(ctx, err)
	case c.JSON:
		return writeJSON(w.Stdout, page)
	case len(page.Data) == 0:
		fmt.Fprintln(w.Stderr, "Nothing there. `patchbay events --follow` waits for what comes.")
		return nil
	}
	rows := make([][]cell, len(page.Data))
	p := w.palette(w.Stdout)
	for i, raw := range page.Data {
		e, err := decodeEvent(raw)
		if err != nil {
			return err
		}
		rows[i] = e.row(w, p)
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), eventHead, rows)
	if more {
		fmt.Fprintf(w.Stderr, "There may be more: --after %d goes on, --all lists all.\n", page.Next)
	}
	return nil
}

// fetch answers what is asked for, by ascending number; more tells that the end was not seen.
func (c *EventsCmd) fetch(ctx context.Context, cl *client) (eventPage, bool, error) {
	switch {
	case c.After != nil:
		return c.upwards(ctx, cl, *c.After)
	case c.All:
		return c.upwards(ctx, cl, 0)
	default:
		page, err := c.newest(ctx, cl)
		return page, false, err
	}
}

func (c *EventsCmd) upwards(ctx context.Context, cl *client, after int64) (eventPage, bool, error) {
	all := eventPage{Data: []json.RawMessage{}, Next: after}
	for c.All || len(all.Data) < c.Limit {
		want := pageSize
		if !c.All && len(c.Types) == 0 {
			want = min(want, c.Limit-len(all.Data))
		}
		page, err := cl.eventsAfter(ctx, all.Next, want)
		if err != nil {
			return all, false, err
		}
		kept, err := c.wanted(page.Data)
		if err != nil {
			return all, false, err
		}
		all.Data, all.Next = append(all.Data, kept...), page.Next
		if over := len(all.Data) - c.Limit; over > 0 && !c.All { // the rest is for the next time
			all.Data = all.Data[:c.Limit]
			last, err := decodeEvent(all.Data[c.Limit-1])
			all.Next = last.Number
			return all, true, err
		}
		if len(page.Data) < want {
			return all, false, nil
		}
	}
	return all, true, nil
}

// upTo leaves out what has a higher number.
func upTo(page []json.RawMessage, most int64) ([]json.RawMessage, error) {
	for i, raw := range page {
		e, err := decodeEvent(raw)
		if err != nil {
			return nil, err
		}
		if e.Number > most {
			return page[:i], nil
		}
	}
	return page, nil
}

// newest looks from the end backwards, until there are enough.
func (c *EventsCmd) newest(ctx context.Context, cl *client) (eventPage, error) {
	all := eventPage{Data: []json.RawMessage{}}
	end, err := cl.lastEvent(ctx)
	if err != nil {
		return all, err
	}
	all.Next = end
	step, near := int64(pageSize), false // near: the steps become smaller again
	for end > 0 && len(all.Data) < c.Limit {
		begin := max(0, end-step)
		page, err := cl.eventsAfter(ctx, begin, int(min(end-begin, pageSize)))
		if err != nil {
			return all, err
		}
		found, err := upTo(page.Data, end)
		if err != nil {
			return all, err
		}
		switch {
		case len(found) == 0 && !near: // numbers that a restore left out, which are very many
			end, step = begin, 2*step
			continue
		case len(found) == 0:
			end, step = begin, max(pageSize, step/2)
			continue
		case len(found) == pageSize && step > pageSize: // there may be newer ones below end
			step, near = max(pageSize, step/2), true
			continue
		}
		kept, err := c.wanted(found)
		if err != nil {
			return all, err
		}
		all.Data, end = append(kept, all.Data...), begin
		step, near = pageSize, false
	}
	all.Data = all.Data[max(0, len(all.Data)-c.Limit):]
	return all, nil
}
