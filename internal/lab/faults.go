package lab

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxDelay bounds how long a fault may hold an answer back, and maxFaults how many may wait.
const (
	maxDelay  = 10 * time.Minute
	maxFaults = 1000
)

// FaultKind is what goes wrong.
type FaultKind string

// The platform acts first where the kind says so, or where Fault.Acts does.
const (
	FaultDelay       FaultKind = "delay"        // the answer is late; acts after the delay, with Acts before it
	FaultResetBefore FaultKind = "reset_before" // the connection is reset, and nothing was done
	FaultResetAfter  FaultKind = "reset_after"  // acts, then the connection is reset
	FaultStatus      FaultKind = "status"       // a status, by default 500
	FaultHTML        FaultKind = "html"         // a page in the place of JSON, by default with 502
	FaultTruncated   FaultKind = "truncated"    // acts, then half of the answer and the connection ends
	FaultError200    FaultKind = "error_200"    // an error with status 200
	FaultReply       FaultKind = "reply"        // exactly what Fault says, by default an empty 200
)

// Fault is what befalls the next calls of a platform. Empty matchers match all; Path is
// the platform's own ("/2/oauth2/token"), in which one * stands for anything.
type Fault struct {
	Platform  string `json:"platform,omitempty"`
	Host      string `json:"host,omitempty"`
	Method    string `json:"method,omitempty"`
	Path      string `json:"path,omitempty"`
	GrantType string `json:"grant_type,omitempty"`

	Kind        FaultKind         `json:"kind"`
	N           int               `json:"n"`                 // calls still to meet it; 0 when posted: one
	Delay       float64           `json:"delay_s,omitempty"` // real seconds, with any kind
	Status      int               `json:"status,omitempty"`
	RetryAfter  string            `json:"retry_after,omitempty"` // the header, as sent
	Headers     map[string]string `json:"headers,omitempty"`
	Body        string            `json:"body,omitempty"`
	ContentType string            `json:"content_type,omitempty"` // by default what Body looks like
	Acts        bool              `json:"acts,omitempty"`
}

// AddFault makes the fault befall the next f.N calls that match it. Where several match,
// the one that was added first does. It errors for a kind or figure that cannot be.
func (l *Lab) AddFault(f Fault) error {
	f.N = max(f.N, 1)
	if err := f.check(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.faults) >= maxFaults {
		return errors.New("the Lab holds as many faults as it can: DELETE /lab/faults")
	}
	l.faults = append(l.faults, &f)
	return nil
}

func (f Fault) check() error {
	kinds := []FaultKind{FaultDelay, FaultResetBefore, FaultResetAfter, FaultStatus, FaultHTML, FaultTruncated, FaultError200, FaultReply}
	switch {
	case !slices.Contains(kinds, f.Kind):
		return fmt.Errorf("kind is one of %v", kinds)
	case f.Delay < 0 || f.Delay > maxDelay.Seconds():
		return errors.New("delay_s is between 0 and 600")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status is between 200 and 599")
	case strings.Count(f.Path, "*") > 1:
		return errors.New("path has one * at most")
	}
	return nil
}

// Faults lists what is left of the faults, in their order.
func (l *Lab) Faults() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	left := []Fault{}
	for _, f := range l.faults {
		left = append(left, *f)
	}
	return left
}

// ClearFaults takes all faults back.
func (l *Lab) ClearFaults() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = nil
}

func (l *Lab) postFault(r *http.Request) (any, error) {
	var f Fault
	if err := readJSON(r, &f); err != nil {
		return nil, err
	}
	if f.N < 0 {
		return nil, errors.New("n is how many calls meet the fault, at least one")
	}
	return nil, l.AddFault(f)
}

func (l *Lab) getFaults(*http.Request) (any, error) {
	return map[string][]Fault{"faults": l.Faults()}, nil
}

func (l *Lab) deleteFaults(*http.Request) (any, error) {
	l.ClearFaults()
	return nil, nil
}

