package lab_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	fbDialog = "/lab/facebook/www.facebook.com/v26.0/dialog/oauth"
	graph    = "/lab/facebook/graph.facebook.com/v26.0"
	fbToken  = graph + "/oauth/access_token"

	bakery, market, kites = "730100000000101", "730100000000102", "730100000000103"
)

func fbAuthorize() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {callback}, "state": {"st&te"},
		"scope": {"pages_show_list,pages_manage_posts,pages_read_engagement,business_management"},
	}
}

// fbApprove goes to the dialog as a person: picks the persona, edits the form, allows.
func (b *bench) fbApprove(persona string, edit func(url.Values)) url.Values {
	b.t.Helper()
	return b.metaApprove(fbDialog, fbAuthorize(), persona, edit)
}

func (b *bench) metaApprove(dialog string, q url.Values, persona string, edit func(url.Values)) url.Values {
	b.t.Helper()
	form := b.get(dialog, q).form(b.t)
	form.Set("persona", persona)
	form.Set("decision", "approve")
	if edit != nil {
		edit(form)
	}
	got := b.post(dialog+"?"+q.Encode(), form)
	if !strings.HasSuffix(got.header.Get("Location"), "#_=_") {
		b.t.Errorf("got Location %q, want Facebook's fragment at its end", got.header.Get("Location"))
	}
	return got.redirect(b.t)
}

func fbExchange(code string) url.Values {
	return url.Values{"client_id": {"app"}, "client_secret": {secret}, "redirect_uri": {callback}, "code": {code}}
}

// fbToken is a short user token of the persona.
func (b *bench) fbToken(persona string, edit func(url.Values)) string {
	b.t.Helper()
	got := b.get(fbToken, fbExchange(b.fbApprove(persona, edit).Get("code")))
	if got.status != 200 {
		b.t.Fatalf("got status %d, want 200: %s", got.status, got.body)
	}
	return got.json(b.t)["access_token"].(string)
}

func (b *bench) fbLong(token string) answer {
	b.t.Helper()
	return b.get(fbToken, url.Values{"grant_type": {"fb_exchange_token"}, "client_id": {"app"}, "client_secret": {secret}, "fb_exchange_token": {token}})
}

// fbGet reads the Graph API with a token in the header.
func (b *bench) fbGet(token, path string) answer {
	b.t.Helper()
	return b.bearerGet(token, graph+path)
}

func (b *bench) bearerGet(token, path string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.url+path, nil)
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return b.do(req, err)
}

// data is the rows of an edge, by id.
func (a answer) data(t *testing.T) map[string]map[string]any {
	t.Helper()
	if a.status != 200 {
		t.Fatalf("got status %d, want 200: %s", a.status, a.body)
	}
	rows := map[string]map[string]any{}
	for _, row := range a.json(t)["data"].([]any) {
		row := row.(map[string]any)
		rows[row["id"].(string)] = row
	}
	return rows
}

// fbError is the status, code and subcode of an error in Meta's shape.
func (a answer) fbError(t *testing.T) string {
	t.Helper()
	e, ok := a.json(t)["error"].(map[string]any)
	if !ok || e["message"] == "" || e["type"] != "OAuthException" || e["fbtrace_id"] == "" {
		t.Fatalf("got %s, want Meta's error shape", a.body)
	}
	if e["error_subcode"] == nil {
		return fmt.Sprintf("%d %v", a.status, e["code"])
	}
	return fmt.Sprintf("%d %v/%v", a.status, e["code"], e["error_subcode"])
}

func TestFacebookAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tests := map[string]struct {
		edit  []string
		param string // shown on a page; "" means sent back
	}{
		"unknown client":          {[]string{"client_id", "nobody"}, "client_id"},
		"other redirect":          {[]string{"redirect_uri", "https://evil.test/"}, "redirect_uri"},
		"redirect with a query":   {[]string{"redirect_uri", callback + "?a=b"}, "redirect_uri"},
		"no state":                {[]string{"state", ""}, "state"},
		"PKCE challenge":          {[]string{"code_challenge", s256}, "code_challenge"},
		"PKCE method":             {[]string{"code_challenge_method", "S256"}, "code_challenge_method"},
		"token instead of code":   {[]string{"response_type", "token"}, ""},
		"unknown scope":           {[]string{"scope", "pages_show_list,pages_sing"}, ""},
		"scopes joined by spaces": {[]string{"scope", "pages_show_list pages_manage_posts"}, ""},
		"no scope":                {[]string{"scope", ""}, ""},
	}
	for name, tt := range tests {
		got := b.get(fbDialog, with(fbAuthorize(), tt.edit...))
		if tt.param != "" {
			if got.status != 400 || got.header.Get("Location") != "" || !strings.Contains(got.body, "<code>"+tt.param+"</code>") {
				t.Errorf("%s: got %d to %q, want a page about %s", name, got.status, got.header.Get("Location"), tt.param)
			}
			continue
		}
		back := got.redirect(t)
		if back.Get("error_code") == "" || back.Get("error_message") == "" || back.Get("state") != "st&te" || back.Has("error") {
			t.Errorf("%s: got %v, want error_code, error_message and the state", name, back)
		}
	}
	if got := b.get(fbDialog, with(fbAuthorize(), "response_type", "")); got.status != 200 {
		t.Errorf("got status %d without response_type, want 200: code is assumed", got.status)
	}
}

func TestFacebookVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	check := func(version, want string, dialog int) {
		t.Helper()
		if got := b.get("/lab/facebook/graph.facebook.com/"+version+"/me", nil).fbError(t); got != want {
			t.Errorf("%s: got %s, want %s", version, got, want)
		}
		if got := b.get("/lab/facebook/www.facebook.com/"+version+"/dialog/oauth", fbAuthorize()); got.status != dialog {
			t.Errorf("%s: got the dialog with %d, want %d", version, got.status, dialog)
		}
	}
	for _, alive := range []string{"v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"} {
		check(alive, "400 2500", 200) // no token, but the version is fine
	}
	check("v20.0", "400 2635", 400)
	check("v27.0", "400 2500", 400)
	b.pass(60 * 24 * time.Hour)
	check("v21.0", "400 2635", 400)
}

func TestFacebookDenial(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	form := b.get(fbDialog, fbAuthorize()).form(t)
	form.Set("decision", "deny")
	want := url.Values{"error": {"access_denied"}, "error_reason": {"user_denied"}, "error_code": {"200"}, "error_description": {"Permissions error"}, "state": {"st&te"}}
	if diff := cmp.Diff(want, b.post(fbDialog+"?"+fbAuthorize().Encode(), form).redirect(t)); diff != "" {
		t.Errorf("got a denial that differs (-want +got):\n%s", diff)
	}
}

func TestFacebookForm(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	form := b.get(fbDialog, fbAuthorize()).form(t)
	if got := form["persona"]; !slices.Equal(got, []string{"creator"}) {
		t.Errorf("got personas %v ticked, want the first", got)
	}
	if got := form["scope"]; len(got) != 5 || !slices.Contains(got, "public_profile") {
		t.Errorf("got scopes %v ticked, want the four asked for and public_profile", got)
	}
	if got := form["target"]; len(got) != 7 {
		t.Errorf("got %d targets ticked, want all 7 pages of all personas", len(got))
	}
}

func TestFacebookTokenRefusals(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		edit []string
		want string
	}{
		"no client":      {[]string{"client_id", ""}, "400 101"},
		"unknown client": {[]string{"client_id", "nobody"}, "400 101"},
		"wrong secret":   {[]string{"client_secret", "wrong"}, "400 1"},
		"no secret":      {[]string{"client_secret", ""}, "400 1"},
		"other client":   {[]string{"client_id", "other"}, "400 100"},
		"unknown code":   {[]string{"code", "nope"}, "400 100"},
		"no redirect":    {[]string{"redirect_uri", ""}, "400 191"},
		"other redirect": {[]string{"redirect_uri", callback + "2"}, "400 100/36008"},
		"unknown grant":  {[]string{"grant_type", "password"}, "400 100"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			good := fbExchange(b.fbApprove("creator", nil).Get("code"))
			for _, got := range []answer{b.get(fbToken, with(good, tt.edit...)), b.post(fbToken, with(good, tt.edit...))} {
				if got := got.fbError(t); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			}
			// Meta accepts a code_verifier and ignores it.
			if again := b.post(fbToken, with(good, "code_verifier", "any")); again.status != 200 {
				t.Errorf("got %d after the refusals, want the code unharmed: %s", again.status, again.body)
			}
			again := b.get(fbToken, good)
			if got := again.fbError(t); got != "400 100/36009" || !strings.Contains(again.body, "This authorization code has been used.") {
				t.Errorf("got %s for the code's second use, want 400 100/36009", got)
			}
		})
	}
	b := newBench(t)
	code := b.fbApprove("creator", nil).Get("code")
	b.pass(10 * time.Minute)
	if got := b.get(fbToken, fbExchange(code)).fbError(t); got != "400 100/36007" {
		t.Errorf("got %s for an old code, want 400 100/36007", got)
	}
	if got := b.post(fbToken, url.Values{"redirect_uri": {callback}, "code": {code}}, basic).fbError(t); got != "400 101" {
		t.Errorf("got %s for Basic credentials, want 400 101", got)
	}
}

func TestFacebookTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.post(fbToken, fbExchange(b.fbApprove("creator", nil).Get("code"))).json(t)
	short := got["access_token"].(string)
	if diff := cmp.Diff(map[string]any{"access_token": short, "token_type": "bearer", "expires_in": 5183.0}, got); diff != "" {
		t.Errorf("got an answer that differs (-want +got):\n%s", diff)
	}
	long := b.fbLong(short).json(t)
	if long["expires_in"] != 5183944.0 || long["access_token"] == short {
		t.Errorf("got %v, want another token of 60 days", long)
	}
	b.pass(24 * time.Hour)
	if again := b.fbLong(long["access_token"].(string)).json(t); again["expires_in"] != 5183944.0-86400 {
		t.Errorf("got %v, want no time gained by exchanging a long token", again["expires_in"])
	}
	if got := b.fbLong(short).fbError(t); got != "400 190/463" {
		t.Errorf("got %s for an expired token, want 400 190/463", got)
	}
	if got := b.fbGet(short, "/me").fbError(t); got != "400 190/463" {
		t.Errorf("got %s, want 400 190/463", got)
	}
	if got := b.fbGet(long["access_token"].(string), "/me?fields=id,name,picture.type(large)").json(t); got["id"] != "7310400000000011" || got["picture"] == nil {
		t.Errorf("got %v, want the creator with a picture", got)
	}
	if got := b.fbGet("EAAnonsense", "/me").fbError(t); got != "400 190" {
		t.Errorf("got %s for nonsense, want 400 190", got)
	}
}

