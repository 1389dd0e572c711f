package api

import (
	"encoding/base64"
	"strconv"

	"patchbay/internal/fault"
)

var errCursor = fault.InvalidField("cursor", "cursor", "must be the next_cursor of an earlier answer")

// pageInput is what every list of rows takes.
type pageInput struct {
	Cursor string `query:"cursor" doc:"The next_cursor of the page before; leave it out for the first page." example:"MTc"`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many rows to answer with at most."`
}

// pageOf reads one page, and one row more, which tells whether another page follows.
func pageOf[R any](in *pageInput, read func(after int64, limit int) ([]R, error), id func(R) int64) (list []R, next *string, err error) {
	after, err := afterCursor(in.Cursor)
	if err != nil {
		return nil, nil, err
	}
	list, err = read(after, in.Limit+1)
	if err != nil || len(list) <= in.Limit {
		return list, nil, err
	}
	list = list[:in.Limit]
	return list, new(cursor(id(list[in.Limit-1]))), nil
}

// cursor is the id of the last row of a page, made opaque: callers pass it back
// and build nothing on it.
func cursor(last int64) string {
	return base64.RawURLEncoding.EncodeToString(strconv.AppendInt(nil, last, 10))
}

// afterCursor is the id that a cursor stands for; 0 for the first page.
func afterCursor(raw string) (int64, error) {
	if raw == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(raw)
	if err != nil {
		return 0, errCursor
	}
	last, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil || last < 1 {
		return 0, errCursor
	}
	return last, nil
}