// nextFault takes one call off the first fault that matches, and returns that fault or nil.
func (l *Lab) nextFault(platform string, r *http.Request) *Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	host, path := address(platform, r)
	for i, f := range l.faults {
		if f.Method != "" && f.Method != r.Method || !f.matches(platform, host, path, r.Form.Get("grant_type")) {
			continue
		}
		if f.N--; f.N == 0 {
			l.faults = slices.Delete(l.faults, i, i+1)
		}
		met := *f
		return &met
	}
	return nil
}

func (f *Fault) matches(platform, host, path, grantType string) bool {
	return (f.Platform == "" || f.Platform == platform) && (f.Host == "" || f.Host == host) &&
		(f.GrantType == "" || f.GrantType == grantType) && (f.Path == "" || matchesPath(f.Path, path))
}

func matchesPath(pattern, path string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == path
	}
	return len(path) >= len(before)+len(after) && strings.HasPrefix(path, before) && strings.HasSuffix(path, after)
}

// acts says whether the platform does what it was asked.
func (f *Fault) acts() bool {
	return f.Acts || f.Kind == FaultDelay || f.Kind == FaultResetAfter || f.Kind == FaultTruncated
}

// befall answers a call that meets the fault; act has the platform do what it was asked.
// A delay is spent before the platform acts, and nothing is done when the caller has
// gone by then; with f.Acts it is spent afterwards.
func (f *Fault) befall(w http.ResponseWriter, r *http.Request, act func() reply, passed func()) {
	var out reply
	if f.Acts {
		out = act()
	}
	if !f.wait(r) {
		return
	}
	switch {
	case f.Acts:
	case f.acts():
		out = act()
	default:
		passed()
	}
	f.answer(w, out)
}

// wait holds on for the delay, by real time, and says whether the caller is still there.
func (f *Fault) wait(r *http.Request) bool {
	if f.Delay == 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(f.Delay * float64(time.Second)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (f *Fault) answer(w http.ResponseWriter, acted reply) {
	switch f.Kind {
	case FaultDelay:
		acted.write(w)
	case FaultResetBefore, FaultResetAfter:
		reset(w)
	case FaultTruncated:
		w.Header().Set("Content-Length", strconv.Itoa(len(acted.body)))
		acted.body = acted.body[:len(acted.body)/2] // the server closes a connection that owes bytes
		acted.write(w)
	default:
		f.reply().write(w)
	}
}

// reply is the answer that the fault has in the place of the platform's.
func (f *Fault) reply() reply {
	out := reply{status: f.Status, header: http.Header{}, body: []byte(f.Body)}
	defaults := map[FaultKind]reply{
		FaultStatus:   {status: http.StatusInternalServerError},
		FaultHTML:     {status: http.StatusBadGateway, body: []byte("<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n")},
		FaultError200: {status: http.StatusOK, body: []byte(`{"error":"temporarily_unavailable","error_description":"Something went wrong. Please try again later.","message":"Something went wrong"}`)},
		FaultReply:    {status: http.StatusOK},
	}
	if out.status == 0 {
		out.status = defaults[f.Kind].status
	}
	if f.Body == "" {
		out.body = defaults[f.Kind].body
	}
	for name, value := range f.Headers {
		out.header.Set(name, value)
	}
	if f.RetryAfter != "" {
		out.header.Set("Retry-After", f.RetryAfter)
	}
	if kind := f.contentType(string(out.body)); kind != "" {
		out.header.Set("Content-Type", kind)
	}
	return out
}

func (f *Fault) contentType(body string) string {
	switch start := strings.TrimSpace(body); {
	case f.ContentType != "":
		return f.ContentType
	case start == "":
		return ""
	case start[0] == '<':
		return "text/html; charset=UTF-8"
	case start[0] == '{', start[0] == '[':
		return "application/json; charset=UTF-8"
	}
	return "text/plain; charset=utf-8"
}
