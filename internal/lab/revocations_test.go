package lab_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/lab"
)

const (
	liIntrospect = "/lab/linkedin/www.linkedin.com/oauth/v2/introspectToken"
)

// remove is DELETE /{node}/permissions with a person's token or the app's own.
func (b *bench) remove(node, token string) answer {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodDelete, b.url+graph+"/"+node+"/permissions", nil)
	if err == nil {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return b.do(req, err)
}

func told(log []lab.Revocation) []string {
	var out []string
	for _, r := range log {
		out = append(out, fmt.Sprintf("%s %s %s %s %s %s", r.Platform, r.ClientID, r.Persona, r.Reach, r.Outcome, r.Fault))
	}
	return out
}

func TestRevocationsAreLoggedAsTheyHappened(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tokens := b.xTokens(xAuthorize(), "creator")
	x := func(token any, edit func(*http.Request)) answer {
		return b.post(xRevokePath, url.Values{"token": {token.(string)}}, edit)
	}
	other := func(r *http.Request) { r.SetBasicAuth("other", secret) }
	if got := x(tokens["refresh_token"], other); got.status != 400 || got.json(t)["error"] != "unauthorized_client" {
		t.Errorf("got %d %s for another client's token, want 400 unauthorized_client", got.status, got.body)
	}
	x(tokens["access_token"], basic)
	x(tokens["refresh_token"], basic)
	x(tokens["refresh_token"], basic)
	x("nonsense", basic)
	x(tokens["refresh_token"], func(r *http.Request) { r.SetBasicAuth("app", "wrong") }) // not the client: nobody asked
	b.pass(time.Hour)
	b.tell("/lab/faults", `{"platform":"facebook","method":"DELETE","path":"/*/permissions","kind":"error_200","acts":true}`)
	token := b.fbToken("creator", nil)
	b.fbGet(token, "/me/permissions") // a GET is not what the fault is for
	b.remove("me", token)
	b.remove("me", token)

	log := b.lab.Revocations()
	want := []string{
		"x other creator consent refused ", "x app creator token ok ", "x app creator consent ok ", "x app creator consent over ", "x app  token unknown ",
		"facebook app creator user_app ok error_200", "facebook app creator user_app over ",
	}
	if diff := cmp.Diff(want, told(log)); diff != "" {
		t.Fatalf("got a log that differs (-want +got):\n%s", diff)
	}
	for i, r := range log {
		if r.Seq != int64(i+1) || r.Host == "" || (r.Family == "") != (r.Persona == "") || r.At.Equal(log[0].At) != (i < 5) {
			t.Errorf("got entry %d as %+v", i+1, r)
		}
	}
	after := b.control(http.MethodGet, "/lab/revocations?after=5&limit=1", "", 200).json(t)["revocations"].([]any)
	if len(after) != 1 || after[0].(map[string]any)["seq"] != 6.0 {
		t.Errorf("got %v after 5, want the sixth alone", after)
	}
	b.control(http.MethodGet, "/lab/revocations?after=x", "", 400)
}

// TestAnAppTakesItselfOff: what a person's dead token cannot do, the app's own can.
func TestAnAppTakesItselfOff(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const creator = "7310400000000011"
	token := b.fbToken("creator", nil)
	b.pass(2 * time.Hour)
	if got := b.remove(creator, token).fbError(t); got != "400 190/463" {
		t.Errorf("got %s with an expired token, want 400 190/463", got)
	}
	for app, want := range map[string]string{"app|wrong": "400 190", "nobody|" + secret: "400 190", "other|" + secret: "400 100/33"} {
		if got := b.remove(creator, app).fbError(t); got != want {
			t.Errorf("got %s as %s, want %s", got, app[:4], want)
		}
	}
	if got := b.remove("me", "app|"+secret).fbError(t); got != "400 100/33" {
		t.Errorf("got %s for me with an app's token, want 400 100/33", got)
	}
	if got := b.remove(creator, "app|"+secret); got.body != `{"success":true}` {
		t.Errorf("got %d %s, want success", got.status, got.body)
	}
	if got := b.fbGet(token, "/me").fbError(t); got != "400 190/458" {
		t.Errorf("got %s afterwards, want 400 190/458", got)
	}
	if got := b.remove(creator, "app|"+secret).fbError(t); got != "400 100/33" {
		t.Errorf("got %s once more, want 400 100/33", got)
	}
}

