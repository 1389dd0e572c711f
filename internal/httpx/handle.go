package httpx

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"patchbay/internal/fault"
)

// HandlerFunc is a handler that returns what went wrong instead of writing it.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// ErrorWriter renders an error in a room's own format.
type ErrorWriter func(w http.ResponseWriter, r *http.Request, err error)

// Handle finishes the job of a HandlerFunc: it notes an error for the request's
// log line, once, here at the edge, and lets the room render it.
func Handle(write ErrorWriter, h HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			NoteError(r, err)
			write(w, r, err)
		}
	})
}

// NoteError puts an error into the request's log line, cause included.
func NoteError(r *http.Request, err error) {
	if rec := recordOf(r.Context()); rec != nil {
		rec.err = err
	}
}

// level is error for what is ours, info for what the caller or a platform did, which
// includes hanging up.
func level(err error) slog.Level {
	if errors.Is(err, context.Canceled) {
		return slog.LevelInfo
	}
	if err != nil && errors.Is(fault.From(err), fault.Internal) {
		return slog.LevelError
	}
	return slog.LevelInfo
}
