package httpx

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"patchbay/internal/fault"
)

// record is what one request gathers for its log line.
type record struct {
	id     string
	err    error
	status int
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	rec, _ := ctx.Value(recordKey{}).(*record)
	return rec
}

// RequestID is the id of the request, as its X-Request-Id header and log line
// name it; empty outside of one.
func RequestID(ctx context.Context) string {
	if rec := recordOf(ctx); rec != nil {
		return rec.id
	}
	return ""
}

// Log gives every request an id and one structured line. The line names the route
// pattern, never the raw path or query: they hold tokens. A panic becomes an
// internal error.
//
// observe, where it is not nil, is told each request that was served.
func Log(log *slog.Logger, next http.Handler, observe ...func(route string, status int, took time.Duration)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &record{id: newRequestID()}
		began := time.Now()
		w.Header().Set("X-Request-Id", rec.id)
		sw := &statusWriter{ResponseWriter: w, rec: rec}
		r = r.WithContext(context.WithValue(r.Context(), recordKey{}, rec))
		defer func() {
			p := recover()
			err, _ := p.(error)
			aborted := errors.Is(err, http.ErrAbortHandler)
			cut := p != nil && rec.status != 0 // what was begun must not look whole
			if p != nil && !aborted {
				rec.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
				if !cut {
					http.Error(sw, fault.From(rec.err).Message, http.StatusInternalServerError)
				}
			}
			took := time.Since(began)
			writeLine(log, r, rec, took)
			for _, f := range observe {
				f(routeName(r), rec.status, took)
			}
			if cut || aborted {
				panic(http.ErrAbortHandler)
			}
		}()
		next.ServeHTTP(sw, r)
	})
}

func writeLine(log *slog.Logger, r *http.Request, rec *record, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("request_id", rec.id), slog.String("route", routeName(r)), slog.Int("status", rec.status),
		slog.Duration("took", took),
	}
	if rec.err != nil {
		attrs = append(attrs, slog.String("reason", fault.ReasonOf(rec.err)), slog.String("cause", rec.err.Error()))
	}
	log.LogAttrs(r.Context(), level(rec.err), "request", attrs...)
}

func routeName(r *http.Request) string {
	if r.Pattern == "" {
		return "none"
	}
	if strings.Contains(r.Pattern, " ") {
		return r.Pattern
	}
	return methodName(r.Method) + " " + r.Pattern
}

// methodName is the method, if it is one that HTTP defines: a client can send any word.
func methodName(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	default:
		return "other"
	}
}

func newRequestID() string {
	var b [10]byte
	_, _ = rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

// statusWriter remembers the status for the log line.
type statusWriter struct {
	http.ResponseWriter
	rec *record
}

func (w *statusWriter) WriteHeader(status int) {
	if w.rec.status == 0 {
		w.rec.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.rec.status == 0 {
		w.rec.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the real writer.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
