package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// pageSize is the most that the native API answers with at once.
const pageSize = 200

// ChannelsListCmd is `patchbay channels list`.
type ChannelsListCmd struct {
	Owner    string `name:"owner" placeholder:"ID" help:"Only channels of this owner: your own id of the user."`
	Platform string `name:"platform" placeholder:"NAME" help:"Only channels at this platform."`
	Limit    int    `name:"limit" default:"50" placeholder:"N" help:"List at most this many (default: ${default})."`
	All      bool   `name:"all" help:"List all there are."`
	JSON     bool   `name:"json" help:"Print one JSON object: data, and next_cursor where there is more."`

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

// Validate is called by the parser.
func (c *ChannelsListCmd) Validate() error {
	if c.Limit < 1 {
		return fmt.Errorf("--limit: must be at least 1")
	}
	return nil
}

// channelPage is a page of the native API, and what --json prints.
type channelPage struct {
	Data       []json.RawMessage `json:"data"`
	NextCursor *string           `json:"next_cursor"`
}

// Run lists.
func (c *ChannelsListCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	page, err := c.fetch(ctx, cl)
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

// fetch asks for page after page until there are enough.
func (c *ChannelsListCmd) fetch(ctx context.Context, cl *client) (channelPage, error) {
	all := channelPage{Data: []json.RawMessage{}}
	query := url.Values{}
	for name, value := range map[string]string{"owner": c.Owner, "platform": c.Platform} {
		if value != "" {
			query.Set(name, value)
		}
	}
	for {
		want := pageSize
		if !c.All {
			want = min(want, c.Limit-len(all.Data))
		}
		query.Set("limit", strconv.Itoa(want))
		var page channelPage
		if err := cl.get(ctx, "/v1/channels", query, &page); err != nil {
			return all, err
		}
		all.Data, all.NextCursor = append(all.Data, page.Data...), page.NextCursor
		if page.NextCursor == nil || *page.NextCursor == "" || *page.NextCursor == query.Get("cursor") || !c.All && len(all.Data) >= c.Limit {
			return all, nil
		}
		query.Set("cursor", *page.NextCursor)
	}
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

func (c *ChannelsListCmd) print(w *World, page channelPage) error {
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
			{clean(ch.Name), p.bold},
			{ch.handle(), nil},
			{clean(ch.Lifecycle), nil},
			{clean(ch.Health.Status), p.health(ch.Health.Status)},
		}
	}
	head := []string{"ID", "OWNER", "PLATFORM", "KIND", "NAME", "USERNAME", "STATE", "HEALTH"}
	writeTable(w.Stdout, p, w.width(w.Stdout), head, rows)
	if page.NextCursor != nil && *page.NextCursor != "" {
		fmt.Fprintf(w.Stderr, "There are more than these %d: --limit N or --all lists them.\n", len(list))
	}
	return nil
}

func (c *ChannelsListCmd) nothing() string {
	if c.Owner != "" || c.Platform != "" {
		return "No channels match. `patchbay channels list` lists all."
	}
	return "No channels yet. `patchbay connect` makes a link to connect some."
}
