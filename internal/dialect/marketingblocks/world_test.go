package marketingblocks_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/dialect/dialecttest"
	"patchbay/internal/dialect/marketingblocks"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// vendorOrigin stands for this server's own address, so that answers can be held to
// the document's byte for byte.
const vendorOrigin = "https://app.marketingblocks.ai"

// documentTime is when the document's pending example was made.
var documentTime = time.Date(2026, 5, 15, 10, 0, 0, 0, time.UTC)

// world is the interface over a real core and a real store, with one workspace.
type world struct {
	http.Handler
	t         *testing.T
	svc       *connect.Service
	store     *sqlstore.Store
	clock     atomic.Int64 // unix milliseconds
	workspace connect.Workspace
	token     string // of a key that may add channels
	link      vault.Secret
	browser   vault.Secret
}

func newWorld(t *testing.T) *world {
	t.Helper()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "test.db"), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	w := &world{t: t, store: store, browser: vault.NewSecret("a browser")}
	w.clock.Store(documentTime.UnixMilli())
	w.svc = connect.New(connect.Config{
		Store: store, Vault: newVault(t), Platforms: platform.NewRegistry(vendors()), Apps: w.apps(),
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: w.now, PublicURL: vendorOrigin},
		Log: slog.New(slog.DiscardHandler),
	})
	w.workspace = w.newWorkspace(connect.Workspace{Name: "Acme"})
	w.token = w.newKey(connect.Key{WorkspaceID: w.workspace.ID, Scopes: []connect.Scope{connect.ScopeSessionsWrite}})
	w.Handler = httpx.Mux(marketingblocks.New(w.svc, vendorOrigin, w.now, nil).Routes())
	return w
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

func (w *world) apps() map[string]platform.App {
	w.t.Helper()
	apps := map[string]platform.App{}
	w.inTx(func(tx connect.Tx) error {
		for _, p := range vendors() {
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

// golden is the world as the golden files see it.
func (w *world) golden() *dialecttest.World {
	words := map[string]string{
		"<token>": w.token,
		"<token without add-channels>": w.newKey(connect.Key{
			WorkspaceID: w.workspace.ID, Scopes: []connect.Scope{connect.ScopeSessionsRead, connect.ScopeChannelsRead},
		}),
	}
	return &dialecttest.World{
		Handler: w, Origin: vendorOrigin, Words: words,
		Learn: func(body []byte) {
			if w.learnLink(body) {
				words["abc123"] = w.link.Reveal()
			}
		},
		Steps: map[string]func(*testing.T, string){
			"at":                   func(_ *testing.T, when string) { w.at(when) },
			"channels":             func(_ *testing.T, n string) { w.fillChannels(n) },
			"begin":                func(_ *testing.T, id string) { w.begin(id) },
			"connect":              func(_ *testing.T, id string) { w.comeBack(id, connect.CallbackRequest{Code: vault.NewSecret("code")}) },
			"deny":                 func(_ *testing.T, id string) { w.comeBack(id, connect.CallbackRequest{Error: "access_denied"}) },
			"choose":               func(_ *testing.T, n string) { w.choose(n) },
			"leave":                func(*testing.T, string) { w.leave() },
			"require-redirect-url": func(*testing.T, string) { words["<token>"] = w.strictToken() },
		},
		Redirect: func(*testing.T) string { return w.redirect() },
	}
}

// learnLink takes the link token out of an answer of connect-channel.
func (w *world) learnLink(body []byte) bool {
	var reply struct {
		ConnectToken string `json:"connect_token"`
	}
	if json.Unmarshal(body, &reply) != nil || reply.ConnectToken == "" {
		return false
	}
	w.link = vault.NewSecret(reply.ConnectToken)
	return true
}

// at moves the clock.
func (w *world) at(when string) {
	w.t.Helper()
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		w.t.Fatal(err)
	}
	w.clock.Store(at.UnixMilli())
}

// fillChannels makes channels of somebody else, so that the next ids are the document's.
func (w *world) fillChannels(count string) {
	w.t.Helper()
	n, err := strconv.Atoi(count)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx := context.Background()
	w.inTx(func(tx connect.Tx) error {
		owner, err := tx.DefaultOwner(ctx, w.workspace.ID)
		if err != nil {
			return err
		}
		for i := range n {
			_, err := tx.SaveChannel(ctx, connect.Channel{
				WorkspaceID: w.workspace.ID, OwnerID: owner.ID, Platform: "facebook", Kind: "page", ExternalID: fmt.Sprint("other", i),
				Lifecycle: connect.LifecycleActive, Health: connect.HealthHealthy, Review: connect.ReviewNone,
				CreatedAt: documentTime, UpdatedAt: documentTime,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// strictToken is a key of a workspace that requires redirectUrl.
func (w *world) strictToken() string {
	strict := w.newWorkspace(connect.Workspace{Name: "Strict", RequireRedirectURL: true})
	return w.newKey(connect.Key{WorkspaceID: strict.ID, Scopes: []connect.Scope{connect.ScopeSessionsWrite}})
}

// begin picks a platform on the hosted page and answers the state that it got.
func (w *world) begin(platformID string) vault.Secret {
	w.t.Helper()
	address, err := w.svc.Begin(w.t.Context(), connect.BeginRequest{Link: w.link, Browser: w.browser, Platform: platformID})
	if err != nil {
		w.t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		w.t.Fatal(err)
	}
	return vault.NewSecret(u.Query().Get("state"))
}

// comeBack goes to the platform and returns from there.
func (w *world) comeBack(platformID string, r connect.CallbackRequest) {
	w.t.Helper()
	r.Platform, r.State, r.Browser = platformID, w.begin(platformID), w.browser
	if _, err := w.svc.Callback(w.t.Context(), r); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) open() connect.LinkView {
	w.t.Helper()
	v, err := w.svc.OpenLink(w.t.Context(), w.link, w.browser)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

// choose picks the first n targets.
func (w *world) choose(count string) {
	w.t.Helper()
	n, err := strconv.Atoi(count)
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []int64
	for _, target := range w.open().Targets[:n] {
		ids = append(ids, target.ID)
	}
	if _, err := w.svc.Choose(w.t.Context(), connect.ChooseRequest{Link: w.link, Browser: w.browser, TargetIDs: ids}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) leave() {
	w.t.Helper()
	if _, err := w.svc.Leave(w.t.Context(), w.link); err != nil {
		w.t.Fatal(err)
	}
}

// redirect is where the hosted pages would send the person.
func (w *world) redirect() string {
	v := w.open()
	outcome := connect.Outcome{Session: v.Session, Channels: v.Channels, Link: w.link}
	return connect.AppendParams(v.Session.RedirectURL, marketingblocks.Face{}.Return(outcome))
}
