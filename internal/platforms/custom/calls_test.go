package custom_test

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// TestRefreshRefusals: the file's rules go before the common ones.
func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reply     reply
		class     platform.Class
		reason    string
		ambiguous bool
	}{
		{reply{status: 400, body: `{"error":"invalid_grant"}`}, platform.ClassPermanent, platform.ReasonRevoked, false},
		{reply{status: 400, body: `{"error":"invalid_grant","error_description":"wait"}`}, platform.ClassTransient, "", false},
		{reply{status: 400, body: `{"error":{"code":7,"type":"gone"}}`}, platform.ClassPermanent, platform.ReasonAccountInactive, false},
		{reply{status: 418, body: `{}`}, platform.ClassConfiguration, "", false},
		{reply{status: 401, body: `{"error":"invalid_client"}`}, platform.ClassConfiguration, "", false},
		{reply{status: 400, body: `{"error":"invalid_dpop_proof"}`}, platform.ClassConfiguration, "", false},
		{reply{status: 429, body: `{"error":"invalid_grant"}`}, platform.ClassRateLimited, "", false},
		{reply{status: 500, body: `{"error":"invalid_grant"}`}, platform.ClassTransient, "", true},
		{reply{body: "<html>"}, platform.ClassTransient, "", true},
	} {
		w := newWorld(t, "refresh: {model: rotating}",
			`refresh_rules: [{word: "invalid_grant: wait", class: transient}, {word: gone, class: permanent, reason: account_inactive}, {status: 418, class: configuration}]`)
		w.answers("/token", c.reply)
		_, err := w.refresh(platform.Credentials{Refresh: vault.NewSecret("R")})
		no := platform.RefusalOf(err)
		if no == nil || no.Class != c.class || no.Reason != c.reason || no.Ambiguous != c.ambiguous || len(w.sent("/token")) != 1 {
			t.Errorf("%+v: got %+v after %d posts, want %s %s, ambiguous: %t, after one", c.reply, no, len(w.sent("/token")), c.class, c.reason, c.ambiguous)
		}
	}
}

// TestRefreshWithoutATokenType: the refresh token is spent, and the type is as before.
func TestRefreshWithoutATokenType(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body string
		want string // the access token
	}{
		{`{"access_token":"B","refresh_token":"R2","expires_in":60}`, "B"},
		{`{"access_token":"B","refresh_token":"R2","token_type":null}`, "B"},
		{`{"access_token":"B","refresh_token":"R2","token_type":"dpop"}`, "B"},
		{`{"access_token":"B","refresh_token":"R2","token_type":"Bearer"}`, ""},
	} {
		w := newWorld(t, "dpop: true", "refresh: {model: rotating}")
		auth, err := w.authorize()
		if err != nil {
			t.Fatal(err)
		}
		w.answers("/token", reply{body: c.body})
		token, err := w.refresh(platform.Credentials{Refresh: vault.NewSecret("R"), Extra: auth.Private})
		no := platform.RefusalOf(err)
		if got := token.Credentials.Access.Reveal(); got != c.want || (c.want == "") != (no != nil && no.Ambiguous) {
			t.Errorf("%s: got %q, %v; want %q", c.body, got, err, c.want)
		}
	}
}

// TestRenewing: an access token is exchanged for another, as the file says how.
func TestRenewing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "refresh: {model: renewing, grant_type: th_refresh_token, parameter: access_token}", "client_auth: post")
	w.answers("/token", reply{body: `{"access_token":"B","expires_in":60}`})
	token, err := w.refresh(platform.Credentials{Access: vault.NewSecret("A")})
	if err != nil || token.Credentials.Access.Reveal() != "B" {
		t.Fatalf("got %v", err)
	}
	want := url.Values{"grant_type": {"th_refresh_token"}, "access_token": {"A"}, "client_id": {"abc"}, "client_secret": {"s&c"}}
	if diff := cmp.Diff(want, w.sent("/token")[0].form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
}

