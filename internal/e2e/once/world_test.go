package once_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
)

// creating is a route that makes something.
type creating struct {
	path     string
	body     string
	other    string         // another body
	reworded string         // the same body in other words
	effect   map[string]int // rows that one request adds, by table; the kept reply besides
	table    string         // where what it makes stands
	events   int
}

// routes are all that take an Idempotency-Key: TestEveryCreatingRouteIsHere.
var routes = []creating{
	{
		path: "/v1/sessions", table: "sessions", events: 1,
		body: `{"owner":{"external_id":"user-1"},"expires_in":120}`, other: `{"owner":{"external_id":"user-2"},"expires_in":120}`,
		reworded: ` { "expires_in": 120, "owner": {"external_id":"user-1"} } `,
		effect:   map[string]int{"sessions": 1, "owners": 1, "events": 1, "replies": 1},
	},
	{
		path: "/v1/owners", table: "owners", body: `{"name":"Bakery"}`, other: `{"name":"Brewery"}`, reworded: "{\n\"name\" : \"Bakery\"}",
		effect: map[string]int{"owners": 1, "replies": 1},
	},
	{
		path: "/v1/apps", table: "apps", body: `{"platform":"linkedin","client_id":"c","client_secret":"canary-client-secret"}`,
		other:    `{"platform":"linkedin","client_id":"d","client_secret":"canary-client-secret"}`,
		reworded: `{"client_secret":"canary-client-secret","client_id":"c","platform":"linkedin"}`,
		effect:   map[string]int{"apps": 1, "replies": 1},
	},
	{
		path: "/v1/keys", table: "api_keys", body: `{"name":"k","scopes":["channels:read"]}`, other: `{"name":"l","scopes":["channels:read"]}`,
		reworded: `{"scopes":["channels:read"],"name":"k"}`, effect: map[string]int{"api_keys": 1, "replies": 1},
	},
	{
		path: "/v1/workspaces", table: "workspaces", body: `{"name":"W"}`, other: `{"name":"V"}`, reworded: `{"name":"W" }`,
		effect: map[string]int{"workspaces": 1, "owners": 1, "api_keys": 1, "event_counters": 1, "replies": 1},
	},
}

// world is a program, and on PostgreSQL its replica.
type world struct {
	*e2e.World
	db    *e2e.Database
	clock *clock
	urls  []string
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
	return w
}

// answer is what came back, as far as it must be the same each time.
type answer struct {
	status   int
	media    string
	body     string
	replayed string
}

// post sends a creating request with an idempotency key.
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
	req.Header.Set("Idempotency-Key", once)
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
}

// works shows that the secrets of an answer are those that were stored.
func (a answer) works(t testing.TB, url string) {
	t.Helper()
	var m made
	if err := json.Unmarshal([]byte(a.body), &m); err != nil || m.ID == 0 {
		t.Fatalf("%v: %s", err, a.body)
	}
	if m.ConnectURL != "" {
		link := url + m.ConnectURL[strings.Index(m.ConnectURL, "/connect/"):]
		if page := e2e.NewPerson(t).Open(link); page.Status != http.StatusOK {
			t.Errorf("the link of the answer leads to %d: %s", page.Status, e2e.Text(page))
		}
	}
	if m.Key != "" {
		req, _ := http.NewRequest(http.MethodGet, url+"/v1/channels", nil)
		req.Header.Set("Authorization", "Bearer "+m.Key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("the key of the answer is answered %d", resp.StatusCode)
		}
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
