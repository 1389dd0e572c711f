package isolation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/e2e"
)

// world is a program with several workspaces. One holds the victim, whose things nobody
// else may see, and a second owner; each of the others an intruder.
type world struct {
	*e2e.World
	db  *e2e.Database
	doc document

	victim   *side
	neighbor *side // another owner of the victim's workspace

	third  int64  // the owner thirdExternal
	target int64  // of the victim's first channel
	token  string // of the victim's channel at X, lent to its workspace
	head   string // of its audit log

	social social // what SmartlyQ's interface can name of the victim's

	kept map[string]keptReply // by path
	less map[string]string    // keys of the victim's workspace, by the scope that they lack

	before e2e.Contents // the database when it was looked at last
}

// intruder is a caller who may not have what is the victim's.
type intruder struct {
	name, key string
	workspace int64
	admin     bool // of the whole server: sees workspaces, and nothing below them
	own       *side
}

func newWorld(t *testing.T, engine string) *world {
	t.Helper()
	now := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	w := &world{World: e2e.Start(t, e2e.Options{
		Engine: engine, Now: func() time.Time { return now }, Still: true, // nothing changes by itself
		Change: func(c *config.Config) { c.RateLimit = -1 },
	})}
	w.db = w.OpenDatabase(t)
	w.spreadIDs(t)
	w.doc = readDocument(t, w.World)
	own, err := w.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: "Harbour Tools"}) // with an id of the new ranges
	if err != nil {
		t.Fatal(err)
	}
	w.Workspace, w.Key = own, w.NewKey(t, connect.Key{WorkspaceID: own.ID})
	w.neighbor = w.newSide(t, w.Key, "neighbor")
	return w
}

// Owners of the victim's workspace that intruders may make one like.
const (
	otherExternal = "other-victim"
	thirdExternal = "third-victim"
)

// addVictim makes everything that must not be seen.
func (w *world) addVictim(t *testing.T) {
	t.Helper()
	w.victim = w.newSide(t, w.Key, "victim")
	w.made(t, w.Key, "/v1/apps", map[string]any{
		"platform": "linkedin", "name": "App of victim", "client_id": "client-of-victim", "client_secret": "secret-of-victim",
	})
	for _, external := range []string{otherExternal, thirdExternal} {
		w.third = w.made(t, w.Key, "/v1/owners", map[string]any{"external_id": external, "name": "Other of victim"}).ID
	}
	w.keepReplies(t)
	w.makeSocial(t)
	w.victim.ids = w.restIDs(t)
	w.token = w.lend(t)
	w.target = w.list(t, `SELECT target_id FROM channels WHERE id = $1`, w.victim.ids["channels"][0])[0]
	var verdict struct{ Head string }
	w.send(t, w.Key, http.MethodGet, "/v1/audit/verify", nil, "").want(t, http.StatusOK).into(t, &verdict)
	w.head = verdict.Head
}

// lend leases the access token of the victim's channel at X.
func (w *world) lend(t *testing.T) string {
	t.Helper()
	channel := w.list(t, `SELECT id FROM channels WHERE platform = 'x' AND owner_id = $1`, w.list(t, `SELECT id FROM owners WHERE external_id = 'external-victim' AND workspace_id = $1`, w.Workspace.ID)[0])[0]
	var lease struct {
		AccessToken string `json:"access_token"`
	}
	w.send(t, w.Key, http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", channel), nil, "").want(t, http.StatusOK).into(t, &lease)
	return lease.AccessToken
}

// intruders are the callers of every case. None may have what is the victim's, and what
// they have themselves is like it.
func (w *world) intruders(t *testing.T) []intruder {
	t.Helper()
	bound := w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, OwnerID: w.neighbor.ids["owners"][0], Scopes: connect.Scopes()})
	w.neighbor.ids = w.ownIDs(t, w.neighbor)
	return []intruder{
		{name: "another owner", key: bound, workspace: w.Workspace.ID, own: w.neighbor},
		w.elsewhere(t, "another workspace", connect.WorkspaceScopes()),
		w.elsewhere(t, "the operator", connect.Scopes()),
	}
}

