package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ChannelsListCmd is `patchbay channels list`.
type ChannelsListCmd struct {
	Owner    string `name:"owner" placeholder:"ID" help:"Only channels of this owner: your own id of the user."`
	Platform string `name:"platform" placeholder:"NAME" help:"Only channels at this platform."`

	listFlags
	serverFlags
}

// Help is shown by --help.
func (*ChannelsListCmd) Help() string {
	return `Lists channels by ascending id. Those that were disconnected are left out.

Examples:

    patchbay channels list
    patchbay channels list --owner user_42 --platform facebook
    patchbay channels list --all --json | jq -r '.data[].name'
` + exitHelp
}

// Run lists.
func (c *ChannelsListCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	page, err := c.fetch(ctx, cl, "/v1/channels", map[string]string{"owner": c.Owner, "platform": c.Platform})
	if err != nil {
		return ended(ctx, err)
	}
	if len(page.Data) == 0 {
		if err := c.checkPlatform(ctx, cl); err != nil {
			return err
		}
	}
	if c.JSON {
		return writeJSON(w.Stdout, page)
	}
	return c.print(w, page)
}

// checkPlatform refuses a platform that does not exist, where it explains why there are
// no channels. A server that does not tell its platforms to this key leaves it open.
func (c *ChannelsListCmd) checkPlatform(ctx context.Context, cl *client) error {
	var list struct {
		Data []struct {
			ID string `json:"id"`
		} `json:"data"`
	}
	if c.Platform == "" || cl.get(ctx, "/v1/platforms", nil, &list) != nil {
		return nil
	}
	var ids []string
	for _, p := range list.Data {
		ids = append(ids, clean(p.ID))
	}
	if len(ids) == 0 || slices.Contains(ids, c.Platform) {
		return nil
	}
	return &exitError{code: exitUsage, what: "there is no platform " + c.Platform, next: "there are " + strings.Join(ids, ", ")}
}

func (c *ChannelsListCmd) print(w *World, page listPage) error {
	list, err := decodeChannels(page.Data)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		fmt.Fprintln(w.Stderr, c.nothing())
		return nil
	}
	p := w.palette(w.Stdout)
	rows := make([][]cell, len(list))
	for i, ch := range list {
		rows[i] = []cell{
			{strconv.FormatInt(ch.ID, 10), nil},
			{clean(ch.Owner.ExternalID), nil},
			{clean(ch.Platform), nil},
			{clean(ch.Kind), nil},
			{clean(cmp.Or(ch.Label, ch.Name)), p.bold},
			{ch.handle(), nil},
			{clean(ch.Lifecycle), nil},
			{clean(ch.Health.Status), p.health(ch.Health.Status)},
		}
	}
	head := []string{"ID", "OWNER", "PLATFORM", "KIND", "NAME", "USERNAME", "STATE", "HEALTH"}
	writeTable(w.Stdout, p, w.width(w.Stdout), head, rows)
	page.tellMore(w)
	return nil
}

func (c *ChannelsListCmd) nothing() string {
	if c.Owner != "" || c.Platform != "" {
		return "No channels match. `patchbay channels list` lists all."
	}
	return "No channels yet. `patchbay connect` makes a link to connect some."
}
