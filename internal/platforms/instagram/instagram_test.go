package instagram_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/instagram"
	"patchbay/internal/vault"
)

// graph answers for graph.facebook.com: path without the version → body. What it does
// not know is invisible. It notes what was asked for.
type graph struct {
	answers map[string]string

	mu     sync.Mutex
	calls  []string
	fields string // of /me/accounts
}

const (
	granted = `{"data":[{"permission":"instagram_basic","status":"granted"},{"permission":"instagram_content_publish","status":"granted"},` +
		`{"permission":"pages_show_list","status":"granted"},{"permission":"pages_read_engagement","status":"granted"},{"permission":"business_management","status":"granted"}]}`
	invisible = `{"error":{"message":"canary","type":"OAuthException","code":100,"error_subcode":33}}`
)

// newGraph is a person whose /me/accounts are these rows.
func newGraph(rows ...string) *graph {
	return &graph{answers: map[string]string{
		"/me": `{"id":"7","name":"Somebody"}`, "/me/permissions": granted, "/me/businesses": `{"data":[]}`,
		"/me/accounts": list(rows...),
	}}
}

func list(rows ...string) string { return `{"data":[` + strings.Join(rows, ",") + `]}` }

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v26.0")
	g.calls = append(g.calls, path)
	if path == "/me/accounts" {
		g.fields = r.URL.Query().Get("fields")
	}
	body, ok := g.answers[path]
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		body = invisible
	}
	_, _ = w.Write([]byte(body))
}

