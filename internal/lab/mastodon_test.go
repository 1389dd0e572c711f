package lab_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/lab"
)

const (
	mastoNew    = "/lab/mastodon/mastodon.example"
	mastoOld    = "/lab/mastodon/old.mastodon.example"
	mastoClosed = "/lab/mastodon/closed.mastodon.example"

	mastoDiscovery = "/.well-known/oauth-authorization-server"
	mastoMe        = "/api/v1/accounts/verify_credentials"
)

func mastoApp() url.Values {
	return url.Values{
		"client_name": {"A test"}, "redirect_uris": {callback}, "website": {"https://app.test"},
		"scopes": {"read:accounts write:statuses write:media"},
	}
}

// mastoClient registers at a server and answers what names the client from then on.
func (b *bench) mastoClient(server string, app url.Values) url.Values {
	b.t.Helper()
	got := b.post(server+"/api/v1/apps", app)
	if got.status != 200 {
		b.t.Fatalf("got status %d, want 200: %s", got.status, got.body)
	}
	v := got.json(b.t)
	return url.Values{"client_id": {v["client_id"].(string)}, "client_secret": {v["client_secret"].(string)}}
}

func mastoAuthorize(client url.Values) url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": client["client_id"], "redirect_uri": {callback}, "state": {"st&te"},
		"scope": {"read:accounts write:statuses"}, "force_login": {"true"}, "code_challenge": {s256}, "code_challenge_method": {"S256"},
	}
}

func (b *bench) mastoCode(server string, q url.Values, persona string) string {
	b.t.Helper()
	form := b.get(server+"/oauth/authorize", q).form(b.t)
	form.Set("persona", persona)
	form.Set("decision", "approve")
	back := b.post(server+"/oauth/authorize?"+q.Encode(), form).redirect(b.t)
	if back.Get("code") == "" || back.Get("state") != q.Get("state") {
		b.t.Fatalf("got redirect %v, want a code and the state", back)
	}
	return back.Get("code")
}

func mastoExchange(client url.Values, code string) url.Values {
	return url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
		"client_id": client["client_id"], "client_secret": client["client_secret"],
	}
}

func (b *bench) mastoToken(server string, client url.Values, persona string) string {
	b.t.Helper()
	got := b.post(server+"/oauth/token", mastoExchange(client, b.mastoCode(server, mastoAuthorize(client), persona)))
	if got.status != 200 {
		b.t.Fatalf("got status %d, want 200: %s", got.status, got.body)
	}
	return got.json(b.t)["access_token"].(string)
}

func (b *bench) mastoAccount(server, token string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.url+server+mastoMe, nil)
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return b.do(req, err)
}

