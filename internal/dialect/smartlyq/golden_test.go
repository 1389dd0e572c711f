package smartlyq_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/dialect/dialecttest"
	"patchbay/internal/dialect/smartlyq"
	"patchbay/internal/vault"
)

func TestDocuments(t *testing.T) {
	t.Parallel()
	dialecttest.Replay(t, func(t *testing.T) *dialecttest.World { return newWorld(t).golden() }, "testdata")
}

// documentKey is the key of the guide's examples.
const documentKey = "sqk_live_xxxxxxxxxxxx"

// golden is the world as the golden files see it.
func (w *world) golden() *dialecttest.World {
	g := &goldenWorld{world: w, words: map[string]string{documentKey: w.token, "{state_token}": "none yet"}}
	return &dialecttest.World{
		Handler: http.HandlerFunc(g.withoutMeta), Origin: apiOrigin, Words: g.words, Learn: g.learn, Redirect: g.redirect,
		Steps: map[string]func(*testing.T, string){
			"at":           func(_ *testing.T, when string) { g.at(when) },
			"approve":      func(_ *testing.T, id string) { g.arrive(id, connect.CallbackRequest{Code: vault.NewSecret("code")}) },
			"deny":         func(_ *testing.T, id string) { g.arrive(id, connect.CallbackRequest{Error: "access_denied"}) },
			"connect":      func(_ *testing.T, args string) { word, id, _ := strings.Cut(args, " "); w.connected(word, id) },
			"accounts":     func(_ *testing.T, n string) { g.fill(n) },
			"profile":      func(_ *testing.T, name string) { w.newOwner(name) },
			"ends":         func(_ *testing.T, args string) { g.ends(args) },
			"health":       func(_ *testing.T, args string) { g.health(args) },
			"group":        func(_ *testing.T, body string) { g.group(body) },
			"headless-off": func(*testing.T, string) { g.workspaceOf(connect.Workspace{Name: "Off", NoHeadless: true}) },
			"bounce-page":  func(*testing.T, string) { g.workspaceOf(connect.Workspace{Name: "Bounced", BouncePage: true}) },
			"key":          func(_ *testing.T, scopes string) { g.key(scopes) },
			"test-key":     func(*testing.T, string) { g.words[documentKey] = "sqk_live_0123456789abcdef" },
		},
	}
}

type goldenWorld struct {
	*world
	words map[string]string
}

var metaMember = regexp.MustCompile(`,"meta":\{"request_id":"[a-z0-9]+","timestamp":"[0-9TZ:-]+"\}\}$`)

// withoutMeta takes away what every answer has and no example of the guide shows.
func (g *goldenWorld) withoutMeta(w http.ResponseWriter, r *http.Request) {
	recorded := httptest.NewRecorder()
	g.ServeHTTP(recorded, r)
	for name, values := range recorded.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(recorded.Code)
	_, _ = w.Write(metaMember.ReplaceAll(recorded.Body.Bytes(), []byte("}")))
}

// learn takes links out of answers: where the guide shows dots, a real one goes on.
func (g *goldenWorld) learn(body []byte) {
	var told struct {
		Data struct {
			ConnectURL   string `json:"connect_url"`
			ReconnectURL string `json:"reconnect_url"`
		}
	}
	if json.Unmarshal(body, &told) != nil {
		return
	}
	if g.learnState(told.Data.ConnectURL) {
		g.words["{state_token}"] = g.state.Reveal()
		g.words["?..."] = told.Data.ConnectURL[strings.Index(told.Data.ConnectURL, "?"):]
	}
	if _, token, ok := strings.Cut(told.Data.ReconnectURL, "token="); ok {
		g.words["token=..."] = "token=" + token
	}
}

func (g *goldenWorld) at(when string) {
	g.t.Helper()
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		g.t.Fatal(err)
	}
	g.clock.Store(at.UnixMilli())
}

func (g *goldenWorld) arrive(platformID string, r connect.CallbackRequest) {
	g.t.Helper()
	if err := g.comeBack(platformID, r); err != nil {
		g.t.Fatal(err)
	}
}

// fill makes accounts of somebody else, so that the next ids are the document's.
func (g *goldenWorld) fill(count string) {
	g.t.Helper()
	n, err := strconv.Atoi(count)
	if err != nil {
		g.t.Fatal(err)
	}
	other := g.newOwner("somebody else")
	g.inTx(func(tx connect.Tx) error {
		for i := range n {
			_, err := tx.SaveChannel(g.t.Context(), connect.Channel{
				WorkspaceID: g.workspace.ID, OwnerID: other, Platform: "facebook", Kind: "page", ExternalID: strconv.Itoa(i),
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

// account reads "<id> <rest>".
func (g *goldenWorld) account(args string) (int64, string) {
	g.t.Helper()
	first, rest, _ := strings.Cut(args, " ")
	id, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		g.t.Fatal(err)
	}
	return id, rest
}

func (g *goldenWorld) ends(args string) {
	g.t.Helper()
	id, when := g.account(args)
	at, err := time.Parse(time.RFC3339, when)
	if err != nil {
		g.t.Fatal(err)
	}
	g.world.ends(id, at)
}

func (g *goldenWorld) health(args string) {
	g.t.Helper()
	id, health := g.account(args)
	g.change(id, func(c *connect.Channel) { c.Health, c.HealthReason = connect.Health(health), "revoked" })
}

func (g *goldenWorld) group(body string) {
	g.t.Helper()
	if got := g.call(http.MethodPost, "/account-groups", body); got.Status != http.StatusCreated {
		g.t.Fatalf("group: got %d %s", got.Status, got.Body)
	}
}

// workspaceOf goes on with a key of another workspace.
func (g *goldenWorld) workspaceOf(ws connect.Workspace) {
	made := g.newWorkspace(ws)
	g.words[documentKey] = g.newKey(connect.Key{WorkspaceID: made.ID, Scopes: connect.Scopes()})
}

// key goes on with a key of some scopes.
func (g *goldenWorld) key(scopes string) {
	var list []connect.Scope
	for _, s := range strings.Fields(scopes) {
		list = append(list, connect.Scope(s))
	}
	g.words[documentKey] = g.newKey(connect.Key{WorkspaceID: g.workspace.ID, Scopes: list})
}

// redirect is where the person would be sent.
func (g *goldenWorld) redirect(t *testing.T) string {
	v, err := g.svc.OpenLink(t.Context(), g.state, vault.NewSecret("a browser"))
	if err != nil {
		t.Fatal(err)
	}
	outcome := connect.Outcome{Session: v.Session, Channels: v.Channels, Link: g.state}
	return connect.AppendParams(v.Session.RedirectURL, smartlyq.Face{}.Return(outcome))
}
