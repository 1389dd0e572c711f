package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Code is the class of a problem: who can do something about it, and when. It is a
// target of [errors.Is]:
//
//	if errors.Is(err, client.NotFound) { … }
type Code string

// The codes that the server answers with. New ones may come.
const (
	Invalid             Code = "invalid"              // the request is wrong; see Problem.Fields
	Unauthenticated     Code = "unauthenticated"      // the key is none, or no longer one
	Forbidden           Code = "forbidden"            // the key lacks the scope that Detail names
	NotFound            Code = "not_found"            // absent, or not for this key
	Conflict            Code = "conflict"             // the state does not allow it (any more)
	RateLimited         Code = "rate_limited"         // too often; see Problem.RetryAfter
	ReauthRequired      Code = "reauth_required"      // the person has to connect again
	Denied              Code = "access_denied"        // the person said no
	PlatformUnavailable Code = "platform_unavailable" // the platform is down: later
	PlatformRejected    Code = "platform_rejected"    // the platform refuses the server's app: its operator mends it
	Unsupported         Code = "unsupported"          // deliberately not offered
	Internal            Code = "internal"             // the server's fault; RequestID names it in the server's log
)

// Error makes a code a target of errors.Is.
func (c Code) Error() string { return string(c) }

// Problem is a refusal of the server (RFC 9457). Program against Code and Reason, which
// are stable; Detail is for people. It holds nothing of what was sent.
type Problem struct {
	Type      string         `json:"type"`       // /problems/ and the code
	Title     string         `json:"title"`      // the class in words
	Status    int            `json:"status"`     // of HTTP
	Detail    string         `json:"detail"`     // what happened
	Code      Code           `json:"code"`       // empty when it was not Patchbay that answered
	Reason    string         `json:"reason"`     // stable slug of the exact cause, such as "scope_missing"
	Fields    []ProblemField `json:"errors"`     // the wrong inputs, where there are such
	RequestID string         `json:"request_id"` // names the request in the server's log

	RetryAfter time.Duration `json:"-"` // for how long to wait before asking again; zero: not said
}

// ProblemField is one wrong input.
type ProblemField struct {
	Field   string `json:"field"`   // a member, path part or query parameter, such as "owner.external_id"
	Reason  string `json:"reason"`  // stable slug: required, type, range, length, enum, url, unknown, …
	Message string `json:"message"` // what it should have been
}

func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "patchbay: %s", p.Detail)
	if len(p.Fields) > 1 { // a single one stands in Detail
		for _, f := range p.Fields {
			fmt.Fprintf(&b, " %s %s;", f.Field, f.Message)
		}
	}
	if p.Reason != "" {
		fmt.Fprintf(&b, " (%s)", p.Reason)
	}
	if p.RequestID != "" {
		fmt.Fprintf(&b, " [request %s]", p.RequestID)
	}
	return b.String()
}

// Is makes errors.Is(err, client.NotFound) work.
func (p *Problem) Is(target error) bool {
	code, ok := target.(Code)
	return ok && p.Code == code
}

// AsProblem is the refusal inside an error, or nil.
func AsProblem(err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	return nil
}

// refusal reads an answer that is no success.
func refusal(res *http.Response, body []byte) *Problem {
	p := &Problem{}
	if json.Unmarshal(body, p) != nil || p.Code == "" {
		p = &Problem{Detail: "the server answered " + res.Status + ", which is no answer of Patchbay's API", RequestID: res.Header.Get("X-Request-Id")}
	}
	p.Status = res.StatusCode
	if seconds, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}
