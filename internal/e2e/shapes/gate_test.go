package shapes_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// shortLife is how long the access tokens live that pass a gate, so that a cell takes
// hours of the clock and not months.
const shortLife = 4 * time.Hour

// gate stands before the Lab. It lets everything through, and answers the refresh (or
// the probe) of the one grant that is alive with the shape that it is armed with.
type gate struct {
	way
	lab  http.Handler
	now  func() time.Time
	done chan struct{}

	mu    sync.Mutex
	armed *shape
	fine  bool // the shape is put around what the Lab answers
	calls int  // answered with the shape
	well  int  // let through to the Lab, which said that all is well

	alias map[string]string // a refresh token that stayed although the Lab gave another
	table table
}

func newGate(t *testing.T, w way) *gate {
	return &gate{way: w, table: mustTable(t, w), alias: map[string]string{}, done: make(chan struct{})}
}

// arm answers from now on with a shape; nil: with what the Lab says.
func (g *gate) arm(s *shape, fine bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.armed, g.fine, g.calls, g.well = s, fine, 0, 0
}

func (g *gate) counted() (calls, well int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls, g.well
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	presented, concerned := g.concerns(r, body)
	s, a, reply := g.decide(r, body, presented, concerned)
	if reply != nil {
		pass(w, reply)
		return
	}
	if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
		s.send(c, a, g.done)
	}
}

// decide says what becomes of a request: the Lab's reply, or a shape with what it needs.
// It lets one through at a time.
func (g *gate) decide(r *http.Request, body []byte, presented string, concerned bool) (shape, answer, *httptest.ResponseRecorder) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if other, ok := g.alias[presented]; ok && presented != "" {
		body = bytes.ReplaceAll(body, []byte(url.QueryEscape(presented)), []byte(url.QueryEscape(other)))
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if !concerned || g.armed == nil {
		reply := g.ask(r)
		if concerned && reply.Code == http.StatusOK {
			g.well++
		}
		return shape{}, answer{}, reply
	}
	s := *g.armed
	if g.calls++; g.calls == 1 && s.first != nil {
		s = *s.first
	}
	a := g.answer(g.table)
	a.now, a.self = g.now(), "http://"+r.Host+"/lab/canary"
	if g.fine && s.name == g.armed.name { // and not the refusal before it
		reply := g.ask(r)
		a.fields = nil // and not into the table's
		if err := json.Unmarshal(reply.Body.Bytes(), &a.fields); err != nil || reply.Code != http.StatusOK {
			return s, a, reply // the channel will not be well, and the test will say so
		}
		if fresh, ok := a.fields[a.name("refresh_token")].(string); ok && s.keeps {
			g.alias[presented] = fresh
		}
	}
	return s, a, nil
}

// concerns tells whether a request is what the shapes answer, and which refresh token it
// brings.
func (g *gate) concerns(r *http.Request, body []byte) (presented string, concerned bool) {
	switch g.name {
	case "probe":
		return "", strings.HasSuffix(r.URL.Path, "/api/v1/accounts/verify_credentials")
	case "app_password":
		return "", r.URL.Path == "/xrpc/com.atproto.server.refreshSession"
	}
	form, _ := url.ParseQuery(string(body) + "&" + r.URL.RawQuery) // a body of another kind has none of these
	switch form.Get("grant_type") {
	case "refresh_token":
		return form.Get("refresh_token"), true
	case "fb_exchange_token":
		return "", true
	}
	return "", false
}

// ask is what the Lab says, with lives cut short.
func (g *gate) ask(r *http.Request) *httptest.ResponseRecorder {
	reply := httptest.NewRecorder()
	g.lab.ServeHTTP(reply, r)
	var fields map[string]any
	if json.Unmarshal(reply.Body.Bytes(), &fields) != nil {
		return reply
	}
	if life, ok := fields["expires_in"].(float64); ok && life > shortLife.Seconds() {
		fields["expires_in"] = shortLife.Seconds()
		text, _ := json.Marshal(fields) // it was JSON
		reply.Body = bytes.NewBuffer(text)
		reply.Header().Del("Content-Length")
	}
	return reply
}

func pass(w http.ResponseWriter, reply *httptest.ResponseRecorder) {
	for name, values := range reply.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.Code)
	_, _ = w.Write(reply.Body.Bytes())
}
