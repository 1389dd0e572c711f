package smartlyq_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/dialect/smartlyq"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// The documents' addresses: of their interface, and of their pages, which stands for this
// server's own.
const (
	apiOrigin = "https://api.smartlyq.com"
	appOrigin = "https://app.smartlyq.com"
	social    = "/v1/social"
)

// documentTime is fifteen minutes before the guide's expires_at.
var documentTime = time.Date(2026, 6, 6, 12, 0, 0, 0, time.UTC)

var quiet = slog.New(slog.DiscardHandler)

// world is the interface over a real core and a real store, with one workspace.
type world struct {
	http.Handler
	t         *testing.T
	svc       *connect.Service
	store     *sqlstore.Store
	db        *sql.DB
	vault     *vault.Vault
	clock     atomic.Int64 // unix milliseconds
	workspace connect.Workspace
	token     string // of a key with every scope
	state     vault.Secret
}

// empty is a migrated database with nothing in it: migrating one for each world is most of
// what these tests would take.
var empty = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "smartlyq-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "empty.db")
	store, err := sqlstore.Open(context.Background(), sqlstore.Config{DSN: "sqlite:" + file, Migrate: true})
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// without leaves a platform without an app.
func without(id string) func(map[string]platform.App) {
	return func(apps map[string]platform.App) { delete(apps, id) }
}

func newWorld(t *testing.T, changes ...func(map[string]platform.App)) *world {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	migrated, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, migrated, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{t: t, store: store, db: openDatabase(t, file)}
	w.clock.Store(documentTime.UnixMilli())
	apps := w.apps()
	for _, change := range changes {
		change(apps)
	}
	w.vault = newVault(t)
	w.svc = connect.New(connect.Config{
		Store: store, Vault: w.vault, Platforms: platform.NewRegistry(vendors()), Apps: apps,
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.now, PublicURL: appOrigin},
		Log: slog.New(slog.DiscardHandler),
	})
	w.workspace = w.newWorkspace(connect.Workspace{Name: "Acme"})
	w.token = w.newKey(connect.Key{WorkspaceID: w.workspace.ID, Scopes: connect.Scopes()})
	w.Handler = httpx.Log(quiet, httpx.Mux(smartlyq.New(w.svc, appOrigin, w.now, nil).Routes()))
	return w
}

