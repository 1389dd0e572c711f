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
	sends   func(f fixture) string // the body; nil: none
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
		{Name: "create a session", Pattern: "POST /v1/sessions", Callers: 1, writes: true, paths: newSession, sends: newSessionBody},
		{Name: "create a session", Pattern: "POST /v1/sessions", Callers: 64, writes: true, paths: newSession, sends: newSessionBody},
		{Name: "lease a token", Pattern: "POST /v1/channels/{id}/token", Callers: 1, writes: true, paths: leases, sends: anyToken},
		{Name: "lease a token", Pattern: "POST /v1/channels/{id}/token", Callers: 64, writes: true, paths: leases, sends: anyToken},
	}
}

// operations are those that this run measures.
func (o options) operations() []operation {
	return slices.DeleteFunc(operations(), func(op operation) bool { return !o.wants(op.Name) })
}

// wants tells whether something of that name is measured.
func (o options) wants(name string) bool {
	return slices.ContainsFunc(strings.Split(o.only, ","), func(part string) bool { return strings.Contains(name, part) })
}

// leases are of tokens that are good: nothing is refreshed. Each writes a line of the
// audit log, which is on the disk before the answer.
func leases(f fixture) []string {
	paths := numbered("/v1/channels/", f.Leased)
	for i := range paths {
		paths[i] += "/token"
	}
	return paths
}

func anyToken(fixture) string { return `{"min_lifetime_s":300}` }

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
	if o.sends == nil {
		return ""
	}
	return o.sends(f)
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
