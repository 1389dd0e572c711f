package lab_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	xAuthorizePath = "/lab/x/x.com/i/oauth2/authorize"
	xTokenPath     = "/lab/x/api.x.com/2/oauth2/token"
	xRevokePath    = "/lab/x/api.x.com/2/oauth2/revoke"
	xMePath        = "/lab/x/api.x.com/2/users/me"
)

func xAuthorize() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {callback}, "state": {"st&te"},
		"scope": {"tweet.read tweet.write users.read offline.access"}, "code_challenge": {s256}, "code_challenge_method": {"S256"},
	}
}

func basic(r *http.Request) { r.SetBasicAuth("app", secret) }

// xCode goes to the authorize page as a person, picks the persona and allows.
func (b *bench) xCode(q url.Values, persona string) string {
	b.t.Helper()
	form := b.get(xAuthorizePath, q).form(b.t)
	form.Set("persona", persona)
	form.Set("decision", "approve")
	back := b.post(xAuthorizePath+"?"+q.Encode(), form).redirect(b.t)
	if back.Get("code") == "" || back.Get("state") != q.Get("state") {
		b.t.Fatalf("got redirect %v, want a code and the state", back)
	}
	return back.Get("code")
}

func xExchange(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

func (b *bench) xTokens(q url.Values, persona string) map[string]any {
	b.t.Helper()
	got := b.post(xTokenPath, xExchange(b.xCode(q, persona)), basic)
	if got.status != 200 {
		b.t.Fatalf("got status %d, want 200: %s", got.status, got.body)
	}
	return got.json(b.t)
}

func (b *bench) xRefresh(token any) answer {
	b.t.Helper()
	return b.post(xTokenPath, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}}, basic)
}

func (b *bench) xMe(token any, fields string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.url+xMePath+"?"+url.Values{"user.fields": {fields}}.Encode(), nil)
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+token.(string))
	}
	return b.do(req, err)
}

func TestXAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tests := map[string]struct {
		edit  []string
		param string // shown on a page
		code  string // or sent back
	}{
		"unknown client":            {[]string{"client_id", "nobody"}, "client_id", ""},
		"no client":                 {[]string{"client_id", ""}, "client_id", ""},
		"other redirect":            {[]string{"redirect_uri", "https://evil.test/"}, "redirect_uri", ""},
		"redirect with a query":     {[]string{"redirect_uri", callback + "?a=b"}, "redirect_uri", ""},
		"redirect with a slash":     {[]string{"redirect_uri", callback + "/"}, "redirect_uri", ""},
		"no redirect":               {[]string{"redirect_uri", ""}, "redirect_uri", ""},
		"no state":                  {[]string{"state", ""}, "state", ""},
		"long state":                {[]string{"state", strings.Repeat("s", 501)}, "state", ""},
		"token instead of code":     {[]string{"response_type", "token"}, "", "unsupported_response_type"},
		"no response type":          {[]string{"response_type", ""}, "", "unsupported_response_type"},
		"unknown scope":             {[]string{"scope", "tweet.read tweet.sing"}, "", "invalid_scope"},
		"scopes joined by commas":   {[]string{"scope", "tweet.read,users.read"}, "", "invalid_scope"},
		"no scope":                  {[]string{"scope", ""}, "", "invalid_scope"},
		"no challenge":              {[]string{"code_challenge", ""}, "", "invalid_request"},
		"no challenge method":       {[]string{"code_challenge_method", ""}, "", "invalid_request"},
		"unknown challenge method":  {[]string{"code_challenge_method", "S512"}, "", "invalid_request"},
		"challenge in hex":          {[]string{"code_challenge", strings.Repeat("ab", 32)}, "", "invalid_request"},
		"challenge with padding":    {[]string{"code_challenge", s256 + "="}, "", "invalid_request"},
		"challenge not URL-safe":    {[]string{"code_challenge", strings.Repeat("+", 43)}, "", "invalid_request"},
		"plain challenge too short": {[]string{"code_challenge", "short", "code_challenge_method", "plain"}, "", "invalid_request"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := with(xAuthorize(), tt.edit...)
			for method, got := range map[string]answer{
				"GET":  b.get(xAuthorizePath, q),
				"POST": b.post(xAuthorizePath+"?"+q.Encode(), url.Values{"persona": {"creator"}, "decision": {"approve"}}),
			} {
				if tt.param != "" {
					if got.status != 400 || got.header.Get("Location") != "" || !strings.Contains(got.body, "<code>"+tt.param+"</code>") {
						t.Errorf("%s: got %d to %q, want a page about %s", method, got.status, got.header.Get("Location"), tt.param)
					}
					continue
				}
				want := url.Values{"error": {tt.code}, "state": {"st&te"}}
				back := got.redirect(t)
				if back.Get("error_description") == "" {
					t.Errorf("%s: got no error_description", method)
				}
				back.Del("error_description")
				if diff := cmp.Diff(want, back); diff != "" {
					t.Errorf("%s: got a redirect that differs (-want +got):\n%s", method, diff)
				}
			}
		})
	}
	q := xAuthorize()
	q.Add("client_id", "other")
	if got := b.get(xAuthorizePath, q); got.status != 400 {
		t.Errorf("got status %d for a repeated client_id, want 400", got.status)
	}
}

