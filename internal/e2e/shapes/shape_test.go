package shapes_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// shape is one way to answer a request.
type shape struct {
	name   string
	status int                      // zero: 200
	kind   string                   // Content-Type; empty: application/json; "-": none
	header []string                 // further ones: "Name: value"
	body   func(answer) string      // nil: the answer that all is well, as the platform gives it
	wire   func(net.Conn, exchange) // how it travels, where not as it should
	first  *shape                   // how the first request is answered; nil: as all are

	acted did              // what a refusal of this shape tells about the refresh token
	waits [2]time.Duration // bounds of how long we are asked to wait
	keeps bool             // where this is fine: the old refresh token stays
	of    string           // the platforms that say it, separated by blanks; empty: any may
	alone bool             // only without the program before it: its proxy cannot answer so
}

// did is whether the platform may have acted on what was sent.
type did int

const (
	nothing  did = iota // it says that it did not
	perhaps             // it may have: a rotating refresh token may be spent
	whoKnows            // depends on how far the request came
)

// exchange is one request being answered.
type exchange struct {
	answer answer
	plain  []byte // the answer as it should travel
	done   <-chan struct{}
}

// all is every shape there is.
func all() []shape {
	return slices.Concat(dress(), lifetimes(), tokens(), scopes(), hollow(), inside(), words(), statuses(), rates(), redirects(), wires(), meta(), vendors())
}

// canary is in every answer, and must be in no error.
const canary = "canary"

// bytes is the answer as it should travel.
func (s shape) bytes(a answer) []byte {
	status := s.status
	if status == 0 {
		status = http.StatusOK
	}
	body := a.text(nil)
	if s.body != nil {
		body = s.body(a)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "HTTP/1.1 %d %s reason\r\nConnection: close\r\nX-Request-Id: %s-request\r\n", status, canary, canary)
	switch s.kind {
	case "-":
	case "":
		out.WriteString("Content-Type: application/json\r\n")
	default:
		out.WriteString("Content-Type: " + s.kind + "\r\n")
	}
	for _, line := range s.header {
		out.WriteString(a.fill(line) + "\r\n")
	}
	if status != http.StatusNoContent && status != http.StatusNotModified {
		fmt.Fprintf(&out, "Content-Length: %d\r\n", len(body))
	}
	out.WriteString("\r\n" + body)
	return []byte(out.String())
}

// send answers a request that was read whole.
func (s shape) send(c net.Conn, a answer, done <-chan struct{}) {
	defer c.Close()
	plain := s.bytes(a)
	if s.wire != nil {
		s.wire(c, exchange{a, plain, done})
		return
	}
	_, _ = c.Write(plain)
}

// text is a body that is the same everywhere.
func text(body string) func(answer) string { return func(answer) string { return body } }
