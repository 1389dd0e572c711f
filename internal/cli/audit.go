package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// AuditCmd is `patchbay audit`.
type AuditCmd struct {
	List   AuditListCmd   `cmd:"" help:"List who did what, when and from where."`
	Verify AuditVerifyCmd `cmd:"" help:"Prove that nobody changed the log."`
}

// Help is shown by --help.
func (*AuditCmd) Help() string {
	return `Examples:

    patchbay audit list
    patchbay audit list --all --json | jq -r '.data[] | select(.channel_id == 5)'
    patchbay audit verify
`
}

// AuditListCmd is `patchbay audit list`.
type AuditListCmd struct {
	After int64 `name:"after" placeholder:"N" help:"Only entries above this number: the next of an earlier --json."`
	Limit int   `name:"limit" default:"50" placeholder:"N" help:"List at most this many (default: ${default})."`
	All   bool  `name:"all" help:"List all there are."`
	JSON  bool  `name:"json" help:"Print one JSON object: data, and next to go on after."`

	serverFlags
}

// Help is shown by --help.
func (*AuditListCmd) Help() string {
	return `Lists the workspace's audit log, the oldest first: what was done, by which key, by a person on the connect pages, by the operator or
by the server itself, and from which address. It needs a key with the scope audit:read that is bound to no owner.

Examples:

    patchbay audit list
    patchbay audit list --after 128 --limit 500
    patchbay audit list --all --json | jq -r '.data[] | select(.action == "token.leased") | .channel_id'
` + exitHelp
}

// Validate is called by the parser.
func (c *AuditListCmd) Validate() error {
	if c.Limit < 1 {
		return fmt.Errorf("--limit: must be at least 1")
	}
	return nil
}

// auditPage is a stretch of the log, as the API answers it.
type auditPage struct {
	Data []json.RawMessage `json:"data"`
	Next int64             `json:"next"`
}

// Run lists.
func (c *AuditListCmd) Run(ctx context.Context, w *World) error {
	cl, err := c.client(w)
	if err != nil {
		return err
	}
	page, more, err := c.fetch(ctx, cl)
	switch {
	case err != nil:
		return ended(ctx, err)
	case c.JSON:
		return writeJSON(w.Stdout, page)
	case len(page.Data) == 0:
		fmt.Fprintln(w.Stderr, "Nothing there. Whatever changes something is logged, and each lease of a token.")
		return nil
	}
	if err := printAudit(w, page.Data); err != nil {
		return err
	}
	if more {
		fmt.Fprintf(w.Stderr, "There may be more: --after %d goes on, --all lists all.\n", page.Next)
	}
	return nil
}

// fetch asks for page after page until there are enough; more tells that the end was not seen.
func (c *AuditListCmd) fetch(ctx context.Context, cl *client) (all auditPage, more bool, err error) {
	all = auditPage{Data: []json.RawMessage{}, Next: c.After}
	for c.All || len(all.Data) < c.Limit {
		want := pageSize
		if !c.All {
			want = min(want, c.Limit-len(all.Data))
		}
		var page auditPage
		query := url.Values{"after": {strconv.FormatInt(all.Next, 10)}, "limit": {strconv.Itoa(want)}}
		if err := cl.get(ctx, "/v1/audit", query, &page); err != nil {
			return all, false, err
		}
		all.Data = append(all.Data, page.Data...)
		if len(page.Data) < want || page.Next <= all.Next {
			return all, false, nil
		}
		all.Next = page.Next
	}
	return all, true, nil
}

func printAudit(w *World, raw []json.RawMessage) error {
	p := w.palette(w.Stdout)
	var rows [][]cell
	for _, r := range raw {
		var e struct {
			Number    int64          `json:"number"`
			At        time.Time      `json:"at"`
			Actor     string         `json:"actor"`
			KeyID     int64          `json:"key_id"`
			From      string         `json:"from"`
			Action    string         `json:"action"`
			OwnerID   int64          `json:"owner_id"`
			ChannelID int64          `json:"channel_id"`
			Data      map[string]any `json:"data"`
		}
		if err := json.Unmarshal(r, &e); err != nil {
			return fmt.Errorf("audit entry in the server's answer: %w", err)
		}
		rows = append(rows, []cell{
			{strconv.FormatInt(e.Number, 10), nil},
			{w.day(e.At), nil},
			{clean(strings.TrimSpace(e.Actor + " " + idFilter(e.KeyID))), nil},
			{clean(cmp.Or(e.From, "-")), nil},
			{clean(e.Action), p.bold},
			{idOrNone(e.ChannelID), nil},
			{idOrNone(e.OwnerID), nil},
			{clean(pairs(e.Data)), p.dim},
		})
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"NUMBER", "TIME", "WHO", "FROM", "ACTION", "CHANNEL", "OWNER", "DETAILS"}, rows)
	return nil
}

// pairs is an object in one line.
func pairs(data map[string]any) string {
	var said []string
	for _, name := range slices.Sorted(maps.Keys(data)) {
		said = append(said, fmt.Sprintf("%s=%v", name, data[name]))
	}
	return strings.Join(said, " ")
}

func idOrNone(id int64) string {
	if id == 0 {
		return "-"
	}
	return strconv.FormatInt(id, 10)
}
