package main

import (
	"fmt"
	"slices"
	"strings"
)

// operation is one line of the report: what many callers ask at once, over and over.
type operation struct {
	Name    string
	Pattern string // the route, at the product and at the yardsticks
	Callers int
	writes  bool
	// paths are asked in turn, so that no single row is all that is ever touched.
	paths func(f fixture) []string
}

func operations() []operation {
	return []operation{
		{Name: "poll a session", Pattern: "GET /v1/sessions/{id}", Callers: 16, paths: func(f fixture) []string { return numbered("/v1/sessions/", f.Sessions) }},
		{Name: "list 50 of an owner's channels", Pattern: "GET /v1/channels", Callers: 16, paths: func(f fixture) []string {
			return []string{fmt.Sprintf("/v1/channels?owner=%s&limit=%d", f.Owner, perOwner)}
		}},
		{Name: "read one channel", Pattern: "GET /v1/channels/{id}", Callers: 16, paths: func(f fixture) []string { return numbered("/v1/channels/", f.Channels) }},
		{Name: "create a session", Pattern: "POST /v1/sessions", Callers: 1, writes: true, paths: newSession},
		{Name: "create a session", Pattern: "POST /v1/sessions", Callers: 64, writes: true, paths: newSession},
	}
}

// operations are those that this run measures.
func (o options) operations() []operation {
	return slices.DeleteFunc(operations(), func(op operation) bool { return !strings.Contains(op.Name, o.only) })
}

func newSession(fixture) []string { return []string{"/v1/sessions"} }

func numbered(prefix string, ids []int64) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = fmt.Sprint(prefix, id)
	}
	return out
}

func (o operation) method() string { return strings.Fields(o.Pattern)[0] }

// newSessionBody asks for the measured owner's link, as an application would.
func newSessionBody(f fixture) string {
	return fmt.Sprintf(`{"owner":{"external_id":%q},"platforms":["facebook","x"],"redirect_url":"https://app.example/connected"}`, f.Owner)
}

// body is what the operation sends; empty where it sends nothing.
func (o operation) body(f fixture) string {
	if !o.writes {
		return ""
	}
	return newSessionBody(f)
}

// requests are the operation's requests as bytes on the wire, the same for product
// and yardsticks.
func (o operation) requests(f fixture, addr string) [][]byte {
	var out [][]byte
	for _, path := range o.paths(f) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: application/json\r\n", o.method(), path, addr, f.Key)
		if body := o.body(f); body != "" {
			fmt.Fprintf(&b, "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		} else {
			b.WriteString("\r\n")
		}
		out = append(out, []byte(b.String()))
	}
	return out
}
