package app

import (
	"cmp"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"

	"patchbay/internal/httpx"
)

// Limits bound what one client, and all of them together, can take of the server. What
// is zero is as DefaultLimits has it.
type Limits struct {
	Header      time.Duration // to send a request's header
	Read        time.Duration // to send the whole request
	Write       time.Duration // to answer, from the end of the header on
	Idle        time.Duration // a connection may lie between two requests
	HeaderBytes int           // of a request's header
	Connections int           // open at once on a listener; further ones wait to be accepted
}

// DefaultLimits are those of production. A session is waited for (a minute) and a
// callback works (six calls to a platform) within Write.
func DefaultLimits() Limits {
	return Limits{
		Header: 10 * time.Second, Read: 30 * time.Second, Write: 3 * time.Minute, Idle: 2 * time.Minute,
		HeaderBytes: 64 << 10, Connections: 4096,
	}
}

func (l Limits) filled() Limits {
	d := DefaultLimits()
	return Limits{
		Header: cmp.Or(l.Header, d.Header), Read: cmp.Or(l.Read, d.Read), Write: cmp.Or(l.Write, d.Write), Idle: cmp.Or(l.Idle, d.Idle),
		HeaderBytes: cmp.Or(l.HeaderBytes, d.HeaderBytes), Connections: cmp.Or(l.Connections, d.Connections),
	}
}

func (l Limits) server(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: l.Header,
		ReadTimeout:       l.Read,
		WriteTimeout:      l.Write,
		IdleTimeout:       l.Idle,
		MaxHeaderBytes:    l.HeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

func (l Limits) listener(inner net.Listener) net.Listener {
	return netutil.LimitListener(inner, l.Connections)
}

// boundBody is behind whatever bound a room sets itself: nobody reads more than this.
func boundBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, httpx.MaxBody)
		next.ServeHTTP(w, r)
	})
}
