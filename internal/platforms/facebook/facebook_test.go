package facebook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
	"patchbay/internal/platforms/facebook"
	"patchbay/internal/vault"
)

// graph answers for graph.facebook.com: path without the version → status and body.
type graph struct {
	mu      sync.Mutex
	answers map[string]string
	status  map[string]int
	calls   []string
	queries []url.Values
}

const everything = `{"data":[{"permission":"pages_show_list","status":"granted"},{"permission":"pages_read_engagement","status":"granted"},` +
	`{"permission":"pages_manage_posts","status":"granted"},{"permission":"business_management","status":"granted"},{"permission":"read_insights","status":"declined"}]}`

func newGraph() *graph {
	return &graph{status: map[string]int{}, answers: map[string]string{
		"/me/permissions": everything,
		"/me":             `{"id":"7","name":"Somebody","picture":{"data":{"url":"https://pictures.example/7"}}}`,
		"/me/accounts":    `{"data":[]}`,
		"/me/businesses":  `{"data":[]}`,
	}}
}

func (g *graph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/v26.0")
	g.calls, g.queries = append(g.calls, r.Method+" "+path), append(g.queries, r.URL.Query())
	key := path
	if after := r.URL.Query().Get("after"); after != "" {
		key += "?after=" + after
	}
	if token := r.URL.Query().Get("input_token"); token != "" {
		key += "?" + token
	}
	body, ok := g.answers[key]
	status := g.status[key]
	switch {
	case !ok:
		status, body = 400, graphError(100, 33)
	case status == 0:
		status = 200
	}
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body))
}

func graphError(code, subcode int) string {
	return fmt.Sprintf(`{"error":{"message":"canary 190 490","type":"OAuthException","code":%d,"error_subcode":%d}}`, code, subcode)
}