func TestMastodonRegistration(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := with(mastoApp(), "redirect_uris", "")
	list["redirect_uris[]"] = []string{callback, callback + "2"}
	for name, tt := range map[string]struct {
		server string
		app    url.Values
		error  string // empty: 200
	}{
		"today":              {mastoNew, mastoApp(), ""},
		"old":                {mastoOld, mastoApp(), ""},
		"profile":            {mastoNew, with(mastoApp(), "scopes", "profile write:statuses"), ""},
		"profile, old":       {mastoOld, with(mastoApp(), "scopes", "profile write:statuses"), "Validation failed: Scopes doesn't match configured on the server."},
		"unknown scope":      {mastoNew, with(mastoApp(), "scopes", "sing"), "Validation failed: Scopes doesn't match configured on the server."},
		"list":               {mastoNew, list, ""},
		"list, old":          {mastoOld, list, "Validation failed: Redirect URI can't be blank"},
		"two lines, old":     {mastoOld, with(mastoApp(), "redirect_uris", callback+"\n"+callback+"2"), ""},
		"no redirect URI":    {mastoNew, with(mastoApp(), "redirect_uris", ""), "Validation failed: Redirect URI can't be blank"},
		"relative":           {mastoNew, with(mastoApp(), "redirect_uris", "/callback"), "Validation failed: Redirect URI must be an absolute URI."},
		"no name":            {mastoNew, with(mastoApp(), "client_name", ""), "Validation failed: Application name can't be blank"},
		"long name":          {mastoNew, with(mastoApp(), "client_name", strings.Repeat("n", 61)), "Validation failed: Application name is too long (maximum is 60 characters)"},
		"website is no URL":  {mastoNew, with(mastoApp(), "website", "javascript:1"), "Validation failed: Application website is not a valid URL"},
		"closed":             {mastoClosed, mastoApp(), "Validation failed: this server takes no new applications"},
		"nothing but a name": {mastoNew, url.Values{"client_name": {"x"}, "redirect_uris": {callback}}, ""},
	} {
		got := b.post(tt.server+"/api/v1/apps", tt.app)
		v := got.json(t)
		if tt.error != "" && (got.status != 422 || v["error"] != tt.error) || tt.error == "" && (got.status != 200 || v["client_secret"] == "") {
			t.Errorf("%s: got %d %s, want %q", name, got.status, got.body, tt.error)
		}
		if _, told := v["redirect_uris"]; got.status == 200 && told != (tt.server == mastoNew) {
			t.Errorf("%s: redirect_uris told: %t", name, told)
		}
	}
	req, err := http.NewRequest(http.MethodPost, b.url+mastoNew+"/api/v1/apps", strings.NewReader(`{"client_name":"x","redirect_uris":["`+callback+`"],"scopes":"read"}`))
	if err == nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if got := b.do(req, err); got.status != 200 {
		t.Errorf("JSON: got %d %s", got.status, got.body)
	}
	if err := b.lab.Register(lab.App{Platform: "mastodon", ClientID: "a", ClientSecret: "b", RedirectURIs: []string{callback}}); err == nil {
		t.Error("a client registered at no server in particular")
	}
}

func TestMastodonDiscovery(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, server := range []string{mastoNew, mastoClosed} {
		v := b.get(server+mastoDiscovery, nil).json(t)
		base := "https://" + strings.TrimPrefix(server, "/lab/mastodon/")
		if v["issuer"] != base+"/" || v["token_endpoint"] != base+"/oauth/token" || v["app_registration_endpoint"] != base+"/api/v1/apps" {
			t.Errorf("%s: got %v", server, v)
		}
	}
	if got := b.get(mastoOld+mastoDiscovery, nil); got.status != 404 || strings.Contains(got.body, "{") {
		t.Errorf("old: got %d %s, want 404 and no JSON", got.status, got.body)
	}
	if got := b.get("/lab/mastodon/mastodon.social"+mastoDiscovery, nil); got.status != 404 || !strings.Contains(got.body, "wrong host") {
		t.Errorf("a server that the Lab does not play: got %d %s", got.status, got.body)
	}
}

// Doorkeeper shows these on a page of its own: the application never hears of them.
func TestMastodonAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	client, old := b.mastoClient(mastoNew, mastoApp()), b.mastoClient(mastoOld, mastoApp())
	for name, tt := range map[string]struct {
		server string
		client url.Values
		edit   []string
		param  string // empty: the consent page
	}{
		"as it should be":           {mastoNew, client, nil, ""},
		"another server's client":   {mastoOld, client, nil, "client_id"},
		"other redirect URI":        {mastoNew, client, []string{"redirect_uri", callback + "/"}, "redirect_uri"},
		"scope not registered":      {mastoNew, client, []string{"scope", "read:accounts profile"}, "scope"},
		"broader than registered":   {mastoNew, client, []string{"scope", "read"}, "scope"},
		"scope that does not exist": {mastoNew, client, []string{"scope", "sing"}, "scope"},
		"profile, old":              {mastoOld, old, []string{"scope", "profile write:statuses"}, "scope"},
		"plain challenge":           {mastoNew, client, []string{"code_challenge_method", "plain"}, "code_challenge_method"},
		"challenge without method":  {mastoNew, client, []string{"code_challenge_method", ""}, "code_challenge_method"},
		"plain challenge, old":      {mastoOld, old, []string{"code_challenge_method", "plain"}, ""},
		"no PKCE":                   {mastoNew, client, []string{"code_challenge", "", "code_challenge_method", ""}, ""},
	} {
		got := b.get(tt.server+"/oauth/authorize", with(mastoAuthorize(tt.client), tt.edit...))
		if tt.param == "" && (got.status != 200 || !strings.Contains(got.body, "A test wants to connect")) {
			t.Errorf("%s: got %d, want the consent page", name, got.status)
		}
		if tt.param != "" && (got.status != 400 || got.header.Get("Location") != "" || !strings.Contains(got.body, "<code>"+tt.param+"</code>")) {
			t.Errorf("%s: got %d to %q, want a page about %s", name, got.status, got.header.Get("Location"), tt.param)
		}
	}
}