func TestRevokeWhereThereIsAWay(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines []string
		want  int
	}{{nil, 0}, {[]string{"revoke_url: {origin}/revoke"}, 1}, {[]string{"revoke_url: {origin}/revoke", "revocation: none"}, 0}} {
		w := newWorld(t, c.lines...)
		w.answers("/revoke", reply{})
		err := platform.Revoke(t.Context(), w.env, w.p, platform.RevokeRequest{App: w.app, Credentials: platform.Credentials{Refresh: vault.NewSecret("R")}})
		if sent := w.sent("/revoke"); errors.Is(err, platform.ErrNoWay) != (c.want == 0) || c.want == 1 && err != nil || len(sent) != c.want || c.want == 1 && sent[0].form.Get("token") != "R" {
			t.Errorf("%v: got %v after %d posts, want %d", c.lines, err, len(sent), c.want)
		}
	}
}

const pages = `targets: {url: "{origin}/pages", list: /data, next: /paging/next, kind: page, id: /id, name: /title, link: /url, token: /secret}`

func TestTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, pages)
	w.answers("/me", reply{body: `{"id":1790000000000000123,"name":"Somebody","type":"User","code":7}`}) // looks like an error, and is none
	w.answers("/pages", reply{body: `{"data":[{"id":1,"title":"One","url":"https://acme.example/1","secret":"T1"}],"paging":{"next":"?after=1"}}`})
	w.answers("/pages?after=1", reply{body: `{"data":[{"id":"2","title":7,"url":"javascript:alert(1)"}],"paging":{"next":""}}`})
	id, list, err := w.targets()
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != "1790000000000000123" || id.Name != "Somebody" {
		t.Errorf("identity: got %+v", id)
	}
	got := ""
	for _, target := range list {
		got += fmt.Sprintf("%s %s %q %s %s %q; ", target.Kind, target.ExternalID, target.Name, target.URL, target.Credentials.Access.Reveal(), target.Blocked)
	}
	if want := `page 1 "One" https://acme.example/1 T1 ""; page 2 "7"   "no_token"; `; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if w.sent("/pages?after=1")[0].header.Get("Authorization") != "Bearer A" {
		t.Error("the next page was asked for without the token")
	}
}

// TestNextPageElsewhere: the token goes to no other origin.
func TestNextPageElsewhere(t *testing.T) {
	t.Parallel()
	for _, next := range []string{"https://other.example/pages", "//other.example/pages", "https://user@{host}/pages", "http://[::1"} {
		w := newWorld(t, pages)
		w.answers("/me", reply{body: `{"id":1}`})
		w.answers("/pages", reply{body: `{"data":[],"paging":{"next":"` + strings.ReplaceAll(next, "{host}", strings.TrimPrefix(w.url, "http://")) + `"}}`})
		if _, _, err := w.targets(); err == nil || strings.Contains(err.Error(), "other.example") {
			t.Errorf("%s: got %v, want it refused and not quoted", next, err)
		}
	}
	w := newWorld(t, pages)
	w.answers("/me", reply{body: `{"id":1}`})
	w.answers("/pages", reply{body: `{"data":[],"paging":{"next":"/pages"}}`})
	if _, _, err := w.targets(); err == nil || len(w.sent("/pages")) != 50 {
		t.Errorf("for ever: got %v after %d pages, want an end", err, len(w.sent("/pages")))
	}
}

func TestCallRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		reply  reply
		class  platform.Class
		reason string
	}{
		{"token refused", reply{status: 401, body: `{"error":"invalid_token"}`}, platform.ClassPermanent, platform.ReasonTokenRefused},
		{"token refused, in the header", reply{status: 401, header: map[string]string{"WWW-Authenticate": `Bearer realm="acme", error="invalid_token"`}}, platform.ClassPermanent, platform.ReasonTokenRefused},
		{"a firewall's 401", reply{status: 401, body: "<html>canary"}, platform.ClassTransient, ""},
		{"a firewall's 401 with its own challenge", reply{status: 401, header: map[string]string{"WWW-Authenticate": `Basic realm="proxy"`}}, platform.ClassTransient, ""},
		{"scope gone, in the body", reply{status: 403, body: `{"error":"insufficient_scope"}`}, platform.ClassPermanent, platform.ReasonScopesMissing},
		{"scope gone, in the header", reply{status: 403, header: map[string]string{"WWW-Authenticate": `Bearer error="insufficient_scope"`}}, platform.ClassPermanent, platform.ReasonScopesMissing},
		{"the file's rule", reply{status: 400, body: `{"error":{"code":190}}`}, platform.ClassPermanent, platform.ReasonPasswordChanged},
		{"the file's rule in a 200", reply{body: `{"error":{"code":190}}`}, platform.ClassPermanent, platform.ReasonPasswordChanged},
		{"a proof without the newest nonce", reply{status: 401, header: map[string]string{"WWW-Authenticate": `DPoP error="use_dpop_nonce"`, "DPoP-Nonce": "n"}}, platform.ClassTransient, ""},
		{"the same in the body", reply{status: 401, body: `{"error":"use_dpop_nonce"}`}, platform.ClassTransient, ""},
		{"a proof of another time", reply{status: 401, header: map[string]string{"WWW-Authenticate": `DPoP error="invalid_dpop_proof", algs="ES256"`}}, platform.ClassConfiguration, ""},
		{"a bound token refused", reply{status: 401, header: map[string]string{"WWW-Authenticate": `DPoP error="invalid_token", algs="ES256"`}}, platform.ClassPermanent, platform.ReasonTokenRefused},
		{"forbidden", reply{status: 403, body: `{}`}, platform.ClassTransient, ""},
		{"in trouble", reply{status: 500, body: `{"id":1}`}, platform.ClassTransient, ""},
		{"too often", reply{status: 429}, platform.ClassRateLimited, ""},
		{"HTML", reply{body: "<html>canary"}, platform.ClassTransient, ""},
		{"no subject", reply{body: `{"name":"canary"}`}, platform.ClassTransient, ""},
		{"a subject that is none", reply{body: `{"id":{"canary":1}}`}, platform.ClassTransient, ""},
	} {
		w := newWorld(t, `call_rules: [{word: "190", class: permanent, reason: password_changed}]`)
		w.answers("/me", c.reply)
		_, _, err := w.targets()
		if no := platform.RefusalOf(err); no == nil || no.Class != c.class || no.Reason != c.reason || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: got %+v (%v), want %s %s and nothing of the answer", c.name, no, err, c.class, c.reason)
		}
	}
}

// TestANonceThatIsNeverNewEnough: a proof is sent a second time when the server only wants a
// newer nonce, and no third time. The token was not looked at.
func TestANonceThatIsNeverNewEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "dpop: true")
	auth, err := w.authorize()
	if err != nil {
		t.Fatal(err)
	}
	w.answers("/me", reply{status: 401, header: map[string]string{"WWW-Authenticate": `DPoP error="use_dpop_nonce"`, "DPoP-Nonce": "n"}})
	client := &platform.Client{Env: w.env, App: w.app, Credentials: platform.Credentials{Access: vault.NewSecret("A"), Extra: auth.Private}}
	_, err = platform.Probe(t.Context(), w.p, client, nil)
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassTransient || len(w.sent("/me")) != 2 {
		t.Errorf("got %+v (%v) after %d calls, want transient trouble after two", no, err, len(w.sent("/me")))
	}
}

// TestScopesByIdentity: where the API tells them, they are taken from there.
func TestScopesByIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "scopes: [{name: read, feature: read, required: true}]", `identity: {url: "{origin}/me", subject: /id, scopes: /granted}`)
	w.answers("/me", reply{body: `{"id":1,"granted":["read","write"]}`})
	id, _, err := w.targets()
	if diff := cmp.Diff([]string{"read", "write"}, id.Scopes); err != nil || diff != "" || w.p.Spec().GrantedScopes != platform.GrantedByEndpoint {
		t.Errorf("got %v, scopes (-want +got):\n%s", err, diff)
	}
}