func openDatabase(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	keyset, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(keyset)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (w *world) now() time.Time { return time.UnixMilli(w.clock.Load()).UTC() }

func (w *world) wait(d time.Duration) { w.clock.Add(d.Milliseconds()) }

// apps are at every platform but TikTok.
func (w *world) apps() map[string]platform.App {
	w.t.Helper()
	apps := map[string]platform.App{}
	w.inTx(func(tx connect.Tx) error {
		for _, p := range vendors() {
			if p.Spec().ID == "tiktok" {
				continue
			}
			app, err := tx.EnsureApp(context.Background(), connect.App{Platform: p.Spec().ID, ClientID: "app", CreatedAt: documentTime, UpdatedAt: documentTime})
			if err != nil {
				return err
			}
			apps[p.Spec().ID] = platform.App{ID: app.ID, ClientID: "app"}
		}
		return nil
	})
	return apps
}

func (w *world) inTx(fn func(connect.Tx) error) {
	w.t.Helper()
	if err := w.store.InTx(w.t.Context(), fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) newWorkspace(ws connect.Workspace) connect.Workspace {
	w.t.Helper()
	made, err := w.svc.CreateWorkspace(w.t.Context(), ws)
	if err != nil {
		w.t.Fatal(err)
	}
	return made
}

func (w *world) newKey(k connect.Key) string {
	w.t.Helper()
	_, raw, err := w.svc.CreateKey(w.t.Context(), k)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw.Reveal()
}

// newOwner makes an owner of the workspace: a profile.
func (w *world) newOwner(externalID string) int64 {
	w.t.Helper()
	var id int64
	w.inTx(func(tx connect.Tx) error {
		owner, _, err := tx.EnsureOwner(context.Background(), connect.Owner{
			WorkspaceID: w.workspace.ID, ExternalID: externalID, Name: externalID, CreatedAt: documentTime, UpdatedAt: documentTime,
		})
		id = owner.ID
		return err
	})
	return id
}

// answer is what came back.
type answer struct {
	Status int
	Header http.Header
	Body   string
	Data   string // of the envelope
	Error  struct {
		Code, Message string
		Details       map[string]any
	}
}

var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`)

// call asks as the holder of the world's key, as a client does; body is JSON text.
// Further arguments are headers: name, value.
func (w *world) call(method, path, body string, headers ...string) answer {
	w.t.Helper()
	return w.callAs(w.token, method, path, body, headers...)
}

func (w *world) callAs(token, method, path, body string, headers ...string) answer {
	w.t.Helper()
	req := httptest.NewRequest(method, social+path, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	recorded := httptest.NewRecorder()
	w.ServeHTTP(recorded, req)
	return w.read(method+" "+path, recorded)
}

// read holds every answer to what all of them have in common.
func (w *world) read(what string, recorded *httptest.ResponseRecorder) answer {
	w.t.Helper()
	got := answer{Status: recorded.Code, Header: recorded.Header(), Body: recorded.Body.String()}
	var envelope struct {
		Success *bool
		Data    json.RawMessage
		Error   json.RawMessage
		Meta    struct {
			RequestID string `json:"request_id"`
			Timestamp string
		}
	}
	if err := json.Unmarshal(recorded.Body.Bytes(), &envelope); err != nil {
		w.t.Fatalf("%s: %v: %s", what, err, got.Body)
	}
	if envelope.Success == nil || *envelope.Success != (got.Status < 400) || got.Header.Get("Content-Type") != "application/json" ||
		envelope.Meta.RequestID == "" || !timestamp.MatchString(envelope.Meta.Timestamp) {
		w.t.Errorf("%s: got %d %s %s, want the envelope", what, got.Status, got.Header.Get("Content-Type"), got.Body)
	}
	got.Data = string(envelope.Data)
	if got.Status >= 400 {
		if err := json.Unmarshal(envelope.Error, &got.Error); err != nil || got.Error.Details == nil || got.Error.Message == "" {
			w.t.Errorf("%s: got %s, want code, message and details: an object", what, got.Body)
		}
	}
	return got
}

// wants holds an answer to a status and its data, as JSON text.
func (a answer) wants(t *testing.T, status int, data string) {
	t.Helper()
	if a.Status != status || a.Data != data {
		t.Errorf("got %d %s, want %d with the data %s", a.Status, a.Body, status, data)
	}
}

// refuses holds an answer to a status, a code and details, as JSON text.
func (a answer) refuses(t *testing.T, status int, code, details string) {
	t.Helper()
	got, _ := json.Marshal(a.Error.Details)
	if a.Status != status || a.Error.Code != code || string(got) != details {
		t.Errorf("got %d %s, want %d %s with the details %s", a.Status, a.Body, status, code, details)
	}
}

// into reads the data of an answer that must have the status.
func (a answer) into(t *testing.T, status int, out any) {
	t.Helper()
	if a.Status != status {
		t.Fatalf("got %d %s, want %d", a.Status, a.Body, status)
	}
	if err := json.Unmarshal([]byte(a.Data), out); err != nil {
		t.Fatal(err)
	}
}

// learnState takes the state_token out of a connect_url.
func (w *world) learnState(connectURL string) bool {
	u, err := url.Parse(connectURL)
	if err != nil || u.Query().Get("state") == "" {
		return false
	}
	w.state = vault.NewSecret(u.Query().Get("state"))
	return true
}

// link asks for a connect link and remembers its state.
func (w *world) link(word, body string, headers ...string) string {
	w.t.Helper()
	var made struct {
		ConnectURL string `json:"connect_url"`
	}
	w.call(http.MethodPost, "/connect/"+word, body, headers...).into(w.t, http.StatusCreated, &made)
	if !w.learnState(made.ConnectURL) {
		w.t.Fatalf("got %q, want an address with a state", made.ConnectURL)
	}
	return made.ConnectURL
}

func (w *world) poll() answer {
	w.t.Helper()
	return w.call(http.MethodGet, "/connect/"+w.state.Reveal(), "")
}

// comeBack returns from a platform with the state of the last link.
func (w *world) comeBack(platformID string, r connect.CallbackRequest) error {
	r.Platform, r.State, r.Browser = platformID, w.state, vault.NewSecret("a browser")
	_, err := w.svc.Callback(w.t.Context(), r)
	return err
}

// connected connects a platform's accounts headlessly and answers the first one's id.
func (w *world) connected(word, platformID string, headers ...string) int64 {
	w.t.Helper()
	w.link(word, "", headers...)
	if err := w.comeBack(platformID, connect.CallbackRequest{Code: vault.NewSecret("code")}); err != nil {
		w.t.Fatal(err)
	}
	var done struct {
		Status  string
		Account struct {
			AccountID int64 `json:"account_id"`
		}
	}
	w.call(http.MethodGet, "/connect/"+w.state.Reveal(), "", headers...).into(w.t, http.StatusOK, &done)
	if done.Status != "connected" || done.Account.AccountID == 0 {
		w.t.Fatalf("got %+v, want a connected account", done)
	}
	return done.Account.AccountID
}

// change changes a channel behind the interface's back.
func (w *world) change(id int64, fn func(*connect.Channel)) {
	w.t.Helper()
	w.inTx(func(tx connect.Tx) error {
		channel, err := tx.LockChannel(context.Background(), w.workspace.ID, id)
		if err != nil {
			return err
		}
		fn(&channel)
		return tx.UpdateChannel(context.Background(), channel)
	})
}

// ends says when the consent of a channel ends.
func (w *world) ends(id int64, at time.Time) {
	w.t.Helper()
	w.inTx(func(tx connect.Tx) error {
		channel, err := tx.Channel(context.Background(), w.workspace.ID, id)
		if err != nil {
			return err
		}
		grant, err := tx.LockGrant(context.Background(), w.workspace.ID, channel.GrantID)
		if err != nil {
			return err
		}
		grant.EndsAt = at
		return tx.ClaimGrant(context.Background(), grant, grant.Fence, time.Nanosecond)
	})
}

func at(path string, id int64) string { return fmt.Sprintf(path, id) }

// setWorkspace changes a setting of the workspace.
func (w *world) setWorkspace(fn func(*connect.Workspace)) {
	w.t.Helper()
	w.inTx(func(tx connect.Tx) error {
		ws, err := tx.LockWorkspace(context.Background(), w.workspace.ID)
		if err != nil {
			return err
		}
		fn(&ws)
		return tx.UpdateWorkspace(context.Background(), ws)
	})
}

// exec changes the database as nothing in the program does.
func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.db.ExecContext(w.t.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) review(id int64, state connect.ReviewState) {
	w.t.Helper()
	w.exec(`UPDATE channels SET review = $2 WHERE id = $1`, id, state)
}

// bare makes a channel that has no consent, as other interfaces can.
func (w *world) bare() int64 {
	w.t.Helper()
	var id int64
	w.inTx(func(tx connect.Tx) error {
		owner, err := tx.DefaultOwner(context.Background(), w.workspace.ID)
		if err != nil {
			return err
		}
		made, err := tx.SaveChannel(context.Background(), connect.Channel{
			WorkspaceID: w.workspace.ID, OwnerID: owner.ID, Platform: "facebook", Kind: "page", ExternalID: "bare",
			Lifecycle: connect.LifecycleActive, Health: connect.HealthUnknown, Review: connect.ReviewNone,
			CreatedAt: documentTime, UpdatedAt: documentTime,
		})
		id = made.ID
		return err
	})
	return id
}

// copies makes n more channels on a channel's consent.
func (w *world) copies(id int64, n int) {
	w.t.Helper()
	w.inTx(func(tx connect.Tx) error {
		channel, err := tx.Channel(context.Background(), w.workspace.ID, id)
		if err != nil {
			return err
		}
		for i := range n {
			channel.ExternalID = fmt.Sprint("copy ", i)
			if _, err := tx.SaveChannel(context.Background(), channel); err != nil {
				return err
			}
		}
		return nil
	})
}

// forgetAnswer leaves the one kept answer as a server leaves it that dies before it.
func (w *world) forgetAnswer() {
	w.t.Helper()
	var r connect.Reply
	row := w.db.QueryRowContext(w.t.Context(), `SELECT id, workspace_id, key_hash FROM replies`)
	if err := row.Scan(&r.ID, &r.WorkspaceID, &r.KeyHash); err != nil {
		w.t.Fatal(err)
	}
	place := vault.Place{Workspace: r.WorkspaceID, Table: "replies", Row: r.ID, Field: "reply " + hex.EncodeToString(r.KeyHash)}
	sealed, err := w.vault.Seal(place, vault.Secret{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.exec(`UPDATE replies SET sealed = $1`, sealed)
}
