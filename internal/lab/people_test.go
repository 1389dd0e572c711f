package lab_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/lab"
)

func TestRevokedByThePerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token, page := b.fbToken("creator", nil), ""
	page, _ = b.fbGet(token, "/"+bakery+"?fields=access_token").json(t)["access_token"].(string)
	x, other := b.xTokens(xAuthorize(), "creator"), b.xTokens(xAuthorize(), "second")
	li := b.liToken("creator", liScopes)
	client := b.mastoClient(mastoNew, mastoApp())
	masto := b.mastoToken(mastoNew, client, "creator")
	strictTokens, stableTokens := b.openTokens(strict, "creator"), b.openTokens(stable, "creator")

	for _, body := range []string{
		`{"platform":"facebook","persona":"creator"}`, `{"platform":"x","persona":"creator","client_id":"app"}`,
		`{"platform":"linkedin","persona":"creator"}`, `{"platform":"mastodon","persona":"creator"}`, `{"platform":"open","persona":"creator","host":"strict.open.example"}`,
	} {
		if got := b.tell("/lab/revoke", body).json(t)["ended"]; got != 1.0 {
			t.Errorf("%s: got %v ended, want 1", body, got)
		}
	}
	for _, tt := range []struct {
		what string
		got  answer
		want string
	}{
		{"Facebook, the person's token", b.fbGet(token, "/me"), `"code":190,"error_subcode":458`},
		{"Facebook, the page's token", b.fbGet(page, "/me"), `"code":190,"error_subcode":458`},
		{"X, access", b.xMe(x["access_token"], ""), `"status":401`},
		{"X, refresh", b.xRefresh(x["refresh_token"]), `"error":"invalid_request"`},
		{"LinkedIn", b.liGet(li, "/lab/linkedin/api.linkedin.com/v2/userinfo"), `"serviceErrorCode":65601,"code":"REVOKED_ACCESS_TOKEN"`},
		{"Mastodon", b.mastoAccount(mastoNew, masto), "The access token was revoked"},
		{"open, access", b.openUser(strict, strictTokens["access_token"]), `"error":"invalid_token"`},
		{"open, refresh", b.openRefresh(strict, strictTokens["refresh_token"]), `"error":"invalid_grant"`},
		{"open, the other server", b.openUser(stable, stableTokens["access_token"]), `"sub":"ps-3301"`},
		{"X, the other account", b.xMe(other["access_token"], ""), `"username":"lab_second"`},
	} {
		if !strings.Contains(tt.got.body, tt.want) {
			t.Errorf("%s: got %d %s, want %s", tt.what, tt.got.status, tt.got.body, tt.want)
		}
	}
	if got := b.outcomes(lab.RedeemRefresh); got != "revoked revoked" {
		t.Errorf("got log %q", got)
	}
	if again := b.fbToken("creator", nil); b.fbGet(again, "/me").status != 200 {
		t.Error("got a new consent that does not work, want the person able to come back")
	}
	if got := b.tell("/lab/revoke", `{"platform":"x","persona":"creator"}`).json(t)["ended"]; got != 0.0 {
		t.Errorf("got %v ended the second time, want none left", got)
	}
	for _, body := range []string{`{"platform":"z","persona":"creator"}`, `{"platform":"x","persona":"nobody"}`, `{"platform":"x","persona":"creator","how":"magic"}`, `{"platform":"open","persona":"creator","host":"x"}`, `{}`} {
		b.control(http.MethodPost, "/lab/revoke", body, http.StatusBadRequest)
	}
}

func TestHowAConsentEndsAtMeta(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for how, want := range map[string]string{"password_changed": "400 190/460", "checkpoint": "400 190/459", "logged_out": "400 190/467", "removed": "400 190/458"} {
		token := b.fbToken("creator", nil)
		b.tell("/lab/revoke", `{"platform":"facebook","persona":"creator","how":"`+how+`"}`)
		if got := b.fbGet(token, "/me").fbError(t); got != want {
			t.Errorf("%s: got %s, want %s", how, got, want)
		}
		if got := b.fbLong(token).fbError(t); got != want {
			t.Errorf("%s: got %s at the exchange, want %s", how, got, want)
		}
	}
}

func (b *bench) pageNames(token string) string {
	b.t.Helper()
	var ids []string
	for _, row := range b.fbGet(token, "/me/accounts").json(b.t)["data"].([]any) {
		ids = append(ids, row.(map[string]any)["name"].(string))
	}
	slices.Sort(ids)
	return strings.Join(ids, ", ")
}

func TestPagesAndRolesAreLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.fbLong(b.fbToken("creator", nil)).json(t)["access_token"].(string)
	pages := map[string]string{}
	for _, id := range []string{bakery, market} {
		pages[id] = b.fbGet(token, "/"+id+"?fields=access_token").json(t)["access_token"].(string)
	}
	b.tell("/lab/targets", `{"platform":"facebook","persona":"creator","target":"`+bakery+`","gone":true}`)
	b.tell("/lab/targets", `{"platform":"facebook","persona":"creator","target":"`+market+`","no_role":true}`)
	if got := b.pageNames(token); got != "Paper Kites" {
		t.Errorf("got pages %q, want those that are left", got)
	}
	for what, tt := range map[string]struct{ token, path, want string }{
		"the page that is gone, by its own token":     {pages[bakery], "/me", "400 100/33"},
		"the page that is gone, by the person's":      {token, "/" + bakery, "400 100/33"},
		"the page without a role, by its own token":   {pages[market], "/me", "400 190/492"},
		"the page without a role, by the person's":    {token, "/" + market, "400 100/33"},
		"the page without a role, exchanged for more": {pages[market], "/" + market, "400 190/492"},
	} {
		if got := b.fbGet(tt.token, tt.path).fbError(t); got != tt.want {
			t.Errorf("%s: got %s, want %s", what, got, tt.want)
		}
	}
	if got := b.pageNames(b.fbToken("creator", nil)); got != "Paper Kites" {
		t.Errorf("got pages %q for a new consent, want those that are left", got)
	}
	b.tell("/lab/targets", `{"platform":"facebook","persona":"creator","target":"`+market+`"}`)
	if got := b.fbGet(pages[market], "/me"); got.status != 200 {
		t.Errorf("got %d with the role given back, want 200", got.status)
	}
	for _, body := range []string{`{"platform":"facebook","persona":"creator","target":"1","gone":true}`, `{"platform":"x","persona":"creator","target":"1"}`} {
		b.control(http.MethodPost, "/lab/targets", body, http.StatusBadRequest)
	}
}

func TestOrganizationsAndAccountsAreLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	li := b.liToken("creator", liScopes)
	b.tell("/lab/targets", `{"platform":"linkedin","persona":"creator","target":"90100101","gone":true}`)
	b.tell("/lab/targets", `{"platform":"linkedin","persona":"creator","target":"90100102","no_role":true}`)
	acls := b.liGet(li, liRest+"organizationAcls?q=roleAssignee&state=APPROVED")
	if strings.Contains(acls.body, "90100101") || strings.Contains(acls.body, "90100102") || !strings.Contains(acls.body, "90100103") {
		t.Errorf("got %s, want neither of the two", acls.body)
	}
	b.tell("/lab/targets", `{"platform":"open","persona":"creator","target":"acct-101","gone":true}`)
	b.tell("/lab/targets", `{"platform":"open","persona":"creator","target":"acct-102","no_role":true}`)
	body := b.openUser(grace, b.openTokens(grace, "creator")["access_token"]).body
	if strings.Contains(body, "acct-101") || strings.Contains(body, `"editor"`) || !strings.Contains(body, "acct-102") {
		t.Errorf("got %s, want one account gone and one without its role", body)
	}
}

func TestScopesAreWithdrawn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token, x := b.fbToken("creator", nil), b.xTokens(xAuthorize(), "creator")
	openTokens := b.openTokens(strict, "creator")
	b.tell("/lab/scopes", `{"platform":"facebook","persona":"creator","withdraw":["pages_manage_posts"]}`)
	b.tell("/lab/scopes", `{"platform":"x","persona":"creator","withdraw":["users.read","tweet.write"]}`)
	b.tell("/lab/scopes", `{"platform":"open","persona":"creator","withdraw":["profile"]}`)
	if got := b.fbPermissions(token); got["pages_manage_posts"] != "declined" || got["pages_show_list"] != "granted" {
		t.Errorf("got permissions %v, want one declined", got)
	}
	if got := b.xMe(x["access_token"], ""); got.status != 403 {
		t.Errorf("got %d at X, want 403", got.status)
	}
	if got := b.xRefresh(x["refresh_token"]).json(t)["scope"]; got != "tweet.read offline.access" {
		t.Errorf("got scope %v at the next refresh, want what is left", got)
	}
	if got := b.openUser(strict, openTokens["access_token"]); got.status != 403 || !strings.Contains(got.header.Get("WWW-Authenticate"), "insufficient_scope") {
		t.Errorf("got %d %s at open, want 403 insufficient_scope", got.status, got.body)
	}
	b.control(http.MethodPost, "/lab/scopes", `{"platform":"x","persona":"creator"}`, http.StatusBadRequest)
}

