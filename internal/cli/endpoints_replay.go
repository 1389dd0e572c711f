package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// EndpointsReplayCmd is `patchbay endpoints replay`.
type EndpointsReplayCmd struct {
	endpointArg
	Since      string `name:"since" xor:"from" placeholder:"TIME" help:"Events since then: 2h or 3d ago, or a time such as 2026-03-01T09:30:00Z."`
	After      int64  `name:"after" xor:"from" placeholder:"N" help:"Events above this number; 0: from the first."`
	Until      int64  `name:"until" placeholder:"N" help:"Events up to this number (default: up to the last there is now)."`
	FailedOnly bool   `name:"failed-only" help:"Only what the endpoint has not taken yet; without --since and --after: of the last 30 days."`
	NoWait     bool   `name:"no-wait" help:"Begin, and do not watch."`
	JSON       bool   `name:"json" help:"Print the replay as the API answers it at the end, on one line."`

	serverFlags
}

// Help is shown by --help.
func (*EndpointsReplayCmd) Help() string {
	return `Sends events to an endpoint again, in order, as deliveries of their own; each has the message id that it had, so that a receiver
which remembers ids takes none twice. Shows how far it is until all are queued and were tried. Ctrl-C ends the watching: the
replay goes on at the server. One replay of an endpoint runs at a time.

What was taken is known for 30 days: --failed-only takes events of before that, which only --since or --after asks for, for never
taken. skipped are events that the endpoint's scheme has nothing to tell of, dropped those whose endpoint was disabled meanwhile.

Examples:

    patchbay endpoints replay 2 --since 2h --failed-only
    patchbay endpoints replay 2 --after 128 --until 512
    patchbay endpoints replay 2 --since 2026-03-01T09:30:00Z --no-wait --json | jq .id
` + exitHelp
}

// Validate is called by the parser.
func (c *EndpointsReplayCmd) Validate() error {
	switch {
	case c.After < 0:
		return errors.New("--after: must be an event's number, or 0")
	case c.Until < 0 || c.Until > 0 && c.Until <= c.After:
		return errors.New("--until: must be an event's number above --after")
	}
	_, err := since(c.Since, time.Now())
	return err
}

// since reads "2h", "3d" or a time; the zero time for nothing.
func since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 10_000 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("--since: must be a time ago such as 2h or 3d, or a time such as 2026-03-01T09:30:00Z")
}

// replay is what the API says of one.
type replay struct {
	ID         int64  `json:"id"`
	EndpointID int64  `json:"endpoint_id"`
	State      string `json:"state"`
	Events     int64  `json:"events"`
	LookedAt   int64  `json:"looked_at"`
	Queued     int64  `json:"queued"`
	Delivered  int64  `json:"delivered"`
	Failed     int64  `json:"failed"`
	Skipped    int64  `json:"skipped"`
	Dropped    int64  `json:"dropped"`
}

// left is how many deliveries have not ended.
func (r replay) left() int64 { return r.Queued - r.Delivered - r.Failed - r.Skipped - r.Dropped }

func (r replay) text() string {
	said := fmt.Sprintf("Replay %d: %d of %d events looked at, %d queued, %d delivered", r.ID, r.LookedAt, r.Events, r.Queued, r.Delivered)
	for _, other := range []struct {
		n    int64
		what string
	}{{r.Failed, "failed"}, {r.Skipped, "skipped"}, {r.Dropped, "dropped"}} {
		if other.n > 0 {
			said += fmt.Sprintf(", %d %s", other.n, other.what)
		}
	}
	return said
}

// Run begins and watches.
func (c *EndpointsReplayCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.post(ctx, c.path()+"/replays", c.body(w), &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	var r replay
	if err := json.Unmarshal(raw, &r); err != nil {
		return fmt.Errorf("replay in the server's answer: %w", err)
	}
	if !c.NoWait {
		if raw, err = c.watch(ctx, w, cl, &r, raw); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(w.Stdout, raw)
	}
	c.tell(w, r)
	return nil
}

func (c *EndpointsReplayCmd) body(w *World) map[string]any {
	body := map[string]any{}
	if at, _ := since(c.Since, w.now()); !at.IsZero() { // Validate has read it
		body["since"] = at.UTC().Format("2006-01-02T15:04:05.000Z")
	}
	for name, n := range map[string]int64{"after": c.After, "until": c.Until} {
		if n > 0 {
			body[name] = n
		}
	}
	if c.FailedOnly {
		body["failed_only"] = true
	}
	return body
}

const (
	replayPause = time.Second
	// stillFor is how many looks at a replay that is queued whole may show no change: what
	// is left waits for its next attempt, which may be hours away.
	stillFor = 10
)

// watch asks how far it is until nothing more happens soon.
func (c *EndpointsReplayCmd) watch(ctx context.Context, w *World, cl *client, r *replay, raw json.RawMessage) (json.RawMessage, error) {
	shown := &progress{world: w}
	defer shown.erase()
	for still, missed := 0, 0; r.State == "running" || r.left() > 0 && still < stillFor; {
		if !c.JSON {
			shown.show(r.text())
		}
		select {
		case <-w.after(replayPause):
		case <-ctx.Done():
		}
		before, answer := *r, json.RawMessage(nil)
		err := cl.get(ctx, fmt.Sprintf("/v1/replays/%d", r.ID), nil, &answer)
		if err == nil {
			err = json.Unmarshal(answer, r)
		}
		switch {
		case ctx.Err() != nil:
			return raw, &exitError{
				code: exitInterrupted, what: fmt.Sprintf("stopped watching replay %d, which goes on at the server", r.ID), cause: errInterrupted,
				next: fmt.Sprintf("`patchbay deliveries list --endpoint %d` shows what came of it", r.EndpointID),
			}
		case err != nil:
			if missed++; missed > patience || !passing(err) {
				return raw, err
			}
		default:
			raw, missed = answer, 0
			if still++; before != *r {
				still = 0
			}
		}
	}
	return raw, nil
}

func (c *EndpointsReplayCmd) tell(w *World, r replay) {
	if c.NoWait {
		fmt.Fprintf(w.Stdout, "Replay %d begun: %s.\n`patchbay deliveries list --endpoint %d` shows what comes of it.\n", r.ID, counted(int(r.Events), "event"), r.EndpointID)
		return
	}
	fmt.Fprintln(w.Stdout, r.text()+".")
	if left := r.left(); left > 0 {
		fmt.Fprintf(w.Stderr, "%d are not delivered yet: `patchbay deliveries list --endpoint %d --state pending` tells why, and when they are tried next.\n", left, r.EndpointID)
	}
	if r.Failed > 0 {
		fmt.Fprintf(w.Stderr, "`patchbay deliveries list --endpoint %d --state failed` shows what failed.\n", r.EndpointID)
	}
	if r.Dropped > 0 {
		fmt.Fprintf(w.Stderr, "The endpoint was disabled meanwhile: `patchbay deliveries list --endpoint %d --state dropped` shows what was not sent.\n", r.EndpointID)
	}
}
