package once_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// creating is a route that makes something.
type creating struct {
	path     string // {id}: of what newPlace made
	body     string
	other    string         // another body
	reworded string         // the same body in other words
	wrong    string         // a body that is refused
	effect   map[string]int // rows that one request adds, by table; the kept reply besides
	events   int
}

// routes are all that take an Idempotency-Key: TestEveryCreatingRouteIsHere.
var routes = []creating{
	{
		path: "/v1/sessions", events: 1, wrong: `{"platforms":["nowhere"]}`,
		body: `{"owner":{"external_id":"user-1"},"expires_in":120}`, other: `{"owner":{"external_id":"user-2"},"expires_in":120}`,
		reworded: ` { "expires_in": 120, "owner": {"external_id":"user-1"} } `,
		effect:   map[string]int{"sessions": 1, "owners": 1, "events": 1, "audit": 1, "replies": 1},
	},
	{
		path: ownersPath, body: `{"name":"Bakery"}`, other: `{"name":"Brewery"}`, reworded: "{\n\"name\" : \"Bakery\"}", wrong: `{"avatar_url":"nowhere"}`,
		effect: map[string]int{"owners": 1, "audit": 1, "replies": 1},
	},
	{
		path: "/v1/apps", body: `{"platform":"linkedin","client_id":"c","client_secret":"canary-client-secret"}`,
		other:    `{"platform":"linkedin","client_id":"d","client_secret":"canary-client-secret"}`,
		reworded: `{"client_secret":"canary-client-secret","client_id":"c","platform":"linkedin"}`,
		wrong:    `{"platform":"nowhere","client_id":"c","client_secret":"s"}`,
		effect:   map[string]int{"apps": 1, "audit": 1, "replies": 1},
	},
	{
		path: "/v1/keys", body: `{"name":"k","scopes":["channels:read"]}`, other: `{"name":"l","scopes":["channels:read"]}`,
		reworded: `{"scopes":["channels:read"],"name":"k"}`, wrong: `{"name":"k","scopes":["channels:read"],"owner":"o"}`,
		effect: map[string]int{"api_keys": 1, "audit": 1, "replies": 1},
	},
	{
		path: "/v1/workspaces", body: `{"name":"W"}`, other: `{"name":"V"}`, reworded: `{"name":"W" }`, wrong: `{"name":" "}`,
		effect: map[string]int{"workspaces": 1, "owners": 1, "api_keys": 1, "event_counters": 1, "audit": 1, "audit_heads": 1, "replies": 1},
	},
	{
		path: reconnectPath, body: `{"expires_in":120}`, other: `{"expires_in":180}`, reworded: ` {"expires_in" : 120}`, wrong: `{"expires_in":1}`, events: 1,
		effect: map[string]int{"sessions": 1, "events": 1, "audit": 1, "replies": 1},
	},
	{ // it hears what does not happen here, so that nothing is sent to it
		path: "/v1/endpoints", body: `{"url":"http://127.0.0.1:1/","types":["owner.erased"]}`, other: `{"url":"http://127.0.0.1:2/","types":["owner.erased"]}`,
		reworded: `{"types":["owner.erased"],"url":"http://127.0.0.1:1/"}`, wrong: `{"url":"nowhere"}`,
		effect: map[string]int{"endpoints": 1, "endpoint_types": 1, "audit": 1, "replies": 1},
	},
	{ // of events that there are not yet: it is done at once, and stands in no other's way
		path: replaysPath, body: `{"after":1000}`, other: `{"after":2000}`, reworded: "{ \"after\":\t1000 }", wrong: `{"after":2,"until":1}`,
		effect: map[string]int{"replays": 1, "audit": 1, "replies": 1},
	},
}

const (
	ownersPath    = "/v1/owners"
	reconnectPath = "/v1/channels/{id}/reconnect"
	replaysPath   = "/v1/endpoints/{id}/replays"
)

// place is what paths speak of in one workspace: an id by route.
type place map[string]int64

// newPlace makes an endpoint, and a channel of the owner that is disconnected, in the
// workspace of a key that may everything.
func newPlace(t *testing.T, db *e2e.Database, url, key, owner string) place {
	t.Helper()
	made := func(path, body string) int64 {
		a, err := post(url, key, path, body, "")
		if err != nil {
			t.Fatal(err)
		}
		return a.want(t, http.StatusCreated, "").made(t).ID
	}
	p := place{replaysPath: made("/v1/endpoints", `{"url":"http://127.0.0.1:1/","types":["owner.erased"]}`)}
	const plant = `INSERT INTO channels (workspace_id, owner_id, platform, kind, external_id, lifecycle, health, health_reason, review, facts, created_at, updated_at)
		SELECT workspace_id, id, 'x', 'profile', 'planted', 'disconnected', 'unknown', '', 'none', '{}', created_at, created_at FROM owners WHERE id = $1 RETURNING id`
	var channel int64
	if err := db.QueryRowContext(t.Context(), plant, made(ownersPath, `{"external_id":"`+owner+`"}`)).Scan(&channel); err != nil {
		t.Fatal(err)
	}
	p[reconnectPath] = channel
	return p
}

// of is the path of a route.
func (p place) of(r creating) string {
	return strings.Replace(r.path, "{id}", strconv.FormatInt(p[r.path], 10), 1)
}

