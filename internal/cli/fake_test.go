package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/cli"
)

const testKey = "pb_canary_5f1c0ffee"

// fakeAPI answers like the native API. Each question about the session takes the
// next of states, and the last one over and over.
type fakeAPI struct {
	*httptest.Server
	states  []string                // members of the session object that differ, as JSON without braces
	handler map[string]http.Handler // instead, by "METHOD /path"

	mu    sync.Mutex
	asked int
	made  map[string]any // the body of POST /v1/sessions
}

const (
	link    = "https://connect.example/connect/s/Zt0c1nV3Zt0c1nV3Zt0c1nV3Zt0c1nV3Zt0c1nV3abc"
	pending = `"status":"pending","ended_at":null`
	denied  = `"status":"failed","ended_at":null,"platform":"facebook","reason":"denied","message":"User denied permissions"`
	success = `"status":"succeeded","ended_at":"2026-03-01T09:31:12.480Z","platform":"facebook","channels":[
		{"id":5,"platform":"facebook","kind":"page","external_id":"108204","name":"Corner bakery","username":"cornerbakery","url":null,"avatar_url":null},
		{"id":6,"platform":"facebook","kind":"page","external_id":"108205","name":"Night <Market> & Co","username":null,"url":null,"avatar_url":null}]`
)

func newFakeAPI(t *testing.T, states ...string) *fakeAPI {
	t.Helper()
	f := &fakeAPI{states: states, handler: map[string]http.Handler{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h, ok := f.handler[r.Method+" "+r.URL.Path]; ok {
		h.ServeHTTP(w, r)
		return
	}
	if r.Header.Get("Authorization") != "Bearer "+testKey {
		refuse(401, `"code":"unauthenticated","detail":"This needs a key."`).ServeHTTP(w, r)
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "POST /v1/sessions":
		_ = json.NewDecoder(r.Body).Decode(&f.made)
		w.WriteHeader(http.StatusCreated)
		writeSession(w, pending+`,"connect_url":"`+link+`"`)
	case "GET /v1/sessions/17":
		state := f.states[min(f.asked, len(f.states)-1)]
		f.asked++
		writeSession(w, state)
	default:
		refuse(404, `"code":"not_found","detail":"There is no such thing here."`).ServeHTTP(w, r)
	}
}

func writeSession(w io.Writer, state string) {
	if !strings.Contains(state, `"channels"`) {
		state += `,"channels":[]`
	}
	fmt.Fprintf(w, `{"id":17,"owner":{"id":3,"external_id":"user_42","name":"Corner bakery"},"expires_at":%q,%s}`,
		time.Now().Add(15*time.Minute).UTC().Format("2006-01-02T15:04:05.000Z"), state)
}

func refuse(status int, members string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"type":"/problems/x","title":"T","status":%d,"request_id":"req1",%s}`, status, members)
	})
}

// asked is a request that a fake saw.
type asked struct {
	query string
	body  string
}

// answer lets a route answer the same every time, and records what it was asked.
func (f *fakeAPI) answer(route string, status int, body string) *[]asked {
	calls := &[]asked{}
	f.handler[route] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ := io.ReadAll(r.Body)
		*calls = append(*calls, asked{r.URL.RawQuery, string(sent)})
		if status/100 > 2 {
			refuse(status, body).ServeHTTP(w, r)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	return calls
}

// wantCall checks that a route was asked once, with this body.
func wantCall(t *testing.T, calls *[]asked, body string) {
	t.Helper()
	if len(*calls) != 1 {
		t.Errorf("calls: got %d, want 1", len(*calls))
		return
	}
	var got, want any
	_, _ = json.Unmarshal([]byte((*calls)[0].body), &got), json.Unmarshal([]byte(body), &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

// wantLine checks that output is one line of JSON.
func wantLine(t *testing.T, got output) {
	t.Helper()
	if !json.Valid([]byte(got.stdout)) || strings.Count(got.stdout, "\n") != 1 {
		t.Errorf("stdout: got %q, want one line of JSON", got.stdout)
	}
}

// hold answers nothing until the client goes away.
func hold(began chan<- struct{}) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if began != nil {
			began <- struct{}{}
		}
		<-r.Context().Done()
	})
}

type output struct {
	code           int
	stdout, stderr string
}

// terminal is what a test changes of the world.
type terminal struct {
	columns     int // 0: no terminal
	env         map[string]string
	stdin       string
	interactive bool // a person can be asked, who answers with stdin
}

func (f *fakeAPI) run(t *testing.T, args ...string) output {
	t.Helper()
	return f.runOn(t, t.Context(), terminal{}, args...)
}

func (f *fakeAPI) runOn(t *testing.T, ctx context.Context, term terminal, args ...string) output {
	t.Helper()
	env := map[string]string{"PATCHBAY_URL": f.URL, "PATCHBAY_API_KEY": testKey}
	for k, v := range term.env {
		env[k] = v
	}
	return runIn(t, ctx, terminal{term.columns, env, term.stdin, term.interactive}, args...)
}

// runIn runs a command line and makes sure that it never shows the key.
func runIn(t *testing.T, ctx context.Context, term terminal, args ...string) output {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := cli.Run(ctx, args, cli.World{
		Getenv: func(name string) string { return term.env[name] },
		Environ: func() (list []string) {
			for name, value := range term.env {
				list = append(list, name+"="+value)
			}
			return list
		},
		Stdin: strings.NewReader(term.stdin), Stdout: &stdout, Stderr: &stderr,
		Width:       func(io.Writer) int { return term.columns },
		Interactive: func() bool { return term.interactive },
		After: func(time.Duration) <-chan time.Time {
			now := make(chan time.Time, 1)
			now <- time.Now()
			return now
		},
	})
	out := output{code, stdout.String(), stderr.String()}
	if strings.Contains(out.stdout+out.stderr, testKey) {
		t.Errorf("the API key is shown: %s%s", out.stdout, out.stderr)
	}
	return out
}

func wantContains(t *testing.T, where, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s lacks %q; got:\n%s", where, w, got)
		}
	}
}

func wantLacks(t *testing.T, where, got string, unwanted ...string) {
	t.Helper()
	for _, u := range unwanted {
		if strings.Contains(got, u) {
			t.Errorf("%s holds %q; got:\n%s", where, u, got)
		}
	}
}