func TestMastodonDenial(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := mastoAuthorize(b.mastoClient(mastoOld, mastoApp()))
	form := b.get(mastoOld+"/oauth/authorize", q).form(t)
	form.Set("decision", "deny")
	want := url.Values{"error": {"access_denied"}, "error_description": {"The resource owner or authorization server denied the request."}, "state": {"st&te"}}
	if d := cmp.Diff(want, b.post(mastoOld+"/oauth/authorize?"+q.Encode(), form).redirect(t)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestMastodonTokenRefusals(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		server string
		edit   []string
		pass   time.Duration
		twice  bool
		noPKCE bool
		status int
		error  string
	}{
		"as it should be":              {server: mastoNew, status: 200},
		"as it should be, old":         {server: mastoOld, status: 200},
		"wrong secret":                 {server: mastoNew, edit: []string{"client_secret", "x"}, status: 401, error: "invalid_client"},
		"unknown client":               {server: mastoNew, edit: []string{"client_id", "x"}, status: 401, error: "invalid_client"},
		"no client":                    {server: mastoNew, edit: []string{"client_id", "", "client_secret", ""}, status: 401, error: "invalid_client"},
		"code that is none":            {server: mastoNew, edit: []string{"code", "x"}, status: 400, error: "invalid_grant"},
		"no code":                      {server: mastoNew, edit: []string{"code", ""}, status: 400, error: "invalid_request"},
		"other redirect URI":           {server: mastoNew, edit: []string{"redirect_uri", callback + "/"}, status: 400, error: "invalid_grant"},
		"wrong verifier":               {server: mastoNew, edit: []string{"code_verifier", strings.Repeat("v", 43)}, status: 400, error: "invalid_grant"},
		"no verifier":                  {server: mastoNew, edit: []string{"code_verifier", ""}, status: 400, error: "invalid_grant"},
		"wrong verifier, old":          {server: mastoOld, edit: []string{"code_verifier", "x"}, status: 200},
		"verifier without a challenge": {server: mastoNew, noPKCE: true, status: 400, error: "invalid_grant"},
		"used code":                    {server: mastoNew, twice: true, status: 400, error: "invalid_grant"},
		"after ten minutes":            {server: mastoNew, pass: 10 * time.Minute, status: 400, error: "invalid_grant"},
		"just before":                  {server: mastoNew, pass: 10*time.Minute - time.Second, status: 200},
		"password grant":               {server: mastoNew, edit: []string{"grant_type", "password"}, status: 400, error: "unsupported_grant_type"},
		"no grant type":                {server: mastoNew, edit: []string{"grant_type", ""}, status: 400, error: "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			client := b.mastoClient(tt.server, mastoApp())
			q := mastoAuthorize(client)
			if tt.noPKCE {
				q.Del("code_challenge")
				q.Del("code_challenge_method")
			}
			form := mastoExchange(client, b.mastoCode(tt.server, q, "creator"))
			if tt.twice {
				b.post(tt.server+"/oauth/token", form)
			}
			b.pass(tt.pass)
			got := b.post(tt.server+"/oauth/token", with(form, tt.edit...))
			v := got.json(t)
			if got.status != tt.status || tt.error != "" && v["error"] != tt.error {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, tt.status, tt.error)
			}
			if tt.status == 200 && (v["scope"] != "read:accounts write:statuses" || v["token_type"] != "Bearer" || v["expires_in"] != nil || v["refresh_token"] != nil) {
				t.Errorf("got %s", got.body)
			}
		})
	}
}

func TestMastodonAppTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	client := b.mastoClient(mastoOld, mastoApp())
	ask := func(scope string) answer {
		return b.post(mastoOld+"/oauth/token", with(client, "grant_type", "client_credentials", "scope", scope))
	}
	first := ask("read:accounts")
	if first.status != 200 || first.body != ask("read:accounts").body {
		t.Errorf("got %d %s, want the same token twice", first.status, first.body)
	}
	if got := ask("profile"); got.status != 400 || got.json(t)["error"] != "invalid_scope" {
		t.Errorf("scope not registered: got %d %s", got.status, got.body)
	}
	if got := b.mastoAccount(mastoOld, first.json(t)["access_token"].(string)); got.status != 422 {
		t.Errorf("account of an app: got %d %s, want 422", got.status, got.body)
	}
}

func TestMastodonAccountsAndTheirTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	client, elsewhere := b.mastoClient(mastoNew, mastoApp()), b.mastoClient(mastoOld, mastoApp())
	token, again := b.mastoToken(mastoNew, client, "creator"), b.mastoToken(mastoNew, client, "creator")
	if token != again {
		t.Error("a second consent of the same person got another token")
	}
	me := b.mastoAccount(mastoNew, token).json(t)
	if me["id"] != "109876543210987654" || me["acct"] != "lab_creator" || me["url"] != "https://mastodon.example/@lab_creator" || me["followers_count"] != 3907.0 {
		t.Errorf("got %v", me)
	}
	if other := b.mastoAccount(mastoOld, b.mastoToken(mastoOld, elsewhere, "creator")).json(t); other["id"] != me["id"] || other["url"] == me["url"] {
		t.Errorf("the same persona at another server: got %v, want the same id and another address", other)
	}
	if got := b.mastoAccount(mastoOld, token); got.status != 401 || got.json(t)["error"] != "The access token is invalid" {
		t.Errorf("token of another server: got %d %s", got.status, got.body)
	}
	revoke := func(client url.Values, token string) answer {
		return b.post(mastoNew+"/oauth/revoke", with(client, "token", token))
	}
	if got := revoke(b.mastoClient(mastoNew, mastoApp()), token); got.status != 403 || got.json(t)["error"] != "unauthorized_client" {
		t.Errorf("revoked by another client: got %d %s", got.status, got.body)
	}
	if got := revoke(client, token); got.status != 200 || got.body != "{}" {
		t.Errorf("revoke: got %d %s", got.status, got.body)
	}
	if got := b.mastoAccount(mastoNew, again); got.status != 401 || got.json(t)["error"] != "The access token was revoked" {
		t.Errorf("the token of both consents after one was ended: got %d %s", got.status, got.body)
	}
}

func TestMastodonForgets(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	client, elsewhere := b.mastoClient(mastoNew, mastoApp()), b.mastoClient(mastoOld, mastoApp())
	token := b.mastoToken(mastoNew, client, "creator")
	if got := b.post(mastoNew+"/forget", nil); got.body != `{"forgotten":1}` {
		t.Errorf("got %d %s", got.status, got.body)
	}
	own := with(client, "grant_type", "client_credentials")
	if got := b.post(mastoNew+"/oauth/token", own); got.status != 401 || got.json(t)["error"] != "invalid_client" {
		t.Errorf("forgotten client: got %d %s", got.status, got.body)
	}
	if got := b.mastoAccount(mastoNew, token); got.status != 401 {
		t.Errorf("its token: got %d %s", got.status, got.body)
	}
	if got := b.post(mastoOld+"/oauth/token", with(elsewhere, "grant_type", "client_credentials")); got.status != 200 {
		t.Errorf("the other server forgot too: %d %s", got.status, got.body)
	}
	b.mastoClient(mastoNew, mastoApp())
}
