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
	liAuthorizePath = "/lab/linkedin/www.linkedin.com/oauth/v2/authorization"
	liTokenPath     = "/lab/linkedin/www.linkedin.com/oauth/v2/accessToken"
	liRevokePath    = "/lab/linkedin/www.linkedin.com/oauth/v2/revoke"
	liUserinfoPath  = "/lab/linkedin/api.linkedin.com/v2/userinfo"
	liRest          = "/lab/linkedin/api.linkedin.com/rest/"
	liScopes        = "openid profile w_member_social rw_organization_admin w_organization_social r_organization_social"
)

func liAuthorize() url.Values {
	return url.Values{"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {callback}, "state": {"st&te"}, "scope": {liScopes}}
}

func (b *bench) liDecide(q url.Values, persona, decision string) url.Values {
	b.t.Helper()
	form := b.get(liAuthorizePath, q).form(b.t)
	form.Set("persona", persona)
	form.Set("decision", decision)
	return b.post(liAuthorizePath+"?"+q.Encode(), form).redirect(b.t)
}

func liExchange(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "client_id": {"app"}, "client_secret": {secret}}
}

func (b *bench) liToken(persona, scopes string) string {
	b.t.Helper()
	got := b.post(liTokenPath, liExchange(b.liDecide(with(liAuthorize(), "scope", scopes), persona, "approve").Get("code")))
	if got.status != 200 {
		b.t.Fatalf("got status %d, want 200: %s", got.status, got.body)
	}
	return got.json(b.t)["access_token"].(string)
}

// liGet calls the API as it should be called, but for the headers that are given otherwise.
func (b *bench) liGet(token, path string, headers ...string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.url+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + token, "LinkedIn-Version": "202608", "X-Restli-Protocol-Version": "2.0.0"} {
		req.Header.Set(name, value)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	return b.do(req, nil)
}

func TestLinkedInAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, tt := range map[string]struct {
		edit        []string
		param, code string // shown on a page, or sent back
	}{
		"unknown client":          {[]string{"client_id", "nobody"}, "client_id", ""},
		"redirect with a slash":   {[]string{"redirect_uri", callback + "/"}, "redirect_uri", ""},
		"no state":                {[]string{"state", ""}, "state", ""},
		"PKCE challenge":          {[]string{"code_challenge", s256}, "code_challenge", ""},
		"PKCE method":             {[]string{"code_challenge_method", "S256"}, "code_challenge_method", ""},
		"token instead of code":   {[]string{"response_type", "token"}, "", "unsupported_response_type"},
		"unknown scope":           {[]string{"scope", "openid w_everything"}, "", "invalid_scope_error"},
		"scopes joined by commas": {[]string{"scope", "openid,profile"}, "", "invalid_scope_error"},
		"no scope":                {[]string{"scope", ""}, "", "invalid_scope_error"},
		"product missing":         {[]string{"scope", "openid profile r_member_social"}, "", "unauthorized_scope_error"},
	} {
		got := b.get(liAuthorizePath, with(liAuthorize(), tt.edit...))
		if tt.param != "" {
			if got.status != 400 || got.header.Get("Location") != "" || !strings.Contains(got.body, "<code>"+tt.param+"</code>") {
				t.Errorf("%s: got %d, want a page about %s", name, got.status, tt.param)
			}
			continue
		}
		if back := got.redirect(t); back.Get("error") != tt.code || back.Get("state") != "st&te" || back.Get("error_description") == "" {
			t.Errorf("%s: got %v, want %s", name, back, tt.code)
		}
	}
}

func TestLinkedInDecisions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	page := b.get(liAuthorizePath, liAuthorize())
	if strings.Count(page.body, "checked disabled") != 6 || !strings.Contains(page.body, `value="cancel_login"`) {
		t.Error("got scopes that can be unticked, or no way to give up the sign-in")
	}
	for decision, want := range map[string]string{"deny": "user_cancelled_authorize", "cancel_login": "user_cancelled_login"} {
		back := b.liDecide(liAuthorize(), "creator", decision)
		if back.Get("error") != want || back.Get("state") != "st&te" || back.Has("code") {
			t.Errorf("%s: got %v, want %s", decision, back, want)
		}
	}
	if got := b.post(xAuthorizePath+"?"+xAuthorize().Encode(), url.Values{"decision": {"cancel_login"}}); got.status != 400 {
		t.Errorf("got status %d for a sign-in given up at X, which has no word for it, want 400", got.status)
	}
}