// world is a program, and on PostgreSQL its replica.
type world struct {
	*e2e.World
	db    *e2e.Database
	clock *clock
	urls  []string
	here  place // of the workspace
}

func newWorld(t *testing.T, engine string, replicas int) *world {
	t.Helper()
	c := &clock{at: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)}
	opt := e2e.Options{Engine: engine, Now: c.now, Change: func(c *config.Config) { c.RateLimit = -1 }}
	w := &world{World: e2e.Start(t, opt), clock: c}
	w.urls = []string{w.URL}
	for opt.Beside = w.World; len(w.urls) < replicas; {
		w.urls = append(w.urls, e2e.Start(t, opt).URL)
	}
	w.db = w.OpenDatabase(t)
	w.here = newPlace(t, w.db, w.URL, w.Key, "here")
	return w
}

// answer is what came back, as far as it must be the same each time.
type answer struct {
	status   int
	media    string
	body     string
	replayed string
}

// post sends a creating request with an idempotency key, or without one.
func (w *world) post(t testing.TB, key, path, body, once string) answer {
	t.Helper()
	a, err := post(w.URL, key, path, body, once)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func post(url, key, path, body, once string) (answer, error) {
	req, err := http.NewRequest(http.MethodPost, url+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if once != "" {
		req.Header.Set("Idempotency-Key", once)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	var text bytes.Buffer
	_, err = io.Copy(&text, resp.Body)
	return answer{resp.StatusCode, resp.Header.Get("Content-Type"), text.String(), resp.Header.Get("Idempotent-Replayed")}, err
}

func (a answer) want(t testing.TB, status int, replayed string) answer {
	t.Helper()
	if a.status != status || a.replayed != replayed {
		t.Fatalf("got %d, replayed %q, %s; want %d, replayed %q", a.status, a.replayed, a.body, status, replayed)
	}
	return a
}

func (a answer) reason(t testing.TB) string {
	t.Helper()
	var p struct{ Reason string }
	if err := json.Unmarshal([]byte(a.body), &p); err != nil {
		t.Fatalf("%v: %s", err, a.body)
	}
	return p.Reason
}

// made is what answers tell only once.
type made struct {
	ID         int64
	ConnectURL string `json:"connect_url"`
	Key        string
	Secret     string // of an endpoint
}

func (a answer) made(t testing.TB) (m made) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &m); err != nil || m.ID == 0 {
		t.Fatalf("%v: %s", err, a.body)
	}
	return m
}

// secrets of an answer, as they are told.
func (m made) secrets() (all []string) {
	if m.Key != "" {
		all = append(all, m.Key)
	}
	if m.ConnectURL != "" {
		all = append(all, m.ConnectURL[strings.LastIndex(m.ConnectURL, "/")+1:])
	}
	if secret, ok := strings.CutPrefix(m.Secret, "whsec_"); ok {
		all = append(all, secret)
	}
	return all
}

// works shows that the secrets of an answer are those that were stored.
func (a answer) works(t testing.TB, url, key string) {
	t.Helper()
	m := a.made(t)
	if m.ConnectURL != "" {
		link := url + m.ConnectURL[strings.Index(m.ConnectURL, "/connect/"):]
		if page := e2e.NewPerson(t).Open(link); page.Status != http.StatusOK {
			t.Errorf("the link of the answer leads to %d: %s", page.Status, e2e.Text(page))
		}
	}
	if m.Key != "" {
		caller := e2e.World{URL: url, Key: m.Key}
		caller.Call(t, http.MethodGet, "/v1/channels", nil).Into(t, http.StatusOK, &struct{}{})
	}
	if m.Secret != "" {
		m.signs(t, url, key)
	}
}

// signs shows that an endpoint's messages are signed with the secret of the answer.
func (m made) signs(t testing.TB, url, key string) {
	t.Helper()
	verify, err := standardwebhooks.NewWebhook(m.Secret)
	if err != nil {
		t.Fatal(err)
	}
	refused := make(chan error, 1)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil { // the world's clock is not ours
			err = verify.VerifyIgnoringTimestamp(body, r.Header)
		}
		refused <- err
	}))
	defer receiver.Close()
	caller, endpoint := e2e.World{URL: url, Key: key}, fmt.Sprintf("/v1/endpoints/%d", m.ID)
	caller.Call(t, http.MethodPatch, endpoint, map[string]any{"url": receiver.URL}).Into(t, http.StatusOK, &struct{}{})
	var tested struct{ Delivered bool }
	caller.Call(t, http.MethodPost, endpoint+"/test", nil).Into(t, http.StatusOK, &tested)
	if !tested.Delivered {
		t.Fatalf("endpoint %d: the test was not delivered", m.ID)
	}
	if err := <-refused; err != nil {
		t.Errorf("endpoint %d: %v", m.ID, err)
	}
}

// added counts the rows that came, by table. Rows may go only where a new one came.
func added(before, after e2e.Contents) map[string]int {
	n := map[string]int{}
	for row := range after {
		if !before[row] {
			n[row.Table]++
		}
	}
	for row := range before {
		if !after[row] {
			n[row.Table]--
		}
	}
	for table, count := range n {
		if count == 0 {
			delete(n, table)
		}
	}
	return n
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
