package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// eventStream hands over events one by one as they come. A server that is away is waited
// for, for as long as it takes.
type eventStream struct {
	client *client
	world  *World
	after  int64 // the last number that was seen
	types  typeFlags
	lost   bool // it was told that the server does not answer
}

// run ends with ctx, with an error of each, or when the server refuses for good.
func (s *eventStream) run(ctx context.Context, each func(event, json.RawMessage) error) error {
	for {
		asked := s.world.now()
		page, err := s.ask(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil && !passing(err):
			return err
		case err != nil:
			s.tell(true)
		default:
			s.tell(false)
			if err := s.hand(ctx, page, each); err != nil {
				return err
			}
		}
		// The server holds a question while there is nothing: not when it is stopping.
		if err != nil || len(page.Data) == 0 && s.world.now().Sub(asked) < pause {
			select {
			case <-s.world.after(pause):
			case <-ctx.Done():
			}
		}
	}
}

func (s *eventStream) ask(ctx context.Context) (page eventPage, err error) {
	query := url.Values{"after": {strconv.FormatInt(s.after, 10)}, "limit": {strconv.Itoa(pageSize)}}
	err = s.client.wait(ctx, held, "/v1/events", query, &page)
	return page, err
}

func (s *eventStream) hand(ctx context.Context, page eventPage, each func(event, json.RawMessage) error) error {
	for _, raw := range page.Data {
		e, err := decodeEvent(raw)
		if err != nil {
			return err
		}
		if s.types.want(e.Type) {
			if err := each(e, raw); err != nil {
				return err
			}
		}
		s.after = e.Number
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

func (s *eventStream) tell(lost bool) {
	if lost == s.lost {
		return
	}
	s.lost = lost
	p := s.world.palette(s.world.Stderr)
	if lost {
		fmt.Fprintln(s.world.Stderr, p.warn("The server does not answer; asking again."))
		return
	}
	fmt.Fprintln(s.world.Stderr, p.dim("The server answers again."))
}

// follow prints events as they come.
func (c *EventsCmd) follow(ctx context.Context, w *World, cl *client) error {
	after, err := beginning(ctx, cl, c.After)
	if err != nil {
		return ended(ctx, err)
	}
	p := w.palette(w.Stdout)
	if !c.JSON {
		fmt.Fprintln(w.Stderr, w.palette(w.Stderr).dim(fmt.Sprintf("Events after number %d. Ctrl-C ends.", after)))
	}
	s := &eventStream{client: cl, world: w, after: after, types: c.typeFlags}
	err = s.run(ctx, func(e event, raw json.RawMessage) error {
		if c.JSON {
			return writeJSON(w.Stdout, raw)
		}
		fmt.Fprintln(w.Stdout, e.line(w, p))
		return nil
	})
	if ctx.Err() != nil {
		return stoppedAfter(s.after)
	}
	return err
}

// beginning is the number after which to begin: what was given, else the last there is.
func beginning(ctx context.Context, cl *client, given *int64) (int64, error) {
	if given != nil {
		return *given, nil
	}
	return cl.lastEvent(ctx)
}

func stoppedAfter(number int64) error {
	return &exitError{code: exitInterrupted, what: fmt.Sprintf("stopped after event %d", number), next: fmt.Sprintf("--after %d goes on from there", number), cause: errInterrupted}
}

// line is an event by itself: columns as wide as what they usually hold.
func (e event) line(w *World, p palette) string {
	var said []string
	at, _ := time.Parse(time.RFC3339, e.At) // a time that is none is left out
	for i, field := range []string{strconv.FormatInt(e.Number, 10), at.Local().Format(time.TimeOnly), clean(e.Type), subject(e)} {
		text := pad(field, []int{6, 8, 22, 12}[i])
		if i == 2 {
			text = p.bold(field) + strings.Repeat(" ", max(0, 22-lipgloss.Width(field)))
		}
		said = append(said, text)
	}
	rest := clean(pairs(e.Data))
	if columns := w.width(w.Stdout); columns > 0 {
		rest = shorten(rest, max(narrowest, columns-6-8-22-12-4*len(gap)))
	}
	return strings.TrimRight(strings.Join(said, gap)+gap+p.dim(rest), " ")
}

// subject is what an event is about.
func subject(e event) string {
	switch {
	case e.ChannelID != 0:
		return fmt.Sprintf("channel %d", e.ChannelID)
	case e.OwnerID != 0:
		return fmt.Sprintf("owner %d", e.OwnerID)
	default:
		return "-"
	}
}