func TestXDecisions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := xAuthorize()
	page := b.get(xAuthorizePath, q)
	form := page.form(t)
	if diff := cmp.Diff(url.Values{"persona": {"creator"}, "scope": {"tweet.read", "tweet.write", "users.read", "offline.access"}},
		sorted(form, q.Get("scope"))); diff != "" {
		t.Errorf("got a form that differs (-want +got):\n%s", diff)
	}
	if strings.Count(page.body, "checked disabled") != 4 {
		t.Error("got scopes that can be unticked, want all or nothing")
	}
	form.Set("decision", "deny")
	denied := b.post(xAuthorizePath+"?"+q.Encode(), form)
	if diff := cmp.Diff(url.Values{"error": {"access_denied"}, "state": {"st&te"}}, denied.redirect(t)); diff != "" {
		t.Errorf("got a denial that differs (-want +got):\n%s", diff)
	}
	for name, bad := range map[string]url.Values{
		"decision": with(form, "decision", "maybe"),
		"persona":  with(form, "decision", "approve", "persona", "nobody"),
	} {
		if got := b.post(xAuthorizePath+"?"+q.Encode(), bad); got.status != 400 {
			t.Errorf("%s: got status %d, want 400", name, got.status)
		}
	}
	if got := b.lab.Calls(); got[0].Outcome != "shown" || got[1].Outcome != "denied" {
		t.Errorf("got outcomes %q and %q, want shown and denied", got[0].Outcome, got[1].Outcome)
	}
}

// sorted puts the form's scopes in the order asked for, whatever the page's order.
func sorted(form url.Values, asked string) url.Values {
	var scopes []string
	for s := range strings.SplitSeq(asked, " ") {
		for _, got := range form["scope"] {
			if got == s {
				scopes = append(scopes, s)
			}
		}
	}
	form["scope"] = scopes
	return form
}