func TestTheCrowdIsEverywhere(t *testing.T) {
	t.Parallel()
	b := igBench(t)
	client := b.mastoClient(mastoNew, mastoApp())
	seen := map[string]bool{}
	for _, n := range []int{0, 7, 123456789} {
		who := fmt.Sprintf("crowd-%d", n)
		for _, body := range []string{
			b.fbGet(b.fbToken(who, nil), "/me").body,
			b.xMe(b.xTokens(xAuthorize(), who)["access_token"], "").body,
			b.liGet(b.liToken(who, liScopes), "/lab/linkedin/api.linkedin.com/v2/userinfo").body,
			b.mastoAccount(mastoNew, b.mastoToken(mastoNew, client, who)).body,
			b.openUser(stable, b.openTokens(stable, who)["access_token"]).body,
		} {
			if seen[body] || !strings.Contains(body, fmt.Sprintf("Crowd account %d", n)) {
				t.Errorf("%s: got %s, want somebody of their own", who, body)
			}
			seen[body] = true
		}
		if got, want := b.pageNames(b.fbToken(who, nil)), fmt.Sprintf("Crowd Bakery %d, Crowd Press %d", n, n); got != want {
			t.Errorf("%s: got pages %q, want %q", who, got, want)
		}
		if got := b.igGet(b.igToken(who, nil), igAccounts+igExpansion).body; strings.Count(got, igLinked) != 1 || !strings.Contains(got, fmt.Sprintf(`"lab.crowd.%d"`, n)) {
			t.Errorf("%s: got %s, want one account", who, got)
		}
	}
	one := b.fbToken("crowd-7", func(form url.Values) { form["target"] = []string{"739100000000007"} })
	if got := b.pageNames(one); got != "Crowd Bakery 7" {
		t.Errorf("got pages %q, want the one that the form named", got)
	}
	for _, who := range []string{"crowd-", "crowd--1", "crowd-01", "crowd-1234567890", "crowd-x"} {
		form := url.Values{"persona": {who}, "decision": {"approve"}}
		if got := b.post(xAuthorizePath+"?"+xAuthorize().Encode(), form); got.status != 400 {
			t.Errorf("%s: got %d, want nobody", who, got.status)
		}
	}
}

func TestLinkedInRefreshes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tokens := func(scopes string) map[string]any {
		q := with(liAuthorize(), "scope", scopes)
		return b.post(liTokenPath, liExchange(b.liDecide(q, "creator", "approve").Get("code"))).json(t)
	}
	refresh := func(token any) answer {
		return b.post(liTokenPath, url.Values{"grant_type": {"refresh_token"}, "client_id": {"app"}, "client_secret": {secret}, "refresh_token": {token.(string)}})
	}
	first := tokens(liScopes)
	if first["refresh_token_expires_in"] != 31536000.0 || first["expires_in"] != 5184000.0 {
		t.Fatalf("got %v, want a refresh token of 365 days", first)
	}
	b.tell("/lab/clock", `{"advance_s": 5097600}`) // 59 days
	second := refresh(first["refresh_token"]).json(t)
	if second["refresh_token"] != first["refresh_token"] || second["refresh_token_expires_in"] != 306*86400.0 || second["expires_in"] != 5184000.0 {
		t.Errorf("got %v on day 59, want the same token with 306 days left", second)
	}
	b.tell("/lab/clock", `{"advance_s": 26006400}`) // to day 360
	last := refresh(first["refresh_token"]).json(t)
	if last["expires_in"] != 5*86400.0 || last["refresh_token_expires_in"] != 5*86400.0 {
		t.Errorf("got %v on day 360, want both to end in five days", last)
	}
	b.pass(5 * 24 * time.Hour)
	if got := refresh(first["refresh_token"]); got.status != 400 || got.json(t)["error"] != "invalid_grant" {
		t.Errorf("got %d %s after a year, want invalid_grant", got.status, got.body)
	}
	if got := b.liGet(last["access_token"].(string), "/lab/linkedin/api.linkedin.com/v2/userinfo"); !strings.Contains(got.body, "EXPIRED_ACCESS_TOKEN") {
		t.Errorf("got %s for the last access token, want it expired", got.body)
	}
	b.tell("/lab/linkedin", `{"refresh_tokens":false}`)
	if _, given := tokens(liScopes)["refresh_token"]; given {
		t.Error("got a refresh token for an application that gets none")
	}
	b.tell("/lab/linkedin", `{"refresh_tokens":true}`)
	if _, given := tokens("openid profile w_member_social")["refresh_token"]; !given {
		t.Error("got no refresh token for an application that gets one")
	}
}

// Nobody has settled what a second exchange gains; here it gains nothing.
func TestALongMetaTokenIsNotLengthened(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.fbLong(b.fbToken("creator", nil)).json(t)
	page := b.fbGet(first["access_token"].(string), "/"+bakery+"?fields=access_token").json(t)["access_token"].(string)
	b.tell("/lab/clock", `{"advance_s": 2592000}`) // 30 days
	again := b.fbLong(first["access_token"].(string)).json(t)
	if first["expires_in"] != 5183944.0 || again["expires_in"] != 5183944.0-2592000 {
		t.Errorf("got %v, then %v, want the same end", first["expires_in"], again["expires_in"])
	}
	b.tell("/lab/clock", `{"advance_s": 2592000}`)
	if got := b.fbLong(again["access_token"].(string)).fbError(t); got != "400 190/463" {
		t.Errorf("got %s at its end, want 400 190/463", got)
	}
	if got := b.fbGet(page, "/me"); got.status != 200 {
		t.Errorf("got %d for the page's token, which has no end, want 200", got.status)
	}
}