func (w *world) elsewhere(t *testing.T, name string, scopes []connect.Scope) intruder {
	t.Helper()
	other, err := w.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	key := w.NewKey(t, connect.Key{WorkspaceID: other.ID, Scopes: scopes})
	return intruder{
		name: name, key: key, workspace: other.ID, admin: slices.Contains(scopes, connect.ScopeWorkspacesAdmin), own: w.newSide(t, key, strings.ReplaceAll(name, " ", "-")),
	}
}

func (w *world) deadKeys(t *testing.T) []intruder {
	expired := w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, ExpiresAt: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)})
	revoked := w.made(t, w.Key, "/v1/keys", map[string]any{"name": "revoked", "scopes": connect.Scopes()})
	w.send(t, revoked.Key, http.MethodGet, "/v1/channels", nil, "").want(t, http.StatusOK) // it was live
	w.send(t, w.Key, http.MethodDelete, fmt.Sprintf("/v1/keys/%d", revoked.ID), nil, "").want(t, http.StatusOK)
	return []intruder{{name: "an expired key", key: expired}, {name: "a revoked key", key: revoked.Key}}
}

// sequences are the tables whose ids callers could mistake for each other's.
var sequences = []string{"sessions", "attempts", "grants", "targets", "channels", "owners", "apps", "api_keys", "workspaces", "endpoints", "deliveries", "replays"}

// spreadIDs gives each table ids of its own, so that an id of one is none of another.
func (w *world) spreadIDs(t *testing.T) {
	t.Helper()
	for i, table := range sequences {
		first := 1000 * (i + 1)
		statements := []string{fmt.Sprintf("ALTER TABLE %s ALTER COLUMN id RESTART WITH %d", table, first)}
		if w.db.Engine == "sqlite" {
			statements = []string{
				fmt.Sprintf("DELETE FROM sqlite_sequence WHERE name = '%s'", table),
				fmt.Sprintf("INSERT INTO sqlite_sequence (name, seq) VALUES ('%s', %d)", table, first-1),
			}
		}
		for _, s := range statements {
			if _, err := w.db.ExecContext(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
	}
}

// answer is what came back, without what is different every time.
type answer struct {
	status   int
	replayed string
	text     string // Content-Type and body
}

var requestID = regexp.MustCompile(`"request_id":"[^"]*"`)

// send calls the program; body may be nil, once an idempotency key or empty.
func (w *world) send(t *testing.T, key, method, path string, body any, once string) answer {
	t.Helper()
	var sent bytes.Buffer
	if m, ok := body.(map[string]any); body != nil && (!ok || m != nil) {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.URL+path, &sent)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if once != "" {
		req.Header.Set("Idempotency-Key", once)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{
		status: resp.StatusCode, replayed: resp.Header.Get("Idempotent-Replayed"),
		text: resp.Header.Get("Content-Type") + "\n" + requestID.ReplaceAllString(string(text), `"request_id":""`),
	}
}

func (a answer) want(t *testing.T, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("got %d %s, want %d", a.status, a.text, status)
	}
	return a
}

func (a answer) into(t *testing.T, out any) {
	t.Helper()
	_, body, _ := strings.Cut(a.text, "\n")
	if err := json.Unmarshal([]byte(body), out); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
}

// made is a row that was created.
type made struct {
	ID         int64  `json:"id"`
	Key        string `json:"key"`
	ConnectURL string `json:"connect_url"`
}

func (w *world) made(t *testing.T, key, path string, body any) (m made) {
	t.Helper()
	w.send(t, key, http.MethodPost, path, body, "").want(t, http.StatusCreated).into(t, &m)
	return m
}