func TestXTokenRefusals(t *testing.T) {
	t.Parallel()
	const (
		badCode     = "Value passed for the authorization code was invalid."
		badRedirect = "Value passed for the redirect uri did not match the uri of the authorization code."
		badVerifier = "Value passed for the code verifier did not match the code challenge."
		noHeader    = "Missing valid authorization header"
	)
	none := func(*http.Request) {}
	tests := map[string]struct {
		edit   []string
		auth   func(*http.Request)
		status int
		code   string
		text   string
	}{
		"unknown code":        {[]string{"code", "nope"}, basic, 400, "invalid_request", badCode},
		"other redirect":      {[]string{"redirect_uri", callback + "2"}, basic, 400, "invalid_request", badRedirect},
		"wrong verifier":      {[]string{"code_verifier", strings.Repeat("a", 43)}, basic, 400, "invalid_request", badVerifier},
		"no verifier":         {[]string{"code_verifier", ""}, basic, 400, "invalid_request", "Missing required parameter [code_verifier]."},
		"no code":             {[]string{"code", ""}, basic, 400, "invalid_request", "Missing required parameter [code]."},
		"no grant type":       {[]string{"grant_type", ""}, basic, 400, "invalid_request", "Missing required parameter [grant_type]."},
		"unknown grant type":  {[]string{"grant_type", "password"}, basic, 400, "unsupported_grant_type", ""},
		"no credentials":      {nil, none, 401, "unauthorized_client", noHeader},
		"credentials in body": {[]string{"client_id", "app", "client_secret", secret}, none, 401, "unauthorized_client", noHeader},
		"credentials twice":   {[]string{"client_id", "app", "client_secret", secret}, basic, 400, "invalid_request", ""},
		"other client's id":   {[]string{"client_id", "other"}, basic, 400, "invalid_request", ""},
		"wrong secret":        {nil, func(r *http.Request) { r.SetBasicAuth("app", "wrong") }, 401, "unauthorized_client", noHeader},
		"another client":      {nil, func(r *http.Request) { r.SetBasicAuth("other", secret) }, 400, "invalid_request", badCode},
		"JSON": {nil, func(r *http.Request) {
			basic(r)
			r.Header.Set("Content-Type", "application/json")
		}, 400, "invalid_request", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			good := xExchange(b.xCode(xAuthorize(), "creator"))
			got := b.post(xTokenPath, with(good, tt.edit...), tt.auth)
			body := got.json(t)
			if got.status != tt.status || body["error"] != tt.code || tt.text != "" && body["error_description"] != tt.text {
				t.Errorf("got %d %s, want %d %s %q", got.status, got.body, tt.status, tt.code, tt.text)
			}
			if again := b.post(xTokenPath, good, basic); again.status != 200 {
				t.Errorf("got %d after the refusal, want the code unharmed: %s", again.status, again.body)
			}
			if again := b.post(xTokenPath, good, basic); again.status != 400 || again.json(t)["error_description"] != badCode {
				t.Errorf("got %d for the code's second use, want 400: %s", again.status, again.body)
			}
		})
	}
}

func TestXCodeLivesThirtySeconds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := b.xCode(xAuthorize(), "creator"), b.xCode(xAuthorize(), "creator")
	b.pass(29 * time.Second)
	if got := b.post(xTokenPath, xExchange(first), basic); got.status != 200 {
		t.Errorf("got status %d after 29 s, want 200: %s", got.status, got.body)
	}
	b.pass(time.Second)
	if got := b.post(xTokenPath, xExchange(second), basic); got.status != 400 {
		t.Errorf("got status %d after 30 s, want 400: %s", got.status, got.body)
	}
}

func TestXTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.xTokens(xAuthorize(), "second")
	access := got["access_token"]
	delete(got, "access_token")
	if got["refresh_token"] == nil || access == nil {
		t.Fatalf("got %v, want both tokens", got)
	}
	delete(got, "refresh_token")
	want := map[string]any{"token_type": "bearer", "expires_in": 7200.0, "scope": "tweet.read tweet.write users.read offline.access"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got an answer that differs (-want +got):\n%s", diff)
	}
	plain := with(xAuthorize(), "scope", "tweet.read users.read", "code_challenge", verifier, "code_challenge_method", "plain")
	if got := b.xTokens(plain, "creator"); got["refresh_token"] != nil {
		t.Error("got a refresh token without offline.access")
	}
	escaped := func(r *http.Request) { r.SetBasicAuth(url.QueryEscape("app"), url.QueryEscape(secret)) }
	if got := b.post(xTokenPath, xExchange(b.xCode(xAuthorize(), "creator")), escaped); got.status != 200 {
		t.Errorf("got status %d for form-encoded credentials, want 200: %s", got.status, got.body)
	}
}

