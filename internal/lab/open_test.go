package lab_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/lab"
)

const (
	openAt = "/lab/open/"
	strict = "strict.open.example"
	grace  = "grace.open.example"
	stable = "stable.open.example"
)

func openAuthorize() url.Values {
	return url.Values{
		"response_type": {"code"}, "client_id": {"app"}, "redirect_uri": {callback}, "state": {"st&te"},
		"scope": {"profile accounts post"}, "code_challenge": {s256}, "code_challenge_method": {"S256"},
	}
}

func (b *bench) openDecide(host string, q url.Values, persona, decision string) url.Values {
	b.t.Helper()
	form := b.get(openAt+host+"/authorize", q).form(b.t)
	form.Set("persona", persona)
	form.Set("decision", decision)
	return b.post(openAt+host+"/authorize?"+q.Encode(), form).redirect(b.t)
}

func openExchange(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

// openTokens is the answer to a code of the persona.
func (b *bench) openTokens(host, persona string) map[string]any {
	b.t.Helper()
	got := b.post(openAt+host+"/token", openExchange(b.openDecide(host, openAuthorize(), persona, "approve").Get("code")), basic)
	if got.status != 200 {
		b.t.Fatalf("got status %d, want 200: %s", got.status, got.body)
	}
	return got.json(b.t)
}

func (b *bench) openRefresh(host string, token any) answer {
	b.t.Helper()
	return b.post(openAt+host+"/token", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token.(string)}}, basic)
}

func (b *bench) openUser(host string, token any) answer {
	b.t.Helper()
	return b.bearerGet(token.(string), openAt+host+"/userinfo")
}

func TestOpenDiscovery(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, host := range lab.OpenServers() {
		for _, place := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
			got := b.get(openAt+host+place, nil).json(t)
			issuer := b.url + openAt + host
			if got["issuer"] != issuer || got["token_endpoint"] != issuer+"/token" || got["pushed_authorization_request_endpoint"] != issuer+"/par" || got["jwks_uri"] != issuer+"/jwks.json" {
				t.Errorf("%s%s: got %v, want addresses under %s, where it was asked", host, place, got, issuer)
			}
		}
	}
	named := httpsLab(t)
	if got := named.get(openAt+strict+"/.well-known/openid-configuration", nil).json(t)["issuer"]; got != "https://lab.test"+openAt+strict {
		t.Errorf("got issuer %v under the Lab's own name, want its origin", got)
	}
}

// httpsLab answers under the host of its BaseURL, as behind a tunnel.
func httpsLab(t *testing.T) *bench {
	b := newBench(t)
	l := lab.New(lab.Config{BaseURL: "https://lab.test"})
	b.url = newServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "lab.test"
		l.Handler().ServeHTTP(w, r)
	}))
	return b
}

func TestOpenAuthorize(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, tt := range map[string]struct {
		edit        []string
		param, code string
	}{
		"unknown client":       {[]string{"client_id", "nobody"}, "client_id", ""},
		"other redirect":       {[]string{"redirect_uri", callback + "/"}, "redirect_uri", ""},
		"no state":             {[]string{"state", ""}, "state", ""},
		"no challenge":         {[]string{"code_challenge", ""}, "", "invalid_request"},
		"plain challenge":      {[]string{"code_challenge_method", "plain"}, "", "invalid_request"},
		"odd scope":            {[]string{"scope", "profile,post"}, "", "invalid_scope"},
		"no such request":      {[]string{"request_uri", "urn:ietf:params:oauth:request_uri:none"}, "request_uri", ""},
		"token, not code":      {[]string{"response_type", "token"}, "", "unsupported_response_type"},
		"challenge not base64": {[]string{"code_challenge", "short"}, "", "invalid_request"},
	} {
		got := b.get(openAt+strict+"/authorize", with(openAuthorize(), tt.edit...))
		if tt.param != "" {
			if got.status != 400 || !strings.Contains(got.body, "<code>"+tt.param+"</code>") {
				t.Errorf("%s: got %d, want a page about %s", name, got.status, tt.param)
			}
			continue
		}
		if back := got.redirect(t); back.Get("error") != tt.code || back.Get("iss") != b.url+openAt+strict {
			t.Errorf("%s: got %v, want %s and the issuer", name, back, tt.code)
		}
	}
	if back := b.openDecide(strict, openAuthorize(), "creator", "deny"); back.Get("error") != "access_denied" || back.Get("state") != "st&te" || back.Get("iss") == "" {
		t.Errorf("got %v for a denial, want access_denied", back)
	}
}

func TestOpenTokenRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	code := b.openDecide(strict, openAuthorize(), "creator", "approve").Get("code")
	none := func(*http.Request) {}
	post := []string{"client_id", "app", "client_secret", secret}
	for name, tt := range map[string]struct {
		host   string
		form   url.Values
		edit   func(*http.Request)
		status int
		code   string
	}{
		"no client":       {strict, openExchange(code), none, 401, "invalid_client"},
		"wrong secret":    {strict, with(openExchange(code), "client_id", "app", "client_secret", "x"), none, 401, "invalid_client"},
		"two ways":        {strict, with(openExchange(code), post...), basic, 400, "invalid_request"},
		"other verifier":  {strict, with(openExchange(code), "code_verifier", strings.Repeat("a", 43)), basic, 400, "invalid_grant"},
		"no verifier":     {strict, with(openExchange(code), "code_verifier", ""), basic, 400, "invalid_request"},
		"other redirect":  {strict, with(openExchange(code), "redirect_uri", callback+"2"), basic, 400, "invalid_grant"},
		"other client":    {strict, openExchange(code), func(r *http.Request) { r.SetBasicAuth("other", secret) }, 400, "invalid_grant"},
		"other server":    {grace, openExchange(code), basic, 400, "invalid_grant"},
		"no grant type":   {strict, with(openExchange(code), "grant_type", ""), basic, 400, "invalid_request"},
		"password":        {strict, with(openExchange(code), "grant_type", "password"), basic, 400, "unsupported_grant_type"},
		"unknown refresh": {strict, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"x"}}, basic, 400, "invalid_grant"},
	} {
		got := b.post(openAt+tt.host+"/token", tt.form, tt.edit)
		if got.status != tt.status || got.json(t)["error"] != tt.code {
			t.Errorf("%s: got %d %s, want %d %s", name, got.status, got.body, tt.status, tt.code)
		}
	}
	first := b.post(openAt+strict+"/token", with(openExchange(code), post...))
	if first.status != 200 {
		t.Fatalf("got %d %s, want the code to be good still, with the secret in the body", first.status, first.body)
	}
	if again := b.post(openAt+strict+"/token", openExchange(code), basic); again.status != 400 {
		t.Errorf("got status %d for a used code, want 400", again.status)
	}
	if got := b.openUser(strict, first.json(t)["access_token"]); got.status != 401 || !strings.Contains(got.header.Get("WWW-Authenticate"), `error="invalid_token"`) {
		t.Errorf("got %d %v after a code came twice, want what it gave ended", got.status, got.header)
	}
}

func TestOpenStrictKillsTheFamily(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.openTokens(strict, "creator")
	want := map[string]any{"token_type": "Bearer", "expires_in": 7200.0, "scope": "profile accounts post", "access_token": first["access_token"], "refresh_token": first["refresh_token"]}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Errorf("got an answer that differs (-want +got):\n%s", diff)
	}
	second := b.openRefresh(strict, first["refresh_token"]).json(t)
	if second["refresh_token"] == first["refresh_token"] || b.openUser(strict, second["access_token"]).status != 200 {
		t.Errorf("got %v, want a new pair", second)
	}
	if got := b.openRefresh(strict, first["refresh_token"]); got.status != 400 || got.json(t)["error"] != "invalid_grant" {
		t.Errorf("got %d %s for a spent token, want invalid_grant", got.status, got.body)
	}
	if got := b.openRefresh(strict, second["refresh_token"]); got.status != 400 {
		t.Errorf("got %d for the family's living token, want 400", got.status)
	}
	if got := b.openUser(strict, second["access_token"]); got.status != 401 {
		t.Errorf("got %d for its access token, want 401", got.status)
	}
	if got := b.outcomes(lab.RedeemRefresh); got != "ok reuse revoked" {
		t.Errorf("got log %q", got)
	}
}

func TestOpenGraceAnswersAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.openTokens(grace, "creator")
	second := b.openRefresh(grace, first["refresh_token"]).json(t)
	b.pass(29 * time.Second)
	again := b.openRefresh(grace, first["refresh_token"]).json(t)
	if again["access_token"] != second["access_token"] || again["refresh_token"] != second["refresh_token"] || again["expires_in"] != 7171.0 {
		t.Errorf("got %v within the grace, want the pair of %v with what is left", again, second)
	}
	third := b.openRefresh(grace, second["refresh_token"]).json(t)
	if got := b.openRefresh(grace, first["refresh_token"]); got.status != 400 {
		t.Errorf("got %d for the one before the last, want 400", got.status)
	}
	if got := b.openUser(grace, third["access_token"]); got.status != 401 {
		t.Errorf("got %d, want the family dead", got.status)
	}
	late := b.openTokens(grace, "second")
	b.openRefresh(grace, late["refresh_token"])
	b.pass(30 * time.Second)
	if got := b.openRefresh(grace, late["refresh_token"]); got.status != 400 {
		t.Errorf("got %d after the grace, want 400", got.status)
	}
	if got := b.outcomes(lab.RedeemRefresh); got != "ok grace ok reuse ok reuse" {
		t.Errorf("got log %q", got)
	}
}

func TestOpenStableAndLives(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.tell("/lab/open", `{"host":"`+stable+`","access_s":600,"refresh_s":3600}`)
	first := b.openTokens(stable, "creator")
	if first["expires_in"] != 600.0 || first["refresh_token_expires_in"] != 3600.0 {
		t.Errorf("got %v, want the lives that were set", first)
	}
	b.pass(59 * time.Minute)
	again := b.openRefresh(stable, first["refresh_token"]).json(t)
	if _, told := again["refresh_token"]; told || again["access_token"] == first["access_token"] {
		t.Errorf("got %v, want a new access token and no word of the refresh token", again)
	}
	b.pass(time.Minute)
	if got := b.openRefresh(stable, first["refresh_token"]); got.status != 400 || b.outcomes(lab.RedeemRefresh) != "ok expired" {
		t.Errorf("got %d %q at its end, want it expired", got.status, b.outcomes(lab.RedeemRefresh))
	}
	for _, body := range []string{`{"host":"x"}`, `{"host":"` + stable + `","access_s":0}`, `{"host":"` + stable + `","refresh_s":-1}`} {
		b.control(http.MethodPost, "/lab/open", body, http.StatusBadRequest)
	}
}

func TestOpenRefreshForFewerScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.openTokens(stable, "creator")["refresh_token"].(string)
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "scope": {"post"}}
	if got := b.post(openAt+stable+"/token", form, basic).json(t); got["scope"] != "post" {
		t.Errorf("got %v, want the scope that was asked for", got)
	}
	if got := b.post(openAt+stable+"/token", with(form, "scope", "post admin"), basic); got.status != 400 || got.json(t)["error"] != "invalid_scope" {
		t.Errorf("got %d %s for more than was granted, want invalid_scope", got.status, got.body)
	}
}

func TestOpenRevocation(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tokens := b.openTokens(strict, "creator")
	revoke := func(token any, edit func(*http.Request)) answer {
		return b.post(openAt+strict+"/revoke", url.Values{"token": {token.(string)}}, edit)
	}
	if got := revoke(tokens["refresh_token"], func(r *http.Request) { r.SetBasicAuth("other", secret) }); got.status != 400 {
		t.Errorf("got %d for another client's token, want 400", got.status)
	}
	if got := revoke(tokens["refresh_token"], func(*http.Request) {}); got.status != 401 {
		t.Errorf("got %d without a client, want 401", got.status)
	}
	for range 2 {
		if got := revoke(tokens["refresh_token"], basic); got.status != 200 {
			t.Errorf("got %d, want 200, also for a token that is dead", got.status)
		}
	}
	if got := b.openUser(strict, tokens["access_token"]); got.status != 401 {
		t.Errorf("got %d after the refresh token was revoked, want 401", got.status)
	}
}

