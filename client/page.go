package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

// Page is one page of a list, by ascending id.
type Page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor"` // for ListOptions.Cursor; empty on the last page
}

// ListOptions say which page of a list to read.
type ListOptions struct {
	Cursor string // the NextCursor of the page before; empty: the first page
	Limit  int    // how many rows at most, 1 to 200; 0: 50
}

func (o ListOptions) query() url.Values {
	q := url.Values{}
	put(q, "cursor", o.Cursor)
	if o.Limit != 0 {
		q.Set("limit", strconv.Itoa(o.Limit))
	}
	return q
}

func put(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

func list[T any](ctx context.Context, w *wire, path string, query url.Values) (Page[T], error) {
	return do[Page[T]](ctx, w, call{method: http.MethodGet, path: path, query: query})
}

// every yields each row of a list, asking for a page at a time. It ends after an error.
func every[T any](ctx context.Context, w *wire, path string, query url.Values) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		q := url.Values{}
		for name, values := range query {
			q[name] = values
		}
		for {
			page, err := list[T](ctx, w, path, q)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range page.Data {
				if !yield(row, nil) {
					return
				}
			}
			if page.NextCursor == "" {
				return
			}
			q.Set("cursor", page.NextCursor)
		}
	}
}