func TestFacebookPages(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbToken("creator", nil)
	const fields = "fields=id,name,username,access_token,picture.type(large){url},category,followers_count,tasks"
	rows := b.fbGet(token, "/me/accounts?limit=100&"+fields).data(t)
	if len(rows) != 3 {
		t.Fatalf("got %d pages, want 3", len(rows))
	}
	got := rows[market]
	pageToken := got["access_token"].(string)
	want := map[string]any{
		"id": market, "name": "Night Market", "username": "labnightmarket", "access_token": pageToken, "category": "Event", "followers_count": 3105.0,
		"tasks":   []any{"ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"},
		"picture": map[string]any{"data": map[string]any{"url": "http://lab.test/lab/pictures/night-market.svg", "width": 96.0, "height": 96.0, "is_silhouette": false}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got a page that differs (-want +got):\n%s", diff)
	}
	if me := b.fbGet(pageToken, "/me?fields=id,fan_count").json(t); me["id"] != market {
		t.Errorf("got %v as the page token's me, want the page", me)
	}
	for path, want := range map[string]string{
		"/" + bakery:                  "400 100/33", // a page token sees its own page only
		"/me/accounts":                "400 100",
		"/" + market + "?fields=shoe": "400 100",
	} {
		if got := b.fbGet(pageToken, path).fbError(t); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
	if got := b.fbGet(token, "/730100000000401").fbError(t); got != "400 100/33" {
		t.Errorf("got %s for somebody else's page, want 400 100/33", got)
	}
}

func TestFacebookPaging(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbToken("creator", nil)
	first := b.fbGet(token, "/me/accounts?fields=id&limit=2")
	if got := len(first.data(t)); got != 2 {
		t.Fatalf("got %d pages, want 2", got)
	}
	next := first.json(t)["paging"].(map[string]any)["next"].(string)
	real := "https://graph.facebook.com/v26.0/7310400000000011/accounts?"
	if !strings.HasPrefix(next, real) {
		t.Fatalf("got next %q, want an address at the real host", next)
	}
	rest := b.do(http.NewRequest(http.MethodGet, b.url+"/lab/facebook/"+strings.TrimPrefix(next, "https://"), nil))
	if got := rest.data(t); len(got) != 1 || got[kites] == nil {
		t.Errorf("got %v, want the third page", got)
	}
	if rest.json(t)["paging"].(map[string]any)["next"] != nil {
		t.Error("got a next after the last page")
	}
	for _, q := range []string{"limit=none", "limit=0", "after=nonsense"} {
		if got := b.fbGet(token, "/me/accounts?"+q).fbError(t); got != "400 100" {
			t.Errorf("%s: got %s, want 400 100", q, got)
		}
	}
}

func TestFacebookUnticking(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbToken("creator", func(form url.Values) {
		untick(form, "target", market)
		untick(form, "scope", "pages_manage_posts")
		untick(form, "scope", "public_profile") // cannot be refused
	})
	if got := b.fbGet(token, "/me/accounts").data(t); len(got) != 2 || got[market] != nil {
		t.Errorf("got %v, want two pages without the unticked one", got)
	}
	if got := b.fbGet(token, "/"+market).fbError(t); got != "400 100/33" {
		t.Errorf("got %s for the unticked page, want 400 100/33", got)
	}
	want := map[string]string{"public_profile": "granted", "pages_show_list": "granted", "pages_manage_posts": "declined", "pages_read_engagement": "granted", "business_management": "granted"}
	if diff := cmp.Diff(want, b.fbPermissions(token)); diff != "" {
		t.Errorf("got permissions that differ (-want +got):\n%s", diff)
	}
	blind := b.fbToken("creator", func(form url.Values) { untick(form, "scope", "pages_show_list") })
	if got := b.fbGet(blind, "/me/accounts"); got.status != 200 || got.body != `{"data":[]}` {
		t.Errorf("got %d %s without pages_show_list, want an empty list", got.status, got.body)
	}
	if got := b.fbGet(blind, "/"+bakery+"?fields=access_token").fbError(t); got != "403 10" {
		t.Errorf("got %s without pages_show_list, want 403 10", got)
	}
	again := b.fbToken("creator", nil)
	if got := b.fbPermissions(again)["pages_show_list"]; got != "granted" {
		t.Errorf("got %s after a second consent, want granted", got)
	}
}

func (b *bench) fbPermissions(token string) map[string]string {
	b.t.Helper()
	out := map[string]string{}
	for _, row := range b.fbGet(token, "/me/permissions").json(b.t)["data"].([]any) {
		row := row.(map[string]any)
		out[row["permission"].(string)] = row["status"].(string)
	}
	return out
}

func TestFacebookPersonas(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, persona := range []string{"nopages", "portfolio"} {
		if got := b.fbGet(b.fbToken(persona, nil), "/me/accounts?limit=100"); got.status != 200 || got.body != `{"data":[]}` {
			t.Errorf("%s: got %d %s, want an empty list", persona, got.status, got.body)
		}
	}
	analyst := b.fbGet(b.fbToken("analyst", nil), "/me/accounts?fields=tasks").data(t)
	if got := analyst["730100000000402"]["tasks"]; !cmp.Equal(got, []any{"ANALYZE"}) {
		t.Errorf("got tasks %v, want ANALYZE only", got)
	}
	if len(analyst) != 2 {
		t.Errorf("got %d pages, want 2", len(analyst))
	}
}

func TestFacebookPortfolio(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbToken("portfolio", nil)
	businesses := b.fbGet(token, "/me/businesses").data(t)
	if len(businesses) != 1 || businesses["730200000000201"]["name"] != "Lab Portfolio" {
		t.Fatalf("got %v, want one business", businesses)
	}
	owned := b.fbGet(token, "/730200000000201/owned_pages?fields=id,access_token").data(t)
	if owned["730100000000301"]["access_token"] == nil {
		t.Errorf("got %v, want the owned page with its token", owned)
	}
	client := b.fbGet(token, "/730200000000201/client_pages?fields=id,access_token").data(t)
	if row := client["730100000000302"]; row == nil || row["access_token"] != nil {
		t.Errorf("got %v, want the client page without its token", client)
	}
	if got := b.fbGet(token, "/730100000000302?fields=access_token").json(t); got["access_token"] == nil {
		t.Errorf("got %v, want the client page's token when asked by id", got)
	}
	if got := b.fbGet(token, "/730200000000999/owned_pages").fbError(t); got != "400 100/33" {
		t.Errorf("got %s for another business, want 400 100/33", got)
	}
	without := b.fbToken("portfolio", func(form url.Values) { untick(form, "scope", "business_management") })
	for _, path := range []string{"/me/businesses", "/730200000000201/owned_pages", "/730200000000201/client_pages"} {
		if got := b.fbGet(without, path).fbError(t); got != "403 200" {
			t.Errorf("%s: got %s without business_management, want 403 200", path, got)
		}
	}
	if got := b.fbGet(b.fbToken("creator", nil), "/me/businesses"); got.body != `{"data":[]}` {
		t.Errorf("got %s for the creator's businesses, want none", got.body)
	}
}

func (b *bench) fbDebug(input string) map[string]any {
	b.t.Helper()
	got := b.get(graph+"/debug_token", url.Values{"input_token": {input}, "access_token": {"app|" + secret}})
	if got.status != 200 {
		b.t.Fatalf("got status %d, want 200: %s", got.status, got.body)
	}
	return got.json(b.t)["data"].(map[string]any)
}

func TestFacebookDebugToken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	short := b.fbToken("creator", func(form url.Values) { untick(form, "target", kites) })
	long := b.fbLong(short).json(t)["access_token"].(string)
	facts := b.fbDebug(long)
	if facts["is_valid"] != true || facts["app_id"] != "app" || facts["type"] != "USER" || facts["user_id"] != "7310400000000011" ||
		facts["expires_at"] != float64(b.clock().Unix()+5183944) || facts["data_access_expires_at"] != float64(b.clock().Unix()+90*86400) {
		t.Errorf("got %v, want the long user token's facts", facts)
	}
	want := map[string]any{"scope": "pages_manage_posts", "target_ids": []any{bakery, market}}
	if !slices.ContainsFunc(facts["granular_scopes"].([]any), func(v any) bool { return cmp.Equal(v, want) }) {
		t.Errorf("got granular scopes %v, want %v among them", facts["granular_scopes"], want)
	}
	pageOf := func(user string) map[string]any {
		return b.fbDebug(b.fbGet(user, "/"+bakery+"?fields=access_token").json(t)["access_token"].(string))
	}
	if got := pageOf(long); got["type"] != "PAGE" || got["profile_id"] != bakery || got["expires_at"] != 0.0 {
		t.Errorf("got %v, want a page token without end", got)
	}
	if got := pageOf(short); got["expires_at"] != float64(b.clock().Unix()+5183) {
		t.Errorf("got %v, want a page token that ends with the short user token", got)
	}
	b.pass(2 * time.Hour)
	if got := b.fbDebug(short); got["is_valid"] != false || !cmp.Equal(got["error"].(map[string]any)["subcode"], 463.0) {
		t.Errorf("got %v, want an invalid token and why", got)
	}
	if got := b.fbDebug("nonsense"); got["is_valid"] != false {
		t.Errorf("got %v, want an invalid token", got)
	}
	for _, appToken := range []string{"", long, "app|wrong", "nobody|" + secret, "other|" + secret} {
		if got := b.get(graph+"/debug_token", url.Values{"input_token": {long}, "access_token": {appToken}}).fbError(t); got != "400 100" {
			t.Errorf("got %s for the wrong app token, want 400 100", got)
		}
	}
}

func TestFacebookRemoval(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbToken("creator", nil)
	page := b.fbGet(token, "/"+bakery+"?fields=access_token").json(t)["access_token"].(string)
	remove := func(path string) answer {
		return b.do(http.NewRequest(http.MethodDelete, b.url+graph+path+"?access_token="+token, nil))
	}
	if got := remove("/me/permissions/pages_manage_posts"); got.body != `{"success":true}` || b.fbPermissions(token)["pages_manage_posts"] != "declined" {
		t.Errorf("got %s, want one permission taken back", got.body)
	}
	if got := remove("/7310400000000011/permissions"); got.body != `{"success":true}` {
		t.Errorf("got %s, want success", got.body)
	}
	for _, dead := range []string{token, page} {
		if got := b.fbGet(dead, "/me").fbError(t); got != "400 190/458" {
			t.Errorf("got %s after removal, want 400 190/458", got)
		}
	}
	if got := b.fbGet(b.fbToken("creator", nil), "/me"); got.status != 200 {
		t.Errorf("got status %d after a new consent, want 200", got.status)
	}
	if got := b.fbGet(token, "/me").fbError(t); got != "400 190/458" {
		t.Errorf("got %s, want the old token dead after a new consent", got)
	}
}

func TestFacebookAppSecretProof(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbToken("creator", nil)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(token))
	if got := b.fbGet(token, "/me?appsecret_proof="+hex.EncodeToString(mac.Sum(nil))); got.status != 200 {
		t.Errorf("got status %d for the right proof, want 200: %s", got.status, got.body)
	}
	if got := b.fbGet(token, "/me?appsecret_proof=00").fbError(t); got != "400 100" {
		t.Errorf("got %s for a wrong proof, want 400 100", got)
	}
}