func (g *graph) client(t *testing.T) *platform.Client {
	t.Helper()
	srv := httptest.NewServer(g)
	t.Cleanup(srv.Close)
	return &platform.Client{
		Env: platform.Env{Now: time.Now, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://graph.facebook.com": srv.URL}})},
		App: platform.App{ClientID: "app", ClientSecret: vault.NewSecret("secret")}, Credentials: platform.Credentials{Access: vault.NewSecret("user-token")},
	}
}

func pages(t *testing.T, ids ...string) string {
	t.Helper()
	var rows []map[string]any
	for _, id := range ids {
		rows = append(rows, map[string]any{"id": id, "name": "Page " + id, "access_token": "token-" + id, "tasks": []string{"MANAGE"}})
	}
	b, err := json.Marshal(rows)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// brief is a target in one word: id, and its token or why it is blocked.
func brief(targets []platform.Target) []string {
	var out []string
	for _, target := range targets {
		out = append(out, target.ExternalID+" "+target.Credentials.Access.Reveal()+target.Blocked)
	}
	return out
}

func TestIdentityAndFacts(t *testing.T) {
	t.Parallel()
	g := newGraph()
	g.answers["/me/accounts"] = `{"data":[{"id":"1","name":"Bakery","username":"labbakery","access_token":"T","picture":{"data":{"url":"https://pictures.example/1"}},` +
		`"category":"Bakery","followers_count":12,"tasks":["CREATE_CONTENT"]},{"id":"2","name":"Plain","access_token":"U"}]}`
	id, targets, err := facebook.New("").Targets(t.Context(), g.client(t))
	if err != nil {
		t.Fatal(err)
	}
	wantID := platform.Identity{
		Subject: "7", Facts: platform.Facts{Name: "Somebody", AvatarURL: "https://pictures.example/7"},
		Scopes: []string{"pages_show_list", "pages_read_engagement", "pages_manage_posts", "business_management"},
	}
	if d := cmp.Diff(wantID, id); d != "" {
		t.Errorf("identity (-want +got):\n%s", d)
	}
	followers := int64(12)
	want := []platform.Target{
		{Kind: "page", Role: platform.RoleAccount, ExternalID: "1", Credentials: platform.Credentials{Access: vault.NewSecret("T")}, Facts: platform.Facts{
			Name: "Bakery", Username: "labbakery", URL: "https://www.facebook.com/labbakery", AvatarURL: "https://pictures.example/1", Category: "Bakery", Followers: &followers,
		}},
		{Kind: "page", Role: platform.RoleAccount, ExternalID: "2", Credentials: platform.Credentials{Access: vault.NewSecret("U")}, Facts: platform.Facts{
			Name: "Plain", URL: "https://www.facebook.com/2",
		}},
	}
	if d := cmp.Diff(want, targets); d != "" {
		t.Errorf("targets (-want +got):\n%s", d)
	}
}

func TestEveryCallProvesTheAppSecret(t *testing.T) {
	t.Parallel()
	g := newGraph()
	g.answers["/me/accounts"] = `{"data":` + pages(t, "1") + `,"paging":{"next":"https://graph.facebook.com/v26.0/me/accounts?access_token=leaked&after=x&limit=100"}}`
	g.answers["/me/accounts?after=x"] = `{"data":[]}`
	if _, _, err := facebook.New("").Targets(t.Context(), g.client(t)); err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte("user-token"))
	proof := hex.EncodeToString(mac.Sum(nil))
	for i, q := range g.queries {
		if q.Get("appsecret_proof") != proof || q.Has("access_token") {
			t.Errorf("%s: got %v, want the proof and no token", g.calls[i], q)
		}
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	const next = `,"paging":{"next":"%s/v26.0/me/accounts?after=%s"}}`
	for _, c := range []struct {
		name, next string
		want       []string
		reason     string
	}{
		{"followed", "https://graph.facebook.com", []string{"1 token-1", "2 token-2"}, ""},
		{"another host", "https://graph.facebook.com.evil.example", nil, "platform_unavailable"},
		{"a user before the host", "https://graph.facebook.com@evil.example", nil, "platform_unavailable"},
		{"user at the right host", "https://user@graph.facebook.com", nil, "platform_unavailable"},
		{"another port", "https://graph.facebook.com:8443", nil, "platform_unavailable"},
		{"plain http", "http://graph.facebook.com", nil, "platform_unavailable"},
		{"no host", "", nil, "platform_unavailable"},
		{"no URL", ":// ", nil, "platform_unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGraph()
			g.answers["/me/accounts"] = `{"data":` + pages(t, "1") + fmt.Sprintf(next, c.next, "x")
			g.answers["/me/accounts?after=x"] = `{"data":` + pages(t, "2") + `}`
			_, targets, err := facebook.New("").Targets(t.Context(), g.client(t))
			if got := fault.ReasonOf(err); got != c.reason {
				t.Fatalf("reason: got %q (%v), want %q", got, err, c.reason)
			}
			if d := cmp.Diff(c.want, brief(targets)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestPagingEnds(t *testing.T) {
	t.Parallel()
	g := newGraph()
	endless := `{"data":` + pages(t, "1") + `,"paging":{"next":"https://graph.facebook.com/v26.0/me/accounts?after=x"}}`
	g.answers["/me/accounts"], g.answers["/me/accounts?after=x"] = endless, endless
	if _, _, err := facebook.New("").Targets(t.Context(), g.client(t)); err != nil {
		t.Fatal(err)
	}
	if len(g.calls) != 22 { // permissions, me, and 20 pages of the list
		t.Errorf("got %d calls, want 22", len(g.calls))
	}
}

func TestPortfolio(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*graph)
		want   []string
		reason string
	}{
		{"merged by id, the row with a token wins", func(*graph) {}, []string{"1 token-1", "2 token-2", "3 asked-3"}, ""},
		{"not walked when pages are listed", func(g *graph) { g.answers["/me/accounts"] = `{"data":` + `[{"id":"9","access_token":"T"}]}` }, []string{"9 T"}, ""},
		{"not walked without business_management", func(g *graph) {
			g.answers["/me/permissions"] = strings.Replace(everything, "business_management", "read_insights", 1)
		}, nil, ""},
		{"no token at all", func(g *graph) { g.answers["/3"] = `{"id":"3"}` }, []string{"1 token-1", "2 token-2", "3 no_token"}, ""},
		{"page is not visible", func(g *graph) { delete(g.answers, "/3") }, []string{"1 token-1", "2 token-2", "3 no_token"}, ""},
		{"page refused", func(g *graph) { g.answers["/3"], g.status["/3"] = graphError(10, 0), 403 }, []string{"1 token-1", "2 token-2", "3 no_token"}, ""},
		{"page in trouble", func(g *graph) { g.answers["/3"], g.status["/3"] = graphError(2, 0), 500 }, nil, "platform_unavailable"},
		{"an edge that may not be seen", func(g *graph) { g.answers["/b1/client_pages"], g.status["/b1/client_pages"] = graphError(200, 0), 403 }, []string{"1 token-1", "2 no_token"}, ""},
		{"rate limit on an edge", func(g *graph) {
			g.answers["/b1/client_pages"], g.status["/b1/client_pages"] = graphError(80001, 0), 400
		}, nil, "platform_unavailable"},
		{"businesses may not be seen", func(g *graph) { g.answers["/me/businesses"], g.status["/me/businesses"] = graphError(200, 0), 403 }, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			g := newGraph()
			g.answers["/me/businesses"] = `{"data":[{"id":"b1"},{"id":"b2"}]}`
			g.answers["/b1/owned_pages"] = `{"data":[{"id":"1","access_token":"token-1"},{"id":"2"}]}`
			g.answers["/b1/client_pages"] = `{"data":[{"id":"2","access_token":"token-2"},{"id":"3"}]}`
			g.answers["/b2/owned_pages"] = `{"data":[{"id":"1"}]}`
			g.answers["/b2/client_pages"] = `{"data":[]}`
			g.answers["/3"] = `{"access_token":"asked-3","id":"3"}`
			c.change(g)
			_, targets, err := facebook.New("").Targets(t.Context(), g.client(t))
			if got := fault.ReasonOf(err); got != c.reason {
				t.Fatalf("reason: got %q (%v), want %q", got, err, c.reason)
			}
			if d := cmp.Diff(c.want, brief(targets)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestTasks(t *testing.T) {
	t.Parallel()
	for tasks, want := range map[string]string{
		`"tasks":["MANAGE"]`: "1 T", `"tasks":["ANALYZE","CREATE_CONTENT"]`: "1 T", `"tasks":["ANALYZE","MODERATE"]`: "1 no_task",
		`"tasks":[]`: "1 no_task", `"tasks":null`: "1 T", `"category":"not told"`: "1 T",
	} {
		g := newGraph()
		g.answers["/me/accounts"] = `{"data":[{"id":"1","access_token":"T",` + tasks + `}]}`
		_, targets, err := facebook.New("").Targets(t.Context(), g.client(t))
		if d := cmp.Diff([]string{want}, brief(targets)); err != nil || d != "" {
			t.Errorf("%s: %v (-want +got):\n%s", tasks, err, d)
		}
	}
}

func TestNothingIsListedWithoutARequiredPermission(t *testing.T) {
	t.Parallel()
	g := newGraph()
	g.answers["/me/permissions"] = strings.Replace(everything, `"pages_manage_posts","status":"granted"`, `"pages_manage_posts","status":"expired"`, 1)
	_, _, err := platform.Verify(t.Context(), facebook.New(""), g.client(t))
	if got := fault.ReasonOf(err); got != "scopes_missing" {
		t.Errorf("got %q (%v)", got, err)
	}
	if d := cmp.Diff([]string{"GET /me/permissions", "GET /me"}, g.calls); d != "" {
		t.Errorf("calls (-want +got):\n%s", d)
	}
}

// The codes of https://developers.facebook.com/docs/graph-api/guides/error-handling; the
// text of each holds other codes, which must not matter.
func TestGraphErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, code, subcode int
		reason                string
	}{
		{400, 190, 0, "consent_ended"},
		{400, 190, 458, "consent_ended"},
		{401, 190, 460, "consent_ended"},
		{200, 190, 463, "consent_ended"},
		{400, 102, 0, "consent_ended"},
		{403, 10, 0, "scopes_missing"},
		{403, 200, 0, "scopes_missing"},
		{403, 299, 0, "scopes_missing"},
		{400, 300, 0, "platform_unavailable"}, // a code that nobody knows blames nobody
		{400, 1, 0, "platform_unavailable"},
		{500, 2, 0, "platform_unavailable"},
		{400, 4, 0, "platform_unavailable"},
		{400, 17, 0, "platform_unavailable"},
		{400, 32, 0, "platform_unavailable"},
		{400, 341, 0, "platform_unavailable"},
		{400, 368, 0, "platform_unavailable"},
		{400, 613, 0, "platform_unavailable"},
		{400, 80001, 0, "platform_unavailable"},
		{503, 190, 0, "platform_unavailable"},
		{429, 190, 0, "platform_unavailable"},
		{400, 2635, 0, "platform_rejected"}, // the version has ended
		{400, 104, 0, "platform_rejected"},  // the proof is wrong
		{400, 0, 0, "platform_unavailable"},
		{401, 0, 0, "consent_ended"},
	} {
		g := newGraph()
		g.answers["/me"], g.status["/me"] = graphError(c.code, c.subcode), c.status
		_, _, err := facebook.New("").Targets(t.Context(), g.client(t))
		if got := fault.ReasonOf(err); got != c.reason {
			t.Errorf("%d/%d with %d: got %q, want %q", c.code, c.subcode, c.status, got, c.reason)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("the message is repeated: %v", err)
		}
	}
}

func TestExchangeRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status, code, subcode int
		reason                string
	}{
		{400, 100, 36007, "code_expired"},
		{400, 100, 36009, "code_expired"},
		{400, 100, 36008, "platform_rejected"}, // another redirect URI
		{400, 100, 0, "platform_rejected"},
		{400, 1, 0, "platform_rejected"}, // a wrong secret
		{500, 1, 0, "platform_unavailable"},
		{400, 101, 0, "platform_rejected"},
		{400, 191, 0, "platform_rejected"},
		{400, 4, 0, "platform_unavailable"},
		{400, 190, 463, "consent_ended"},
	} {
		g := newGraph()
		g.answers["/oauth/access_token"], g.status["/oauth/access_token"] = graphError(c.code, c.subcode), c.status
		env := g.client(t).Env
		_, err := platform.Exchange(t.Context(), env, facebook.New(""), platform.ExchangeRequest{Code: vault.NewSecret("c")})
		if got := fault.ReasonOf(err); got != c.reason || len(g.calls) != 1 {
			t.Errorf("%d/%d with %d: got %q after %q, want %q", c.code, c.subcode, c.status, got, g.calls, c.reason)
		}
	}
}

func TestAuthorizeAgain(t *testing.T) {
	t.Parallel()
	for again, want := range map[bool]string{true: "rerequest", false: ""} {
		a, err := platform.Begin(t.Context(), platform.Env{}, facebook.New("v26.0"), platform.AuthorizeRequest{State: "s", Again: again})
		u, _ := url.Parse(a.URL)
		if err != nil || u.Query().Get("auth_type") != want || u.Path != "/v26.0/dialog/oauth" {
			t.Errorf("again %t: got %s, %v", again, a.URL, err)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if got := facebook.New("").Spec().Version; got != meta.DefaultVersion {
		t.Errorf("the default version is %s, want %s", got, meta.DefaultVersion)
	}
	if got := facebook.New("v25.0").Spec().VersionEnds(); !got.Equal(time.Date(2028, 7, 29, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("v25.0 ends %v", got)
	}
}