func TestLinkedInIntrospection(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	form := func(token, client string) url.Values {
		return url.Values{"client_id": {client}, "client_secret": {secret}, "token": {token}}
	}
	status := func(token, client string) string {
		v := b.post(liIntrospect, form(token, client)).json(t)
		return fmt.Sprint(v["active"], " ", v["status"], " ", v["client_id"], " ", v["scope"])
	}
	token := b.liToken("creator", "openid profile")
	for _, c := range []struct{ token, client, want string }{
		{token, "app", "true active app openid,profile"},
		{token, "other", "true active app openid,profile"},
		{"nonsense", "app", "false <nil> <nil> <nil>"},
	} {
		if got := status(c.token, c.client); got != c.want {
			t.Errorf("%s: got %s, want %s", c.client, got, c.want)
		}
	}
	if got := b.post(liIntrospect, with(form(token, "app"), "client_secret", "wrong")); got.status != 401 {
		t.Errorf("got %d with a wrong secret, want 401", got.status)
	}
	if got := b.post(liIntrospect, with(form(token, "app"), "token", "")); got.status != 400 {
		t.Errorf("got %d without a token, want 400", got.status)
	}
	if got := b.post(liRevokePath, form(token, "other")); got.status != 400 || got.json(t)["error"] != "unauthorized_client" {
		t.Errorf("got %d %s for another application's token, want 400 unauthorized_client", got.status, got.body)
	}
	b.post(liRevokePath, form(token, "app"))
	if got := status(token, "app"); got != "false revoked app openid,profile" {
		t.Errorf("got %s after it was revoked", got)
	}
	late := b.liToken("creator", "openid profile")
	b.pass(61 * 24 * time.Hour)
	if got := status(late, "app"); got != "false expired app openid,profile" {
		t.Errorf("got %s when its time was over", got)
	}
}

func TestMastodonTellsATokensApp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const at, old = "/lab/mastodon/mastodon.example", "/lab/mastodon/old.mastodon.example"
	ask := func(server, token string) answer {
		req, err := http.NewRequest(http.MethodGet, b.url+server+"/api/v1/apps/verify_credentials", nil)
		if err == nil {
			req.Header.Set("Authorization", "Bearer "+token)
		}
		return b.do(req, err)
	}
	registered := b.post(at+"/api/v1/apps", mastoApp()).json(t)
	client := url.Values{"client_id": {registered["client_id"].(string)}, "client_secret": {registered["client_secret"].(string)}}
	token := b.mastoToken(at, client, "creator")
	own := b.post(at+"/oauth/token", with(client, "grant_type", "client_credentials", "scope", "read:accounts")).json(t)["access_token"].(string)
	for _, value := range []string{token, own} {
		got := ask(at, value).json(t)
		if got["id"] != registered["id"] || got["name"] != "A test" || got["client_id"] != nil || got["client_secret"] != nil {
			t.Errorf("got %v, want the app without its credentials", got)
		}
	}
	if another := b.post(at+"/api/v1/apps", mastoApp()).json(t); another["id"] == registered["id"] {
		t.Errorf("two apps have the id %v", another["id"])
	}
	if got := ask(at, "nonsense"); got.status != 401 {
		t.Errorf("got %d for a token that is none, want 401", got.status)
	}
	b.post(at+"/oauth/revoke", with(client, "token", token))
	if got := ask(at, token); got.status != 401 {
		t.Errorf("got %d for a revoked token, want 401", got.status)
	}
	before := b.mastoToken(old, b.mastoClient(old, mastoApp()), "creator")
	if got := ask(old, before); got.status != 403 {
		t.Errorf("got %d before 4.3 without read, want 403", got.status)
	}
}

func TestOpenIntrospection(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tokens := b.openTokens(strict, "creator")
	ask := func(token any, edit func(*http.Request)) map[string]any {
		return b.post(openAt+strict+"/introspect", url.Values{"token": {token.(string)}}, edit).json(t)
	}
	if got := ask(tokens["access_token"], basic); got["active"] != true || got["client_id"] != "app" || got["sub"] != "ps-3301" || got["token_type"] != "Bearer" {
		t.Errorf("got %v, want an active token of app", got)
	}
	if got := ask(tokens["refresh_token"], basic); got["active"] != true || got["token_type"] != nil {
		t.Errorf("got %v, want an active refresh token", got)
	}
	for name, got := range map[string]map[string]any{
		"another client": ask(tokens["access_token"], func(r *http.Request) { r.SetBasicAuth("other", secret) }),
		"none":           ask("nonsense", basic),
	} {
		if diff := cmp.Diff(map[string]any{"active": false}, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got := ask(tokens["access_token"], func(*http.Request) {}); got["error"] != "invalid_client" {
		t.Errorf("got %v without a client, want invalid_client", got)
	}
}