// verify is what the core does with a token.
func (g *graph) verify(t *testing.T) (platform.Identity, []platform.Target, error) {
	t.Helper()
	srv := httptest.NewServer(g)
	t.Cleanup(srv.Close)
	return platform.Verify(t.Context(), instagram.New(""), &platform.Client{
		Env: platform.Env{Now: time.Now, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://graph.facebook.com": srv.URL}})},
		App: platform.App{ClientID: "app", ClientSecret: vault.NewSecret("secret")}, Credentials: platform.Credentials{Access: vault.NewSecret("user-token")},
	})
}

// brief is a target in one line: account, name, then page and its token or why it is blocked.
func brief(targets []platform.Target) []string {
	var out []string
	for _, target := range targets {
		out = append(out, strings.Join([]string{target.ExternalID, target.Name, target.Credentials.Extra.Reveal(), target.Credentials.Access.Reveal() + target.Blocked}, " "))
	}
	return out
}

func TestAccount(t *testing.T) {
	t.Parallel()
	g := newGraph(`{"id":"1","name":"Studio page","access_token":"T","tasks":["MANAGE"],"instagram_business_account":{"id":"17841400000000001","username":"lab.studio",` +
		`"name":"Studio","profile_picture_url":"https://pictures.example/1","followers_count":12}}`)
	id, targets, err := g.verify(t)
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != "7" || id.Name != "Somebody" || len(id.Scopes) != 5 {
		t.Errorf("got %+v, want the Facebook user and what was granted", id)
	}
	followers := int64(12)
	want := []platform.Target{{
		Kind: "profile", Role: platform.RoleAccount, ExternalID: "17841400000000001",
		Facts: platform.Facts{
			Name: "Studio", Username: "lab.studio", URL: "https://www.instagram.com/lab.studio/",
			AvatarURL: "https://pictures.example/1", Followers: &followers,
		},
		Credentials: platform.Credentials{Access: vault.NewSecret("T"), Extra: vault.NewSecret("1")},
	}}
	if d := cmp.Diff(want, targets); d != "" {
		t.Errorf("targets (-want +got):\n%s", d)
	}
	if want := "instagram_business_account{id,username,name,profile_picture_url,followers_count}"; !strings.HasSuffix(g.fields, want) {
		t.Errorf("got fields %s, want %s among them", g.fields, want)
	}
}

func TestAbsentFields(t *testing.T) {
	t.Parallel()
	for account, want := range map[string]platform.Facts{
		`{"id":"9","username":"plain"}`:           {Name: "plain", Username: "plain", URL: "https://www.instagram.com/plain/"},
		`{"id":"9","username":"plain","name":""}`: {Name: "plain", Username: "plain", URL: "https://www.instagram.com/plain/"},
		`{"id":"9"}`: {Name: "The page"},
		`{"id":"9","name":"N","username":"a/../b?c=d&e f#g"}`: {Name: "N", Username: "a/../b?c=d&e f#g", URL: "https://www.instagram.com/a%2F..%2Fb%3Fc=d&e%20f%23g/"},
	} {
		_, targets, err := newGraph(`{"id":"1","name":"The page","access_token":"T","instagram_business_account":` + account + `}`).verify(t)
		if err != nil || len(targets) != 1 {
			t.Fatalf("%s: got %d targets, %v", account, len(targets), err)
		}
		if d := cmp.Diff(want, targets[0].Facts); d != "" {
			t.Errorf("%s (-want +got):\n%s", account, d)
		}
	}
	_, _, err := newGraph(`{"id":"1","access_token":"T","instagram_business_account":{"username":"nobody"}}`).verify(t)
	if got := fault.ReasonOf(err); got != "platform_unavailable" {
		t.Errorf("an account without an id: got %q (%v)", got, err)
	}
}

// Each of these is a page, or none, and the person is told which it was.
func TestWithoutAccount(t *testing.T) {
	t.Parallel()
	const bare, null = `{"id":"1","name":"One","access_token":"T"}`, `{"id":"2","name":"Two","access_token":"U","instagram_business_account":null}`
	const linked = `{"id":"3","name":"Three","access_token":"V","instagram_business_account":{"id":"9"}}`
	for _, c := range []struct {
		name   string
		rows   []string
		want   []string
		reason string
	}{
		{"no page", nil, nil, "no_targets"},
		{"a page without account", []string{bare}, nil, "no_instagram"},
		{"several, one says null", []string{bare, null}, nil, "no_instagram"},
		{"one of them has one: the others are no targets", []string{bare, linked, null}, []string{"9 Three 3 V"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, targets, err := newGraph(c.rows...).verify(t)
			if got := fault.ReasonOf(err); got != c.reason {
				t.Fatalf("reason: got %q (%v), want %q", got, err, c.reason)
			}
			if d := cmp.Diff(c.want, brief(targets)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestBlocked(t *testing.T) {
	t.Parallel()
	for row, want := range map[string]string{
		`"access_token":"T","tasks":["CREATE_CONTENT"]`:     "9 a 1 T",
		`"access_token":"T"`:                                "9 a 1 T",
		`"access_token":"T","tasks":["ANALYZE","MODERATE"]`: "9 a  no_task",
		`"tasks":["MANAGE"]`:                                "9 a  no_token",
	} {
		_, targets, err := newGraph(`{"id":"1",` + row + `,"instagram_business_account":{"id":"9","username":"a"}}`).verify(t)
		if d := cmp.Diff([]string{want}, brief(targets)); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", row, err, d)
		}
	}
}

// People have a page of their own without an account, and the account behind a page of
// their portfolio, which /me/accounts does not list.
func TestPortfolio(t *testing.T) {
	t.Parallel()
	const account = `"instagram_business_account":{"id":"9","username":"a"}`
	const own = `{"id":"1","name":"Own","access_token":"T"}`
	for _, c := range []struct {
		name   string
		change func(*graph)
		want   []string
		reason string
		asked  []string // after /me/accounts
	}{
		{"nothing is listed", func(g *graph) { g.answers["/me/accounts"] = list() }, []string{"9 a 2 asked-2"}, "", []string{"/me/businesses", "/b/owned_pages", "/b/client_pages", "/2"}},
		{"what is listed has no account", func(*graph) {}, []string{"9 a 2 asked-2"}, "", []string{"/me/businesses", "/b/owned_pages", "/b/client_pages", "/2"}},
		{"what is listed has one", func(g *graph) {
			g.answers["/me/accounts"] = list(`{"id":"1","access_token":"T",` + account + `}`)
		}, []string{"9 a 1 T"}, "", nil},
		{"business_management was declined", func(g *graph) {
			g.answers["/me/permissions"] = strings.Replace(granted, "business_management", "instagram_manage_comments", 1)
		}, nil, "no_instagram", nil},
		{"no account there either", func(g *graph) { g.answers["/b/client_pages"] = list(`{"id":"2"}`) }, nil, "no_instagram", []string{"/me/businesses", "/b/owned_pages", "/b/client_pages"}},
		{"no token there", func(g *graph) { delete(g.answers, "/2") }, []string{"9 a  no_token"}, "", []string{"/me/businesses", "/b/owned_pages", "/b/client_pages", "/2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGraph(own)
			g.answers["/me/businesses"] = list(`{"id":"b"}`)
			g.answers["/b/owned_pages"] = list(`{"id":"4","name":"Without account, and without token"}`)
			g.answers["/b/client_pages"] = list(`{"id":"2",` + account + `}`)
			g.answers["/2"] = `{"id":"2","access_token":"asked-2"}`
			c.change(g)
			_, targets, err := g.verify(t)
			if got := fault.ReasonOf(err); got != c.reason {
				t.Fatalf("reason: got %q (%v), want %q", got, err, c.reason)
			}
			if d := cmp.Diff(c.want, brief(targets)); d != "" {
				t.Errorf("targets (-want +got):\n%s", d)
			}
			if got := g.calls[slices.Index(g.calls, "/me/accounts")+1:]; !slices.Equal(got, c.asked) {
				t.Errorf("asked %q after /me/accounts, want %q", got, c.asked)
			}
		})
	}
}

func TestNothingIsListedWithoutARequiredPermission(t *testing.T) {
	t.Parallel()
	g := newGraph()
	g.answers["/me/permissions"] = strings.Replace(granted, `"instagram_basic","status":"granted"`, `"instagram_basic","status":"declined"`, 1)
	_, _, err := g.verify(t)
	if got := fault.ReasonOf(err); got != "scopes_missing" || slices.Contains(g.calls, "/me/accounts") {
		t.Errorf("got %q after %q", got, g.calls)
	}
}