func TestLinkedInTokenAnswer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.post(liTokenPath, liExchange(b.liDecide(with(liAuthorize(), "scope", "openid profile w_member_social"), "creator", "approve").Get("code"))).json(t)
	delete(got, "access_token")
	want := map[string]any{"expires_in": 5184000.0, "token_type": "Bearer", "scope": "openid,profile,w_member_social"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("got an answer that differs, want no refresh token (-want +got):\n%s", diff)
	}
}

func TestLinkedInTokenRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	used := b.liDecide(liAuthorize(), "creator", "approve").Get("code")
	b.post(liTokenPath, liExchange(used))
	old := b.liDecide(liAuthorize(), "creator", "approve").Get("code")
	b.pass(30 * time.Minute)
	good := b.liDecide(liAuthorize(), "creator", "approve").Get("code")
	for name, tt := range map[string]struct {
		form   url.Values
		edit   func(*http.Request)
		status int
		code   string
	}{
		"used code":           {liExchange(used), nil, 400, "invalid_request"},
		"old code":            {liExchange(old), nil, 400, "invalid_request"},
		"no such code":        {liExchange("nonsense"), nil, 400, "invalid_request"},
		"other redirect":      {with(liExchange(good), "redirect_uri", callback+"2"), nil, 400, "invalid_request"},
		"other client":        {with(liExchange(good), "client_id", "other"), nil, 400, "invalid_request"},
		"wrong secret":        {with(liExchange(good), "client_secret", "wrong"), nil, 401, "invalid_client"},
		"unknown client":      {with(liExchange(good), "client_id", "nobody"), nil, 401, "invalid_client"},
		"a verifier":          {with(liExchange(good), "code_verifier", verifier), nil, 401, "invalid_client"},
		"Basic":               {with(liExchange(good), "client_id", "", "client_secret", ""), basic, 400, "invalid_request"},
		"no redirect":         {with(liExchange(good), "redirect_uri", ""), nil, 400, "invalid_request"},
		"no grant type":       {with(liExchange(good), "grant_type", ""), nil, 400, "invalid_request"},
		"other grant type":    {with(liExchange(good), "grant_type", "password"), nil, 400, "unsupported_grant_type"},
		"nothing to refresh":  {with(liExchange(good), "grant_type", "refresh_token"), nil, 400, "invalid_request"},
		"no refresh token":    {with(liExchange(good), "grant_type", "refresh_token", "refresh_token", "nonsense"), nil, 400, "invalid_grant"},
		"JSON":                {liExchange(good), func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 400, "invalid_request"},
		"the same twice over": {url.Values{"client_id": {"app", "app"}, "client_secret": {secret}}, nil, 400, "invalid_request"},
	} {
		edit := tt.edit
		if edit == nil {
			edit = func(*http.Request) {}
		}
		got := b.post(liTokenPath, tt.form, edit)
		if got.status != tt.status || got.json(t)["error"] != tt.code {
			t.Errorf("%s: got %d %s, want %d %s", name, got.status, got.body, tt.status, tt.code)
		}
	}
	if got := b.post(liTokenPath, liExchange(good)); got.status != 200 {
		t.Errorf("got status %d for the code after all that, want 200: %s", got.status, got.body)
	}
}

func TestLinkedInAPIRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	old := b.liToken("creator", liScopes)
	b.pass(60 * 24 * time.Hour) // to 2027-01-21: 202601 has ended by then
	token, narrow, revoked := b.liToken("creator", liScopes), b.liToken("creator", "openid w_member_social"), b.liToken("creator", liScopes)
	b.post(liRevokePath, url.Values{"client_id": {"app"}, "client_secret": {secret}, "token": {revoked}})
	const acls = liRest + "organizationAcls?q=roleAssignee"
	for name, tt := range map[string]struct {
		token, path string
		headers     []string
		status      int
		code        string
	}{
		"no token":               {"", liUserinfoPath, []string{"Authorization", ""}, 401, "EMPTY_ACCESS_TOKEN"},
		"nonsense":               {"nonsense", liUserinfoPath, nil, 401, "INVALID_ACCESS_TOKEN"},
		"expired":                {old, liUserinfoPath, nil, 401, "EXPIRED_ACCESS_TOKEN"},
		"revoked":                {revoked, acls, nil, 401, "REVOKED_ACCESS_TOKEN"},
		"scope of userinfo":      {narrow, liUserinfoPath, nil, 403, "ACCESS_DENIED"},
		"scope of roles":         {narrow, acls, nil, 403, "ACCESS_DENIED"},
		"scope of organizations": {narrow, liRest + "organizations?ids=List(90100101)", nil, 403, "ACCESS_DENIED"},
		"no version":             {token, acls, []string{"LinkedIn-Version", ""}, 426, "VERSION_MISSING"},
		"ended version":          {token, acls, []string{"LinkedIn-Version", "202601"}, 426, "NONEXISTENT_VERSION"},
		"future version":         {token, acls, []string{"LinkedIn-Version", "203001"}, 426, "NONEXISTENT_VERSION"},
		"no protocol":            {token, acls, []string{"X-Restli-Protocol-Version", ""}, 400, "ILLEGAL_ARGUMENT"},
		"no protocol for a list": {token, liRest + "organizations?ids=List(90100101)", []string{"X-Restli-Protocol-Version", "1.0.0"}, 400, "ILLEGAL_ARGUMENT"},
		"no finder":              {token, liRest + "organizationAcls", nil, 400, "ILLEGAL_ARGUMENT"},
		"count":                  {token, acls + "&count=0", nil, 400, "ILLEGAL_ARGUMENT"},
		"list encoded":           {token, liRest + "organizations?ids=List%2890100101%29", nil, 400, "ILLEGAL_ARGUMENT"},
		"no list":                {token, liRest + "organizations?ids=90100101", nil, 400, "ILLEGAL_ARGUMENT"},
		"entry not encoded":      {token, liRest + "images?ids=List(urn:li:image:C4D0BAQ90100101)", nil, 400, "ILLEGAL_ARGUMENT"},
	} {
		got := b.liGet(tt.token, tt.path, tt.headers...)
		if got.status != tt.status || got.json(t)["code"] != tt.code {
			t.Errorf("%s: got %d %s, want %d %s", name, got.status, got.body, tt.status, tt.code)
		}
	}
}

func TestLinkedInOrganizations(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.liToken("creator", liScopes)
	if got := b.liGet(token, liUserinfoPath).json(t); got["sub"] != "lAbCreat0r" || got["name"] != "Creator with organizations" {
		t.Errorf("got userinfo %v", got)
	}
	path, roles := liRest+"organizationAcls?q=roleAssignee&state=APPROVED&count=2", []string{}
	for pages := 1; path != ""; pages++ {
		got := b.liGet(token, path).json(t)
		for _, e := range got["elements"].([]any) {
			row := e.(map[string]any)
			roles = append(roles, row["organization"].(string)+" "+row["role"].(string))
		}
		path = ""
		for _, l := range got["paging"].(map[string]any)["links"].([]any) {
			path = "/lab/linkedin/api.linkedin.com" + l.(map[string]any)["href"].(string)
		}
		if pages > 2 {
			t.Fatal("got a third page, want two")
		}
	}
	want := []string{"urn:li:organization:90100101 ADMINISTRATOR", "urn:li:organization:90100102 ADMINISTRATOR", "urn:li:organization:90100103 CONTENT_ADMINISTRATOR"}
	if diff := cmp.Diff(want, roles); diff != "" {
		t.Errorf("got roles that differ (-want +got):\n%s", diff)
	}
	got := b.liGet(token, liRest+"organizations?ids=List(90100101,90100103,7)").json(t)
	if diff := cmp.Diff(map[string]any{"90100101": 200.0, "90100103": 403.0, "7": 404.0}, got["statuses"]); diff != "" {
		t.Errorf("got statuses that differ (-want +got):\n%s", diff)
	}
	if results := got["results"].(map[string]any); len(results) != 1 || len(got["errors"].(map[string]any)) != 2 {
		t.Errorf("got %v, want one result and two errors", got)
	}
	got = b.liGet(token, liRest+"organizationsLookup?ids=List(90100103)").json(t)
	if row := got["results"].(map[string]any)["90100103"].(map[string]any); row["localizedName"] != "Copper Loom" || row["id"] != 90100103.0 {
		t.Errorf("got %v", row)
	}
	got = b.liGet(token, liRest+"images?ids=List(urn%3Ali%3Aimage%3AC4D0BAQ90100101)").json(t)
	if row := got["results"].(map[string]any)["urn:li:image:C4D0BAQ90100101"].(map[string]any); row["downloadUrl"] != "http://lab.test/lab/pictures/tidewater-works.svg" {
		t.Errorf("got %v", row)
	}
}
