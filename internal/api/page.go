package api

import (
	"encoding/base64"
	"strconv"

	"patchbay/internal/fault"
)

var errCursor = fault.InvalidField("cursor", "cursor", "must be the next_cursor of an earlier answer")

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
