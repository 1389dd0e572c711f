package lab_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/lab"
)

const (
	igDialog = "/lab/instagram/www.facebook.com/v26.0/dialog/oauth"
	igGraph  = "/lab/instagram/graph.facebook.com/v26.0"

	studio, ferry, notes        = "730500000000101", "730500000000102", "730500000000103"
	studioAccount, ferryAccount = "17841400000000101", "17841400000000102"

	igClient    = "instagram-app"
	igScopes    = "instagram_basic,instagram_content_publish,pages_show_list,pages_read_engagement,business_management"
	igLinked    = "instagram_business_account"
	igAccounts  = "/me/accounts?fields="
	igExpansion = "name,access_token,tasks," + igLinked + "{id,username,name,profile_picture_url,followers_count,media_count}"
)

// igBench is a bench with a client at the Lab's Instagram.
func igBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	err := b.lab.Register(lab.App{Platform: "instagram", ClientID: igClient, ClientSecret: secret, RedirectURIs: []string{callback}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func igAuthorize() url.Values {
	return url.Values{"response_type": {"code"}, "client_id": {igClient}, "redirect_uri": {callback}, "state": {"st&te"}, "scope": {igScopes}}
}

// igToken is a long user token of the persona.
func (b *bench) igToken(persona string, edit func(url.Values)) string {
	b.t.Helper()
	code := b.metaApprove(igDialog, igAuthorize(), persona, edit).Get("code")
	token := url.Values{"client_id": {igClient}, "client_secret": {secret}, "redirect_uri": {callback}, "code": {code}}
	short := b.post(igGraph+"/oauth/access_token", token).json(b.t)["access_token"].(string)
	if again := b.post(igGraph+"/oauth/access_token", token).fbError(b.t); again != "400 100/36009" {
		b.t.Errorf("got %s for the code's second use, want 400 100/36009", again)
	}
	token = url.Values{"grant_type": {"fb_exchange_token"}, "client_id": {igClient}, "client_secret": {secret}, "fb_exchange_token": {short}}
	return b.get(igGraph+"/oauth/access_token", token).json(b.t)["access_token"].(string)
}

func (b *bench) igGet(token, path string) answer {
	b.t.Helper()
	return b.bearerGet(token, igGraph+path)
}

func TestInstagramAccounts(t *testing.T) {
	t.Parallel()
	b := igBench(t)
	token := b.igToken("creator", nil)
	rows := b.igGet(token, igAccounts+igExpansion).data(t)
	if len(rows) != 3 || rows[notes][igLinked] != nil {
		t.Errorf("got %v, want three pages, one without an account", rows)
	}
	want := map[string]any{
		"id": studioAccount, "username": "lab.claystudio", "name": "Clay Studio", "followers_count": 15320.0, "media_count": 640.0,
		"profile_picture_url": "http://lab.test/lab/pictures/clay-studio.svg",
	}
	if d := cmp.Diff(want, rows[studio][igLinked]); d != "" {
		t.Errorf("account (-want +got):\n%s", d)
	}
	want = map[string]any{"id": ferryAccount, "username": "lab_morning_ferry", "followers_count": 98.0, "media_count": 4.0}
	if d := cmp.Diff(want, rows[ferry][igLinked]); d != "" {
		t.Errorf("account without name and picture (-want +got):\n%s", d)
	}
	rows = b.igGet(token, igAccounts+igLinked).data(t)
	if d := cmp.Diff(map[string]any{"id": studioAccount}, rows[studio][igLinked]); d != "" {
		t.Errorf("account without braces (-want +got):\n%s", d)
	}
	if got := b.igGet(token, igAccounts+"instagram_business_account{id,account_type}"); got.fbError(t) != "400 100" || !strings.Contains(got.body, "IGUser") {
		t.Errorf("got %s for a field that accounts do not have", got.body)
	}
}

func TestInstagramPersonas(t *testing.T) {
	t.Parallel()
	b := igBench(t)
	for persona, want := range map[string][2]int{"creator": {3, 2}, "personal": {2, 0}, "nopages": {0, 0}, "portfolio": {0, 0}, "analyst": {2, 2}} {
		accounts := 0
		rows := b.igGet(b.igToken(persona, nil), igAccounts+igExpansion).data(t)
		for _, row := range rows {
			if row[igLinked] != nil {
				accounts++
			}
		}
		if got := [2]int{len(rows), accounts}; got != want {
			t.Errorf("%s: got %v pages and accounts, want %v", persona, got, want)
		}
	}
	token := b.igToken("portfolio", nil)
	for edge, withToken := range map[string]bool{"owned_pages": true, "client_pages": false} {
		rows := b.igGet(token, "/730500000000301/"+edge+"?fields="+igExpansion).data(t)
		if len(rows) != 1 {
			t.Errorf("%s: got %v, want one page", edge, rows)
		}
		for _, row := range rows {
			if row[igLinked] == nil || (row["access_token"] != nil) != withToken {
				t.Errorf("%s: got %v, want an account, and a token: %t", edge, row, withToken)
			}
		}
	}
}

func TestInstagramPermissions(t *testing.T) {
	t.Parallel()
	b := igBench(t)
	blind := b.igToken("creator", func(form url.Values) { untick(form, "scope", "instagram_basic") })
	if rows := b.igGet(blind, igAccounts+igExpansion).data(t); len(rows) != 3 || rows[studio][igLinked] != nil {
		t.Errorf("got %v, want no account without instagram_basic", rows)
	}
	if got := b.igGet(blind, "/"+studioAccount).fbError(t); got != "403 10" {
		t.Errorf("got %s without instagram_basic, want 403 10", got)
	}
	token := b.igToken("creator", func(form url.Values) { untick(form, "target", ferry) })
	if rows := b.igGet(token, igAccounts+igExpansion).data(t); len(rows) != 2 || rows[ferry] != nil {
		t.Errorf("got %v, want the unticked page to be gone", rows)
	}
	if got := b.igGet(token, "/"+ferryAccount).fbError(t); got != "400 100/33" {
		t.Errorf("got %s for the account behind it, want 400 100/33", got)
	}
	page := b.igGet(token, "/"+studio+"?fields=access_token").json(t)["access_token"].(string)
	for _, who := range []string{token, page} {
		if got := b.igGet(who, "/"+studioAccount+"?fields=username").json(t); got["username"] != "lab.claystudio" || got["id"] != studioAccount {
			t.Errorf("got %v, want the account", got)
		}
	}
	other := b.igGet(token, "/"+notes+"?fields=access_token").json(t)["access_token"].(string)
	if got := b.igGet(other, "/"+studioAccount).fbError(t); got != "400 100/33" {
		t.Errorf("got %s with another page's token, want 400 100/33", got)
	}
	facts := b.get(igGraph+"/debug_token", url.Values{"input_token": {token}, "access_token": {igClient + "|" + secret}}).json(t)["data"].(map[string]any)
	for scope, ids := range map[string][]any{"instagram_basic": {studioAccount}, "pages_show_list": {studio, notes}} {
		want := map[string]any{"scope": scope, "target_ids": ids}
		if !slices.ContainsFunc(facts["granular_scopes"].([]any), func(v any) bool { return cmp.Equal(v, want) }) {
			t.Errorf("got granular scopes %v, want %v among them", facts["granular_scopes"], want)
		}
	}
}

// The Lab's Facebook and Instagram share no client, no permission and no token, and no Instagram host exists.
func TestInstagramIsApart(t *testing.T) {
	t.Parallel()
	b := igBench(t)
	if got := b.get(igDialog, with(igAuthorize(), "client_id", "app")); got.status != 400 {
		t.Errorf("got %d for Facebook's client, want 400", got.status)
	}
	if got := b.get(igDialog, with(igAuthorize(), "scope", "pages_manage_posts")).redirect(t); got.Get("error_code") == "" {
		t.Errorf("got %v for a permission of Facebook Pages, want an error", got)
	}
	if got := b.igGet(b.fbToken("creator", nil), "/me").fbError(t); got != "400 190" {
		t.Errorf("got %s for Facebook's token, want 400 190", got)
	}
	if got := b.fbGet(b.igToken("creator", nil), "/me").fbError(t); got != "400 190" {
		t.Errorf("got %s at Facebook for Instagram's token, want 400 190", got)
	}
	if got := b.get("/lab/instagram/graph.instagram.com/v26.0/me", nil); got.status != 404 || !strings.Contains(got.body, "wrong host") {
		t.Errorf("got %d %s for another host, want 404", got.status, got.body)
	}
}

func TestInstagramDenial(t *testing.T) {
	t.Parallel()
	b := igBench(t)
	form := b.get(igDialog, igAuthorize()).form(t)
	form.Set("decision", "deny")
	want := url.Values{"error": {"access_denied"}, "error_reason": {"user_denied"}, "error_code": {"200"}, "error_description": {"Permissions error"}, "state": {"st&te"}}
	if d := cmp.Diff(want, b.post(igDialog+"?"+igAuthorize().Encode(), form).redirect(t)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