func TestXRefreshRotatesAndReuseKillsTheFamily(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.xTokens(xAuthorize(), "creator")
	bystander := b.xTokens(xAuthorize(), "creator")
	second := b.xRefresh(first["refresh_token"]).json(t)
	if second["refresh_token"] == first["refresh_token"] || b.xMe(second["access_token"], "").status != 200 {
		t.Fatalf("got %v, want a new refresh token and a working access token", second)
	}
	reused := b.xRefresh(first["refresh_token"])
	if reused.status != 400 || reused.json(t)["error_description"] != "Value passed for the token was invalid." {
		t.Errorf("got %d %s, want X's 400 for a used refresh token", reused.status, reused.body)
	}
	if got := b.xRefresh(second["refresh_token"]); got.status != 400 {
		t.Errorf("got status %d, want the family dead", got.status)
	}
	if got := b.xMe(second["access_token"], ""); got.status != 401 {
		t.Errorf("got status %d, want the family's access token dead", got.status)
	}
	if got := b.xRefresh(bystander["refresh_token"]); got.status != 200 {
		t.Errorf("got status %d, want another consent's family alive", got.status)
	}
	if got := b.xRefresh(bystander["access_token"]); got.status != 400 {
		t.Errorf("got status %d for an access token as refresh token, want 400", got.status)
	}
}

func TestXRevoke(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tokens := b.xTokens(xAuthorize(), "creator")
	if got := b.post(xRevokePath, url.Values{"token": {tokens["access_token"].(string)}}); got.status != 401 {
		t.Errorf("got status %d without Basic, want 401", got.status)
	}
	got := b.post(xRevokePath, url.Values{"token": {tokens["access_token"].(string)}}, basic)
	if got.status != 200 || got.json(t)["revoked"] != true || b.xMe(tokens["access_token"], "").status != 401 {
		t.Errorf("got %d %s, want the access token revoked", got.status, got.body)
	}
	tokens = b.xRefresh(tokens["refresh_token"]).json(t)
	b.post(xRevokePath, url.Values{"token": {tokens["refresh_token"].(string)}, "token_type_hint": {"refresh_token"}}, basic)
	if got := b.xMe(tokens["access_token"], ""); got.status != 401 {
		t.Errorf("got status %d after revoking the refresh token, want 401", got.status)
	}
	if got := b.post(xRevokePath, nil, basic); got.status != 400 {
		t.Errorf("got status %d without a token, want 400", got.status)
	}
}

func TestXUsersMe(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.xTokens(xAuthorize(), "creator")["access_token"]
	got := b.xMe(token, "id,name,username,profile_image_url,public_metrics,verified,description")
	want := map[string]any{"data": map[string]any{
		"id": "1790000000000000123", "name": "Creator account", "username": "lab_creator", "verified": true,
		"profile_image_url": "http://lab.test/lab/pictures/creator-account.svg",
		"public_metrics":    map[string]any{"followers_count": 48210.0, "following_count": 311.0, "tweet_count": 5120.0, "listed_count": 402.0},
	}}
	if diff := cmp.Diff(want, got.json(t)); diff != "" {
		t.Errorf("got an account that differs (-want +got):\n%s", diff)
	}
	if got.header.Get("X-Rate-Limit-Limit") != "75" || got.header.Get("X-Rate-Limit-Remaining") != "74" || got.header.Get("X-Rate-Limit-Reset") == "" {
		t.Errorf("got rate limit headers %v", got.header)
	}
	if got := b.xMe(token, "shoe_size"); got.status != 400 {
		t.Errorf("got status %d for an unknown field, want 400", got.status)
	}
	if got := b.get(xMePath, url.Values{"access_token": {token.(string)}}); got.status != 401 {
		t.Errorf("got status %d for a token in the query, want 401", got.status)
	}
	narrow := b.xTokens(with(xAuthorize(), "scope", "users.read"), "creator")["access_token"]
	if got := b.xMe(narrow, ""); got.status != 403 {
		t.Errorf("got status %d without tweet.read, want 403", got.status)
	}
	b.pass(2 * time.Hour)
	dead := map[string]any{"title": "Unauthorized", "type": "about:blank", "status": 401.0, "detail": "Unauthorized"}
	if diff := cmp.Diff(dead, b.xMe(token, "").json(t)); diff != "" {
		t.Errorf("got a problem that differs (-want +got):\n%s", diff)
	}
}
