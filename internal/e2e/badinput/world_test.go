package badinput_test

import (
	"database/sql"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/httpx"
)

// world is a program with something of everything in it: two workspaces, owners,
// channels, keys live and dead, and links in every state.
type world struct {
	*e2e.World
	client *http.Client
	mux    *http.ServeMux
	log    *logText
	db     *sql.DB
	tables []string
	native document

	plain   string // every scope but the operator's: sees nothing of other workspaces
	bound   string // to the owner user-1
	foreign *e2e.World
	dead    map[string]string // keys by what is wrong with them

	owner2 int64 // of this workspace, not the bound key's

	ownAccount, ownGroup int64  // the bound key's
	ownState             string // of a link of SmartlyQ's
	foreignAccount       int64

	browser string
	pending visit // nothing was chosen yet
	away    visit // at the platform
	picking visit // before the choice among targets
	done    visit // connected
}

// visit is a link, with the cookie of the browser that used it.
type visit struct {
	link, cookie, state string
	targets             []string
}

func newWorld(t *testing.T, engine string) *world {
	t.Helper()
	w := &world{log: &logText{}, client: browserless(t), browser: strings.Repeat("b", 43)}
	now := time.Now()
	w.World = e2e.Start(t, e2e.Options{
		Engine: engine, Log: w.log, Now: func() time.Time { return now }, // nothing expires meanwhile
		Change: func(c *config.Config) { c.RateLimit = -1 },
	})
	w.mux = httpx.Mux(w.App.Routes)
	w.openDatabase(t, engine)
	w.makeKeys(t, now)
	w.pending, w.done = w.visit(t, w.World, ""), w.visit(t, w.World, "x")
	w.away, w.picking = w.visit(t, w.World, "away"), w.visit(t, w.World, "facebook")
	w.visit(t, w.foreign, "x")
	w.makeSmartlyQ(t)
	w.owner2 = w.makeRows(t)
	w.native = readDocument(t, w.World)
	w.log.take()
	return w
}

func (w *world) makeKeys(t *testing.T, now time.Time) {
	t.Helper()
	w.plain = w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, Scopes: connect.WorkspaceScopes()})
	w.NewLink(t, "user-1", "") // makes the owner
	owner := w.number(t, `SELECT id FROM owners WHERE external_id = 'user-1'`)
	w.bound = w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, OwnerID: owner, Scopes: connect.WorkspaceScopes()})
	other, err := w.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: "Another"})
	if err != nil {
		t.Fatal(err)
	}
	copied := *w.World
	w.foreign = &copied
	w.foreign.Workspace = other
	w.foreign.Key = w.NewKey(t, connect.Key{WorkspaceID: other.ID, Scopes: connect.WorkspaceScopes()})
	w.dead = map[string]string{
		"expired": w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID, ExpiresAt: now.Add(-time.Hour)}),
		"revoked": w.NewKey(t, connect.Key{WorkspaceID: w.Workspace.ID}),
		"unknown": "pb_" + strings.Repeat("a", 52) + checksumOfAs, "wrong checksum": w.Key[:61] + flipped(w.Key[61]),
		"too short": w.Key[:40], "in capitals": strings.ToUpper(w.Key), "nonsense": "canary-nonsense", "a link": "canary-link-token",
	}
	if _, err := w.db.ExecContext(t.Context(), `UPDATE api_keys SET revoked_at = created_at WHERE prefix = '`+w.dead["revoked"][:8]+`'`); err != nil {
		t.Fatal(err)
	}
}

// checksumOfAs is what a key of 52 times "a" has to end in.
const checksumOfAs = "w2xqgki"

func flipped(last byte) string {
	if last == 'a' {
		return "b"
	}
	return "a"
}

// visit is somebody who goes as far as said: "" no further than the link, "away" to
// the platform, "x" to the end, "facebook" to the choice among pages.
func (w *world) visit(t *testing.T, at *e2e.World, how string) visit {
	t.Helper()
	link, p := at.NewLink(t, "user-1", w.Receiver.URL), e2e.NewPerson(t)
	page := p.Open(link.URL)
	v := visit{link: link.Token, cookie: p.Cookies(w.URL)[0].Value}
	if how == "" {
		return v
	}
	platform := strings.Replace(how, "away", "x", 1)
	consent := p.Submit(p.Form(page, "/platform", "platform="+platform), url.Values{"platform": {platform}})
	v.state = consent.URL.Query().Get("state")
	if how == "away" {
		return v
	}
	form := p.Form(consent, "", "decision=approve")
	v.targets = e2e.Values(p.Submit(form, url.Values{"decision": {"approve"}}), "target")
	return v
}

// makeRows makes what no visit makes, in both workspaces, through the native API.
func (w *world) makeRows(t *testing.T) (owner2 int64) {
	t.Helper()
	for _, at := range []*e2e.World{w.World, w.foreign} {
		for _, row := range []struct {
			path string
			body any
		}{
			{"/v1/apps", map[string]string{"platform": "x", "name": "Ours", "client_id": "ours", "client_secret": "canary-client-secret"}},
			{"/v1/owners", map[string]string{"external_id": "user-2"}},
			{"/v1/owners", map[string]string{"external_id": "user_42"}}, // of the document's examples
		} {
			var made struct{ ID int64 }
			at.Call(t, http.MethodPost, row.path, row.body).Into(t, http.StatusCreated, &made)
		}
		w.makeDelivery(t, at)
	}
	w.settle(t)
	return w.number(t, `SELECT id FROM owners WHERE external_id = 'user-2' AND workspace_id = `+strconv.FormatInt(w.Workspace.ID, 10))
}

// makeDelivery makes an endpoint, a delivery to it and a replay.
func (w *world) makeDelivery(t *testing.T, at *e2e.World) {
	t.Helper()
	var hook struct{ ID int64 }
	at.Call(t, http.MethodPost, "/v1/endpoints", map[string]string{"url": at.Receiver.URL}).Into(t, http.StatusCreated, &hook)
	at.NewLink(t, "user-1", "") // an event
	replays := "/v1/endpoints/" + strconv.FormatInt(hook.ID, 10) + "/replays"
	at.Call(t, http.MethodPost, replays, map[string]string{"since": "2036-03-01T09:30:00Z"}).Into(t, http.StatusCreated, &hook) // of nothing
}

// settle waits until everything is delivered: from then on nothing changes by itself.
func (w *world) settle(t *testing.T) {
	t.Helper()
	for begun := time.Now(); w.number(t, `SELECT count(*) FROM deliveries WHERE state <> 'delivered' OR lease_until IS NOT NULL`) > 0; {
		if time.Since(begun) > time.Minute {
			t.Fatal("the deliveries do not come to an end")
		}
		runtime.Gosched()
	}
}

// logText is the program's log at debug level.
type logText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logText) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// take answers what was logged since the last time.
func (l *logText) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.text.String()
	l.text.Reset()
	return text
}
