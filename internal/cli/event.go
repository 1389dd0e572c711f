package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// event is what the API says of one.
type event struct {
	Number    int64          `json:"number"`
	Type      string         `json:"type"`
	OwnerID   int64          `json:"owner_id"`
	ChannelID int64          `json:"channel_id"`
	Cause     string         `json:"cause"`
	Data      map[string]any `json:"data"`
	At        string         `json:"at"` // as it came: listen puts it into messages
}

func decodeEvent(raw json.RawMessage) (event, error) {
	var e event
	if err := json.Unmarshal(raw, &e); err != nil || e.Number < 1 {
		return e, fmt.Errorf("event in the server's answer: %w", errors.Join(err, errBroken))
	}
	return e, nil
}

var errBroken = errors.New("it is not what the API promises")

// eventPage is a stretch of the log, as the API answers it.
type eventPage struct {
	Data []json.RawMessage `json:"data"`
	Next int64             `json:"next"`
}

// typeFlags narrow events. The API gives all; they are narrowed here.
type typeFlags struct {
	Types []string `name:"type" placeholder:"TYPE" help:"Only events of this type, such as channel.connected or 'channel.*'. May be repeated."`
}

func (f typeFlags) check() error {
	for _, t := range f.Types {
		if stem := strings.TrimSuffix(t, ".*"); t != "*" && (stem == "" || strings.ContainsAny(stem, "* ,")) {
			return errors.New("--type: must be a type such as channel.connected, or all that begin alike as 'channel.*'")
		}
	}
	return nil
}

func (f typeFlags) want(kind string) bool {
	for _, t := range f.Types {
		stem, open := strings.CutSuffix(t, "*")
		if t == kind || open && strings.HasPrefix(kind, stem) {
			return true
		}
	}
	return len(f.Types) == 0
}

// wanted are those of a page that are asked for.
func (f typeFlags) wanted(raw []json.RawMessage) (kept []json.RawMessage, err error) {
	for _, r := range raw {
		e, err := decodeEvent(r)
		if err != nil {
			return nil, err
		}
		if f.want(e.Type) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// eventsAfter asks for a page.
func (c *client) eventsAfter(ctx context.Context, after int64, limit int) (page eventPage, err error) {
	err = c.get(ctx, "/v1/events", url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(limit)}}, &page)
	return page, err
}

// lastEvent finds the number of the last event; 0: there is none. The API tells only what
// is above a number: the steps double until there is nothing, and halve then.
func (c *client) lastEvent(ctx context.Context) (int64, error) {
	var low, step int64
	for high := int64(-1); high < 0 || low < high; { // nothing is above high, once it is known
		at := low + step
		if high >= 0 {
			at = low + (high-low)/2
		}
		page, err := c.eventsAfter(ctx, at, pageSize)
		switch {
		case err != nil:
			return 0, err
		case len(page.Data) == 0:
			high = at
		case len(page.Data) < pageSize:
			return page.Next, nil
		default:
			low, step = page.Next, max(pageSize, 2*step)
		}
	}
	return low, nil
}

// row is an event in a table.
func (e event) row(w *World, p palette) []cell {
	at, _ := time.Parse(time.RFC3339, e.At) // a time that is none is left out
	return []cell{
		{strconv.FormatInt(e.Number, 10), nil},
		{w.day(at), nil},
		{clean(e.Type), p.bold},
		{idOrNone(e.ChannelID), nil},
		{idOrNone(e.OwnerID), nil},
		{clean(e.Cause), nil},
		{clean(pairs(e.Data)), p.dim},
	}
}

var eventHead = []string{"NUMBER", "TIME", "TYPE", "CHANNEL", "OWNER", "CAUSE", "DETAILS"}
