package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// pageSize is the most that the native API answers with at once.
const pageSize = 200

// listFlags are those of the commands that list what the API pages with cursors.
type listFlags struct {
	Limit int  `name:"limit" default:"50" placeholder:"N" help:"List at most this many (default: ${default})."`
	All   bool `name:"all" help:"List all there are."`
	JSON  bool `name:"json" help:"Print one JSON object: data, and next_cursor where there is more."`
}

// Validate is called by the parser.
func (f *listFlags) Validate() error {
	if f.Limit < 1 {
		return errors.New("--limit: must be at least 1")
	}
	return nil
}

// listPage is a page of the native API, and what --json prints.
type listPage struct {
	Data       []json.RawMessage `json:"data"`
	NextCursor *string           `json:"next_cursor"`
}

func (p listPage) more() bool { return p.NextCursor != nil && *p.NextCursor != "" }

// fetch asks for page after page until there are enough. Empty members of the query are
// left out.
func (f *listFlags) fetch(ctx context.Context, cl *client, path string, filter map[string]string) (listPage, error) {
	all := listPage{Data: []json.RawMessage{}}
	query := url.Values{}
	for name, value := range filter {
		if value != "" {
			query.Set(name, value)
		}
	}
	for {
		want := pageSize
		if !f.All {
			want = min(want, f.Limit-len(all.Data))
		}
		query.Set("limit", strconv.Itoa(want))
		var page listPage
		if err := cl.get(ctx, path, query, &page); err != nil {
			return all, err
		}
		all.Data, all.NextCursor = append(all.Data, page.Data...), page.NextCursor
		if !page.more() || *page.NextCursor == query.Get("cursor") || !f.All && len(all.Data) >= f.Limit {
			return all, nil
		}
		query.Set("cursor", *page.NextCursor)
	}
}

// tellMore says on standard error that a list goes on.
func (p listPage) tellMore(w *World) {
	if p.more() {
		fmt.Fprintf(w.Stderr, "There are more than these %d: --limit N or --all lists them.\n", len(p.Data))
	}
}

// decodeAll reads what a list holds; noun names it when the server's answer is broken.
func decodeAll[T any](raw []json.RawMessage, noun string) ([]T, error) {
	list := make([]T, len(raw))
	for i, r := range raw {
		if err := json.Unmarshal(r, &list[i]); err != nil {
			return nil, fmt.Errorf("%s in the server's answer: %w", noun, err)
		}
	}
	return list, nil
}

// idFilter is an id as a query has it; 0 does not narrow.
func idFilter(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}
