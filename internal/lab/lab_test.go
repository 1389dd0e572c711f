package lab_test

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/httpx"
	"patchbay/internal/lab"
)

const (
	callback = "http://127.0.0.1:9999/oauth/callback/x"
	secret   = "s3cret+/=with odd characters"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 appendix B
	s256     = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// bench is a Lab over HTTP with a client at each platform and a clock of its own.
type bench struct {
	t   *testing.T
	lab *lab.Lab
	url string

	mu  sync.Mutex
	now time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	b.lab = lab.New(lab.Config{BaseURL: "http://lab.test", Now: b.clock})
	for _, platform := range []string{"facebook", "x", "linkedin", "open"} {
		for _, id := range []string{"app", "other"} {
			err := b.lab.Register(lab.App{Platform: platform, ClientID: id, ClientSecret: secret, RedirectURIs: []string{callback, callback + "2"}})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	b.url = newServer(t, b.lab.Handler())
	return b
}

func newServer(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *bench) do(req *http.Request, err error) answer {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

func (b *bench) get(path string, q url.Values) answer {
	b.t.Helper()
	return b.do(http.NewRequest(http.MethodGet, b.url+path+"?"+q.Encode(), nil))
}

func (b *bench) post(path string, form url.Values, edit ...func(*http.Request)) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, e := range edit {
		e(req)
	}
	return b.do(req, nil)
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(a.body), &v); err != nil {
		t.Fatalf("got no JSON object: %v in %q", err, a.body)
	}
	return v
}

// redirect is the query of the address that the answer sends the browser to.
func (a answer) redirect(t *testing.T) url.Values {
	t.Helper()
	if a.status != http.StatusFound {
		t.Fatalf("got status %d, want 302: %s", a.status, a.body)
	}
	u, err := url.Parse(a.header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

var (
	inputTag = regexp.MustCompile(`<input [^>]*>`)
	attr     = regexp.MustCompile(`([a-z]+)(?:="([^"]*)")?`)
)

// form reads what a browser would submit from a page: hidden inputs, ticked boxes and radios.
func (a answer) form(t *testing.T) url.Values {
	t.Helper()
	if a.status != http.StatusOK || strings.Count(a.body, `<form method="post">`) != 1 {
		t.Fatalf("got status %d and no form: %s", a.status, a.body)
	}
	form := url.Values{}
	for _, tag := range inputTag.FindAllString(a.body, -1) {
		at := map[string]string{}
		for _, m := range attr.FindAllStringSubmatch(strings.TrimPrefix(tag, "<input"), -1) {
			at[m[1]] = html.UnescapeString(m[2])
		}
		_, checked := at["checked"]
		_, disabled := at["disabled"]
		if !disabled && (checked || at["type"] == "hidden") {
			form.Add(at["name"], at["value"])
		}
	}
	return form
}

func untick(form url.Values, name, value string) {
	form[name] = slices.DeleteFunc(form[name], func(v string) bool { return v == value })
}

// with is a copy of the values with some set, or, where the value is "", removed.
func with(v url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range v {
		out[name] = slices.Clone(values)
	}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			out.Del(pairs[i])
		}
	}
	return out
}

func TestRoutesAreTheLabsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range lab.New(lab.Config{}).Routes() {
		if !strings.HasPrefix(r.Path, "/lab/") || r.Auth != httpx.AuthNone || r.Format != httpx.FormatLab || r.Handler == nil {
			t.Errorf("got route %+v, want a handler below /lab/ without auth, in the Lab's format", r)
		}
		if seen[r.Pattern()] {
			t.Errorf("got %s twice", r.Pattern())
		}
		seen[r.Pattern()] = true
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	good := lab.App{Platform: "x", ClientID: "a", ClientSecret: "b", RedirectURIs: []string{callback}}
	tests := map[string]struct {
		edit func(*lab.App)
		want string
	}{
		"good":             {func(*lab.App) {}, ""},
		"custom scheme":    {func(a *lab.App) { a.RedirectURIs = []string{"myapp://done"} }, ""},
		"unknown platform": {func(a *lab.App) { a.Platform = "friendface" }, "no platform"},
		"no client id":     {func(a *lab.App) { a.ClientID = "" }, "client_id"},
		"no secret":        {func(a *lab.App) { a.ClientSecret = "" }, "client_secret"},
		"no redirect URI":  {func(a *lab.App) { a.RedirectURIs = nil }, "redirect_uris"},
		"query":            {func(a *lab.App) { a.RedirectURIs = []string{callback + "?a=b"} }, "query"},
		"fragment":         {func(a *lab.App) { a.RedirectURIs = []string{callback + "#a"} }, "fragment"},
		"relative":         {func(a *lab.App) { a.RedirectURIs = []string{"/callback"} }, "absolute"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := good
			tt.edit(&app)
			err := lab.New(lab.Config{}).Register(app)
			if tt.want == "" && err != nil {
				t.Errorf("got %v, want no error", err)
			}
			if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestPostApps(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tests := map[string]struct {
		body   string
		status int
	}{
		"good":          {`{"platform":"x","client_id":"new","client_secret":"n3w","redirect_uris":["http://127.0.0.1:3000/callback"]}`, 204},
		"no JSON":       {`platform=x`, 400},
		"two values":    {`{"platform":"x","client_id":"n","client_secret":"n","redirect_uris":["a:b"]} {}`, 400},
		"unknown field": {`{"platform":"x","client_id":"n","client_secret":"n","redirect_uri":"a:b"}`, 400},
		"missing":       {`{"platform":"x"}`, 400},
		"too large":     {`{"platform":"` + strings.Repeat("x", 1<<17) + `"}`, 400},
	}
	for name, tt := range tests {
		got := b.do(http.NewRequest(http.MethodPost, b.url+"/lab/apps", strings.NewReader(tt.body)))
		if got.status != tt.status {
			t.Errorf("%s: got status %d, want %d: %s", name, got.status, tt.status, got.body)
		}
		if tt.status == 400 && got.json(t)["message"] == "" {
			t.Errorf("%s: got no message", name)
		}
	}
	if !slices.Contains(b.lab.Secrets(), "n3w") {
		t.Error("got Secrets without the new client's")
	}
	q := with(xAuthorize(), "client_id", "new", "redirect_uri", "http://127.0.0.1:3000/callback")
	if got := b.get(xAuthorizePath, q); got.status != 200 {
		t.Errorf("got status %d for the new client, want 200: %s", got.status, got.body)
	}
}

func TestIndexAndUnknownAddresses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	index := b.get("/lab/", nil)
	for _, want := range []string{"Facebook", "Creator with three pages", "lab_second", "curl http://lab.test/lab/apps", "Deny", "nothing leaves this machine"} {
		if !strings.Contains(index.body, want) {
			t.Errorf("got an index without %q", want)
		}
	}
	if got := b.get("/lab/pictures/harbour-bakery.svg", nil); got.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(got.body, ">HB<") {
		t.Errorf("got no picture: %s", got.body)
	}
	for path, want := range map[string]string{
		"/lab/friendface/a.test/b":      "no platform friendface",
		"/lab/x/api.x.com/2/tweets":     "POST /lab/x/api.x.com/2/oauth2/token",
		"/lab/x/api.x.com/2/oauth2/tok": "api.x.com/2/users/me",
	} {
		if got := b.get(path, nil); got.status != 404 || !strings.Contains(got.body, want) {
			t.Errorf("%s: got %d %s, want 404 with %q", path, got.status, got.body, want)
		}
	}
}

func TestWrongHosts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tests := []struct{ method, path, want string }{
		{"GET", "/lab/facebook/facebook.com/v26.0/dialog/oauth", "www.facebook.com"},
		{"GET", "/lab/facebook/graph.facebook.com/v26.0/dialog/oauth", "www.facebook.com"},
		{"GET", "/lab/facebook/www.facebook.com/v26.0/oauth/access_token", "graph.facebook.com"},
		{"POST", "/lab/facebook/www.facebook.com/v26.0/oauth/access_token", "graph.facebook.com"},
		{"GET", "/lab/facebook/www.facebook.com/v26.0/me/accounts", "graph.facebook.com"},
		{"GET", "/lab/x/twitter.com/i/oauth2/authorize", "x.com"},
		{"POST", "/lab/x/api.twitter.com/2/oauth2/token", "api.x.com"},
		{"POST", "/lab/x/x.com/2/oauth2/token", "api.x.com"},
		{"GET", "/lab/x/api.twitter.com/2/users/me", "api.x.com"},
		{"GET", "/lab/linkedin/linkedin.com/oauth/v2/authorization", "www.linkedin.com"},
		{"POST", "/lab/linkedin/api.linkedin.com/oauth/v2/accessToken", "www.linkedin.com"},
		{"GET", "/lab/linkedin/www.linkedin.com/v2/userinfo", "api.linkedin.com"},
		{"GET", "/lab/linkedin/www.linkedin.com/rest/organizationAcls", "api.linkedin.com"},
	}
	for _, tt := range tests {
		got := b.do(http.NewRequest(tt.method, b.url+tt.path, nil))
		if got.status != 404 || got.json(t)["expected_host"] != tt.want {
			t.Errorf("%s %s: got %d %s, want 404 naming %s", tt.method, tt.path, got.status, got.body, tt.want)
		}
	}
	calls := b.lab.Calls()
	if len(calls) != len(tests) {
		t.Fatalf("got %d calls, want %d", len(calls), len(tests))
	}
	want := lab.Call{At: b.clock(), Platform: "x", Host: "api.twitter.com", Method: "POST", Path: "/2/oauth2/token", Outcome: "wrong_host"}
	if diff := cmp.Diff(want, calls[6]); diff != "" {
		t.Errorf("got a call that differs (-want +got):\n%s", diff)
	}
}

func TestPagesAreSealed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, got := range map[string]answer{
		"index":   b.get("/lab/", nil),
		"consent": b.get(xAuthorizePath, xAuthorize()),
		"error":   b.get(xAuthorizePath, nil),
	} {
		csp := got.header.Get("Content-Security-Policy")
		m := regexp.MustCompile(`style-src 'nonce-([^']+)'`).FindStringSubmatch(csp)
		if m == nil || !strings.Contains(got.body, `<style nonce="`+m[1]+`">`) {
			t.Errorf("%s: got policy %q, want the nonce of the page's style", name, csp)
		}
		if strings.Contains(csp, "form-action") || !strings.Contains(csp, "default-src 'none'") || strings.Contains(got.body, "<script") {
			t.Errorf("%s: got policy %q or a script", name, csp)
		}
		if got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: got Cache-Control %q, want no-store", name, got.header.Get("Cache-Control"))
		}
	}
}

func TestTheTruthLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.xTokens(xAuthorize(), "creator")
	fb := b.fbToken("creator", nil)
	b.get(graph+"/me/accounts", url.Values{"access_token": {fb}})
	b.post(xTokenPath, url.Values{"grant_type": {fb}}, basic)
	log, err := json.Marshal(b.lab.Calls())
	if err != nil {
		t.Fatal(err)
	}
	if secrets := b.lab.Secrets(); len(secrets) < 9 {
		t.Errorf("got %d secrets, want the client's, 2 codes, 3 access tokens, a refresh token and 3 page tokens", len(secrets))
	}
	for _, s := range b.lab.Secrets() {
		if strings.Contains(string(log), s) {
			t.Errorf("got the secret %q in the truth log", s)
		}
	}
}