func TestOpenUserinfo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	got := b.openUser(strict, b.openTokens(strict, "creator")["access_token"]).json(t)
	accounts := got["accounts"].([]any)
	if got["sub"] != "ps-3301" || len(accounts) != 3 || accounts[0].(map[string]any)["id"] != "acct-101" || accounts[2].(map[string]any)["role"] != "viewer" {
		t.Errorf("got %v, want the creator with three accounts", got)
	}
	if got := b.openUser(strict, b.openTokens(strict, "noaccounts")["access_token"]).json(t); len(got["accounts"].([]any)) != 0 {
		t.Errorf("got %v, want nobody's accounts as an empty list", got)
	}
	form := b.get(openAt+strict+"/authorize", openAuthorize()).form(t)
	untick(form, "scope", "accounts")
	form.Set("decision", "approve")
	code := b.post(openAt+strict+"/authorize?"+openAuthorize().Encode(), form).redirect(t).Get("code")
	narrow := b.post(openAt+strict+"/token", openExchange(code), basic).json(t)
	if _, told := b.openUser(strict, narrow["access_token"]).json(t)["accounts"]; told || narrow["scope"] != "profile post" {
		t.Errorf("got scope %v and accounts %t, want what was left ticked", narrow["scope"], told)
	}
}

func TestOpenPushedRequests(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	push := func(form url.Values) answer { return b.post(openAt+strict+"/par", form, basic) }
	got := push(with(openAuthorize(), "client_id", ""))
	name, _ := got.json(t)["request_uri"].(string)
	if got.status != http.StatusCreated || !strings.HasPrefix(name, "urn:ietf:params:oauth:request_uri:") || got.json(t)["expires_in"] != 90.0 {
		t.Fatalf("got %d %s, want 201 and a request_uri", got.status, got.body)
	}
	q := url.Values{"client_id": {"app"}, "request_uri": {name}}
	back := b.openDecide(strict, q, "second", "approve")
	if back.Get("state") != "st&te" || b.post(openAt+strict+"/token", openExchange(back.Get("code")), basic).status != 200 {
		t.Errorf("got %v, want the pushed request carried out", back)
	}
	if got := b.get(openAt+strict+"/authorize", q); got.status != 400 {
		t.Errorf("got %d for its second use, want 400", got.status)
	}
	late := push(openAuthorize()).json(t)["request_uri"].(string)
	if got := b.get(openAt+strict+"/authorize", url.Values{"client_id": {"other"}, "request_uri": {late}}); got.status != 400 {
		t.Errorf("got %d for another client's, want 400", got.status)
	}
	b.pass(90 * time.Second)
	if got := b.get(openAt+strict+"/authorize", url.Values{"client_id": {"app"}, "request_uri": {late}}); got.status != 400 {
		t.Errorf("got %d after its end, want 400", got.status)
	}
	for name, tt := range map[string]struct {
		edit []string
		code string
	}{
		"no challenge":   {[]string{"code_challenge", ""}, "invalid_request"},
		"other redirect": {[]string{"redirect_uri", "https://evil.test/"}, "invalid_request"},
		"odd scope":      {[]string{"scope", "a,b"}, "invalid_scope"},
		"a request_uri":  {[]string{"request_uri", late}, "invalid_request"},
	} {
		if got := push(with(openAuthorize(), tt.edit...)); got.status != 400 || got.json(t)["error"] != tt.code {
			t.Errorf("%s: got %d %s, want %s", name, got.status, got.body, tt.code)
		}
	}
}

func TestOpenIDTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	q := with(openAuthorize(), "scope", "openid profile", "nonce", "n-1")
	jwt := b.post(openAt+strict+"/token", openExchange(b.openDecide(strict, q, "creator", "approve").Get("code")), basic).json(t)["id_token"].(string)
	parts := strings.Split(jwt, ".")
	body, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var claims map[string]any
	if err := json.Unmarshal(body, &claims); err != nil {
		t.Fatal(err)
	}
	if claims["iss"] != b.url+openAt+strict || claims["aud"] != "app" || claims["sub"] != "ps-3301" || claims["nonce"] != "n-1" {
		t.Errorf("got claims %v", claims)
	}
	key := b.get(openAt+strict+"/jwks.json", nil).json(t)["keys"].([]any)[0].(map[string]any)
	x, _ := base64.RawURLEncoding.DecodeString(key["x"].(string))
	y, _ := base64.RawURLEncoding.DecodeString(key["y"].(string))
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		t.Error("got a signature that the published key does not verify")
	}
}
