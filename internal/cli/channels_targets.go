package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
)

// ChannelsTargetsCmd is `patchbay channels targets`.
type ChannelsTargetsCmd struct {
	channelArg
	JSON bool `name:"json" help:"Print the answer of the API on one line."`

	serverFlags
}

// Help is shown by --help.
func (*ChannelsTargetsCmd) Help() string {
	return `Lists what the consent behind a channel reaches: the pages, profiles or organizations that it could stand for. The one that it stands
for is marked; retarget chooses another.

Examples:

    patchbay channels targets 5
    patchbay channels targets 5 --json | jq '.data[] | select(.blocked == null) | .id'
` + exitHelp
}

// target is a thing that a consent reaches, as the API tells it.
type target struct {
	ID         int64  `json:"id"`
	Kind       string `json:"kind"`
	ExternalID string `json:"external_id"`
	Name       string `json:"name"`
	Username   string `json:"username"`
	Blocked    string `json:"blocked"`
	Current    bool   `json:"current"`
}

// Run lists.
func (c *ChannelsTargetsCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	var page listPage
	if err := cl.get(ctx, fmt.Sprintf("/v1/channels/%d/targets", c.ID), nil, &page); err != nil {
		return ended(ctx, c.missing(err))
	}
	if c.JSON {
		return writeJSON(w.Stdout, struct {
			Data []json.RawMessage `json:"data"`
		}{page.Data})
	}
	list, err := decodeAll[target](page.Data, "target")
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintf(w.Stderr, "Nothing: the channel has no consent. `patchbay channels reconnect %d` makes a link for a new one.\n", c.ID)
		return nil
	}
	printTargets(w, list)
	if slices.ContainsFunc(list, func(t target) bool { return !t.Current && t.Blocked == "" }) {
		fmt.Fprintf(w.Stderr, "`patchbay channels retarget %d ID` chooses another. ", c.ID)
	}
	fmt.Fprintf(w.Stderr, "What is missing here was not given: `patchbay channels reconnect %d` asks the person again.\n", c.ID)
	return nil
}

func printTargets(w *World, list []target) {
	p := w.palette(w.Stdout)
	rows := make([][]cell, len(list))
	for i, t := range list {
		state := cell{"can be chosen", nil}
		switch {
		case t.Current:
			state = cell{"current", p.good}
		case t.Blocked != "":
			state = cell{clean(t.Blocked), p.warn}
		}
		rows[i] = []cell{
			{strconv.FormatInt(t.ID, 10), nil},
			{clean(t.Kind), nil},
			{clean(t.Name), p.bold},
			{channel{Username: t.Username}.handle(), nil},
			{clean(t.ExternalID), nil},
			state,
		}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"ID", "KIND", "NAME", "USERNAME", "PLATFORM ID", "STATE"}, rows)
}

// ChannelsRetargetCmd is `patchbay channels retarget`.
type ChannelsRetargetCmd struct {
	channelArg
	Target int64 `arg:"" name:"target" help:"The target's id, as targets shows it."`
	changedFlags
}

// Help is shown by --help.
func (*ChannelsRetargetCmd) Help() string {
	return `Lets a channel stand for another thing that its consent reaches, such as another page of the same person. The channel's id and the
consent stay; what it is at the platform changes, so look before you post.

Examples:

    patchbay channels targets 5            # what there is
    patchbay channels retarget 5 31
` + exitHelp
}

// Run chooses.
func (c *ChannelsRetargetCmd) Run(ctx context.Context, w *World) error {
	ch, err := c.change(ctx, w, c.channelArg, "target", map[string]int64{"target_id": c.Target})
	if exitCode(err) == exitUsage {
		return &exitError{code: exitUsage, what: sentence(err), next: fmt.Sprintf("`patchbay channels targets %d` shows what can be chosen", c.ID), cause: err}
	}
	if err != nil || c.JSON {
		return err
	}
	fmt.Fprintf(w.Stdout, "%s, is what the channel stands for now. Its health is %s.\n", w.named(w.Stdout, ch), w.shownHealth(ch))
	return nil
}
