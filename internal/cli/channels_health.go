package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// ChannelsHealthCmd is `patchbay channels health`.
type ChannelsHealthCmd struct {
	channelArg
	JSON bool `name:"json" help:"Print the health as the API answers it, on one line."`

	serverFlags
}

// channelArg is the channel that a command is about.
type channelArg struct {
	ID int64 `arg:"" name:"id" help:"The channel's id, as list shows it."`
}

// Help is shown by --help.
func (*ChannelsHealthCmd) Help() string {
	return `Tells what is known: why the health is as it is, who must act and what they must do, which permissions are missing, when
the platform last showed that the channel works, and when token and consent end. It asks no platform; check does.

Examples:

    patchbay channels health 5
    patchbay channels health 5 --json | jq -r .act
` + exitHelp
}

// Run reads and shows.
func (c *ChannelsHealthCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := cl.get(ctx, fmt.Sprintf("/v1/channels/%d/health", c.ID), nil, &raw); err != nil {
		return ended(ctx, c.missing(err))
	}
	_, err = showHealth(w, raw, c.JSON)
	return err
}

// healthReport is what the native API says of a channel's health.
type healthReport struct {
	ChannelID      int64     `json:"channel_id"`
	Health         string    `json:"health"`
	Reason         string    `json:"reason"`
	Sentence       string    `json:"sentence"`
	Act            string    `json:"act"`
	Todo           string    `json:"todo"`
	ScopesWanted   []string  `json:"scopes_wanted"`
	ScopesGranted  *[]string `json:"scopes_granted"` // nil: not told
	ProvenAt       time.Time `json:"proven_at"`
	TokenExpiresAt time.Time `json:"token_expires_at"`
	EndsAt         time.Time `json:"ends_at"`
	Lifecycle      string    `json:"lifecycle"`
	CheckedNow     *bool     `json:"checked_now"` // of a check only
}

// showHealth prints an answer: as it came, or for a person.
func showHealth(w *World, raw json.RawMessage, asJSON bool) (healthReport, error) {
	var r healthReport
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("health in the server's answer: %w", err)
	}
	if asJSON {
		return r, writeJSON(w.Stdout, raw)
	}
	r.print(w)
	return r, nil
}

func (r healthReport) print(w *World) {
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, "%s %s\n\n", p.dim(fmt.Sprintf("Channel %d", r.ChannelID)), p.health(r.Health)(clean(joined(r.Health, r.Reason))))
	line := func(label, value string) {
		if value = clean(value); value != "" {
			fmt.Fprintf(w.Stdout, "  %s%s\n", p.dim(pad(label, 14)), value)
		}
	}
	line("why", r.Sentence)
	line("who acts", r.who())
	line("to do", cmp.Or(r.Todo, "nothing"))
	line("last proven", cmp.Or(w.told(r.ProvenAt), "never yet"))
	if r.CheckedNow != nil && !*r.CheckedNow {
		line("checked", "not now: the platform could not be asked, or was asked a moment ago")
	}
	line("token ends", cmp.Or(w.told(r.TokenExpiresAt), "not by itself"))
	line("consent ends", cmp.Or(w.told(r.EndsAt), "not known to"))
	line("state", r.Lifecycle)
	r.printScopes(w, p)
}

// printScopes compares the permissions that are asked for with those that were given.
func (r healthReport) printScopes(w *World, p palette) {
	if len(r.ScopesWanted) == 0 {
		return
	}
	fmt.Fprintln(w.Stdout)
	rows := make([][]cell, len(r.ScopesWanted))
	for i, scope := range r.ScopesWanted {
		granted := cell{"yes", p.good}
		switch {
		case r.ScopesGranted == nil:
			granted = cell{"not told", p.dim}
		case !slices.Contains(*r.ScopesGranted, scope):
			granted = cell{"missing", p.warn}
		}
		rows[i] = []cell{{clean(scope), nil}, granted}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"PERMISSION", "GRANTED"}, rows)
}

// acts are those who may have to act, in words.
var acts = map[string]string{
	"nobody":             "nobody has to",
	"person":             "the person who connected the account",
	"page_administrator": "somebody who administers it at the platform",
	"operator":           "the operator of the server",
	"platform":           "the platform: it passes by itself",
}

func (r healthReport) who() string { return cmp.Or(acts[r.Act], r.Act) }

// needs tells whether the channel does not work by itself, or will not for long.
func (r healthReport) needs() bool { return r.Act != "nobody" }
