package crash_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// moment says on which side of a commit somebody is stopped: the platform's, or the
// database's.
type moment string

const (
	before  moment = "before"  // it never happens
	after   moment = "after"   // it has happened, and nobody is told
	passing moment = "passing" // it is told; the trap only says when
	holding moment = "holding" // it has happened, and is told when the test lets go
	working moment = "working" // of a call: it happens when the caller is gone
)

// trap waits for one call or COMMIT.
type trap struct {
	match   func(*http.Request) bool // of a call
	about   string                   // of a COMMIT: what a statement of its transaction says; empty: anything
	reads   bool                     // not of a COMMIT, but of the statement itself
	nth     int                      // from 1, counted since it was set
	every   bool                     // all are stopped, and it is reached with the nth
	begins  bool                     // not at a COMMIT, but where a transaction begins
	when    moment
	reached chan struct{}
	letGo   chan struct{} // holding: closed by the test
	seen    int
	stopped atomic.Int32
}

func newTrap(nth int, when moment) *trap {
	return &trap{nth: nth, when: when, reached: make(chan struct{}), letGo: make(chan struct{})}
}

// atCall is a trap at the first call such as "GET /me/accounts": the method and the
// end of the path.
func atCall(call string, when moment) *trap { return atNthCall(call, 1, when) }

func atNthCall(call string, nth int, when moment) *trap {
	t := newTrap(nth, when)
	method, suffix, _ := strings.Cut(call, " ")
	t.match = func(r *http.Request) bool { return r.Method == method && strings.HasSuffix(r.URL.Path, suffix) }
	return t
}

// springs counts one more and tells whether it is the one. The caller holds a lock.
func (t *trap) springs() bool {
	if t == nil {
		return false
	}
	t.seen++
	return t.every || t.seen == t.nth
}

// here says that somebody stands at the trap.
func (t *trap) here() {
	if n := int(t.stopped.Add(1)); n == t.nth || !t.every {
		close(t.reached)
	}
}

// gate stands before the Lab. It keeps how often each authorization code was posted,
// also where the Lab never saw it.
type gate struct {
	lab http.Handler

	mu    sync.Mutex
	trap  *trap
	posts map[string]int // by the code's SHA-256

	delay atomic.Int64 // of every call of the program, in nanoseconds
}

func newGate() *gate { return &gate{posts: map[string]int{}} }

// set replaces the trap; nil opens the gate.
func (g *gate) set(t *trap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trap = t
}

// Posts is how often each code was posted.
func (g *gate) Posts() map[string]int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.posts)
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body) // whole, so that the server notices when the caller dies
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if strings.Contains(r.URL.Path, "/graph.facebook.com/") {
		select {
		case <-time.After(time.Duration(g.delay.Load())):
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	}
	trap := g.pass(r, body)
	if trap == nil {
		g.lab.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	if trap.when != before && trap.when != working {
		g.lab.ServeHTTP(answer, r)
	}
	switch trap.when {
	case passing:
		defer trap.here()
	case holding:
		trap.here()
		select {
		case <-trap.letGo:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		}
	default:
		trap.here()
		<-r.Context().Done() // the caller is dead
		if trap.when == working {
			g.lab.ServeHTTP(answer, r.WithContext(context.WithoutCancel(r.Context())))
		}
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// pass notes the call, and returns the trap when this is the call that it waits for.
func (g *gate) pass(r *http.Request, body []byte) *trap {
	g.mu.Lock()
	defer g.mu.Unlock()
	if code := postedCode(r, body); code != "" {
		g.posts[code]++
	}
	if g.trap == nil || !g.trap.match(r) || !g.trap.springs() {
		return nil
	}
	return g.trap
}

// tokenEndpoint tells whether a path is where a platform takes codes.
func tokenEndpoint(path string) bool {
	for _, end := range []string{"/oauth/access_token", "/oauth2/token", "/oauth/v2/accessToken", "/oauth/token"} {
		if strings.HasSuffix(path, end) {
			return true
		}
	}
	return false
}

// postedCode is the hash of the authorization code of a call to a token endpoint.
func postedCode(r *http.Request, body []byte) string {
	if !tokenEndpoint(r.URL.Path) {
		return ""
	}
	form, err := url.ParseQuery(string(body))
	code := form.Get("code") + r.URL.Query().Get("code")
	if err != nil || code == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:8])
}
