package bluesky

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/platform/dpop"
	"patchbay/internal/vault"
)

const (
	refreshSessionPath = "/xrpc/com.atproto.server.refreshSession"
	goodRefresh        = `{"access_token":"a2","refresh_token":"r2","token_type":"DPoP","expires_in":600,"scope":"atproto","sub":"` + worldDID + `"}`
)

// byOAuth are the credentials of a consent that this world gave.
func (w *world) byOAuth(t *testing.T) platform.Credentials {
	t.Helper()
	var s session
	if err := json.Unmarshal([]byte(w.session(t).Reveal()), &s); err != nil {
		t.Fatal(err)
	}
	s.IssuerNonce, s.PDSNonce, s.Revocation = "old-nonce", "pds-nonce", w.url+"/revoke"
	return platform.Credentials{Access: vault.NewSecret("a-canary"), Refresh: vault.NewSecret("r-canary"), Extra: s.encode()}
}

// byPassword are those of an app password's session.
func (w *world) byPassword() platform.Credentials {
	s := session{Way: byAppPassword, DID: worldDID, PDS: w.url}
	return platform.Credentials{Access: vault.NewSecret("a-canary"), Refresh: vault.NewSecret("r-canary"), Extra: s.encode()}
}

func (w *world) refresh(t *testing.T, c platform.Credentials) (platform.Token, error) {
	t.Helper()
	app := platform.App{ClientID: "https://us.example/oauth/bluesky/client-metadata.json", ClientSecret: NewClientKey()}
	token, err := platform.Refresh(t.Context(), w.env, w.platform, platform.RefreshRequest{App: app, Credentials: c, Subject: worldDID})
	if err != nil && strings.Contains(err.Error(), "canary") {
		t.Errorf("a secret or the answer is repeated: %v", err)
	}
	return token, err
}

func TestRefreshByOAuth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var form url.Values
	var nonces []string
	w.handlers["/token"] = func(rw http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		form = r.PostForm
		claims := jwt.MapClaims{}
		_, _, _ = jwt.NewParser().ParseUnverified(r.Header.Get("DPoP"), claims)
		nonce, _ := claims["nonce"].(string)
		nonces = append(nonces, nonce)
		rw.Header().Set("DPoP-Nonce", "new-nonce")
		if nonce == "old-nonce" {
			rw.WriteHeader(http.StatusBadRequest)
			_, _ = rw.Write([]byte(`{"error":"use_dpop_nonce"}`))
			return
		}
		_, _ = rw.Write([]byte(goodRefresh))
	}
	old := w.byOAuth(t)
	token, err := w.refresh(t, old)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"old-nonce", "new-nonce"}, nonces); d != "" {
		t.Errorf("sent with nonces (-want +got):\n%s", d)
	}
	if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "r-canary" || form.Get("client_assertion") == "" {
		t.Errorf("posted %v", form)
	}
	c := token.Credentials
	if c.Access.Reveal() != "a2" || c.Refresh.Reveal() != "r2" || !c.ExpiresAt.Equal(w.env.Now().Add(10*time.Minute)) || token.Subject != worldDID {
		t.Errorf("got %q, %q until %v for %s", c.Access.Reveal(), c.Refresh.Reveal(), c.ExpiresAt, token.Subject)
	}
	var before, after session
	_ = json.Unmarshal([]byte(old.Extra.Reveal()), &before)
	_ = json.Unmarshal([]byte(c.Extra.Reveal()), &after)
	before.IssuerNonce = "new-nonce"
	if d := cmp.Diff(before, after); d != "" {
		t.Errorf("session, of which only the nonce is new (-want +got):\n%s", d)
	}
}

// result is what a refusal amounts to.
type result struct {
	Class     platform.Class
	Reason    string
	Ambiguous bool
}

func resultOf(err error) result {
	if no := platform.RefusalOf(err); no != nil {
		return result{no.Class, no.Reason, no.Ambiguous}
	}
	return result{}
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	nonce := "DPoP-Nonce: n"
	for _, c := range []struct {
		name   string
		status int
		body   string
		header []string
		want   result
		posts  int
	}{
		{"used or revoked", 400, `{"error":"invalid_grant","error_description":"canary"}`, []string{nonce}, result{platform.ClassPermanent, "revoked", false}, 1},
		{"our key is published no longer", 401, `{"error":"invalid_client"}`, nil, result{platform.ClassConfiguration, "", false}, 1},
		{"our document", 400, `{"error":"invalid_client_metadata"}`, nil, result{platform.ClassConfiguration, "", false}, 1},
		{"our clock", 400, `{"error":"invalid_dpop_proof"}`, nil, result{platform.ClassConfiguration, "", false}, 1},
		{"a nonce for ever", 400, `{"error":"use_dpop_nonce"}`, []string{nonce}, result{platform.ClassTransient, "", false}, 2},
		{"somebody else's", 200, strings.Replace(goodRefresh, worldDID, "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb", 1), nil, result{platform.ClassTransient, "", true}, 1},
		{"nobody's", 200, strings.Replace(goodRefresh, worldDID, "", 1), nil, result{platform.ClassTransient, "", true}, 1},
		{"not bound to the key", 200, strings.Replace(goodRefresh, "DPoP", "Bearer", 1), nil, result{platform.ClassTransient, "", true}, 1},
		{"without atproto", 200, strings.Replace(goodRefresh, `"atproto"`, `"other"`, 1), nil, result{platform.ClassPermanent, "scopes_missing", false}, 1},
		{"a page", 200, `<html>canary`, nil, result{platform.ClassTransient, "", true}, 1},
		{"cut off", 200, `{"access_token":"canary`, nil, result{platform.ClassTransient, "", true}, 1},
		{"in trouble", 500, `{"error":"server_error"}`, nil, result{platform.ClassTransient, "", true}, 1},
		{"too often", 429, `{"error":"RateLimitExceeded"}`, []string{"ratelimit-reset: 1793534700"}, result{platform.ClassRateLimited, "", false}, 1},
	} {
		w := newWorld(t)
		w.answer("/token", c.status, c.body, c.header...)
		answer, posts := w.handlers["/token"], 0
		w.handlers["/token"] = func(rw http.ResponseWriter, r *http.Request) { posts++; answer(rw, r) }
		_, err := w.refresh(t, w.byOAuth(t))
		if got := resultOf(err); got != c.want || posts != c.posts {
			t.Errorf("%s: got %v after %d posts (%v), want %v after %d", c.name, got, posts, err, c.want, c.posts)
		}
	}
}

func TestRefreshOfAnAppPasswordsSession(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   result
	}{
		{"well", 200, sessionJSON(worldDID, twoHours, `,"active":true`), result{}},
		{"inactive: the new pair is kept all the same", 200, sessionJSON(worldDID, twoHours, `,"active":false,"status":"deactivated"`), result{}},
		{"revoked", 400, `{"error":"ExpiredToken","message":"canary"}`, result{platform.ClassPermanent, "revoked", false}},
		{"none", 400, `{"error":"InvalidToken","message":"canary"}`, result{platform.ClassPermanent, "revoked", false}},
		{"taken down", 401, `{"error":"AccountTakedown","message":"canary"}`, result{platform.ClassPermanent, "account_inactive", false}},
		{"another's", 200, sessionJSON("did:plc:bbbbbbbbbbbbbbbbbbbbbbbb", twoHours, ``), result{platform.ClassTransient, "", true}},
		{"no new token", 200, `{"did":"` + worldDID + `","refreshJwt":"canary"}`, result{platform.ClassTransient, "", true}},
		{"in trouble", 502, `canary`, result{platform.ClassTransient, "", true}},
		{"not now", 503, `canary`, result{platform.ClassTransient, "", true}},
	} {
		w := newWorld(t)
		w.answer(refreshSessionPath, c.status, c.body)
		answer, posts := w.handlers[refreshSessionPath], 0
		w.handlers[refreshSessionPath] = func(rw http.ResponseWriter, r *http.Request) {
			posts++
			if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer r-canary" {
				t.Errorf("%s: got %s with %q", c.name, r.Method, r.Header.Get("Authorization"))
			}
			answer(rw, r)
		}
		token, err := w.refresh(t, w.byPassword())
		if got := resultOf(err); got != c.want || posts != 1 {
			t.Errorf("%s: got %v after %d posts (%v), want %v after one", c.name, got, posts, err, c.want)
		}
		if err == nil && (token.Credentials.Refresh.Reveal() != "r" || !token.Credentials.ExpiresAt.Equal(w.env.Now().Add(2*time.Hour)) || token.Credentials.Extra.Empty()) {
			t.Errorf("%s: got a token until %v", c.name, token.Credentials.ExpiresAt)
		}
	}
}

func TestAStoredSessionThatCannotBeRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := platform.Credentials{Refresh: vault.NewSecret("r"), Extra: vault.NewSecret("{")}
	if _, err := w.refresh(t, c); resultOf(err) != (result{platform.ClassTransient, "", false}) {
		t.Errorf("refresh: got %v", err)
	}
	if _, err := platform.Probe(t.Context(), w.platform, &platform.Client{Env: w.env, Credentials: c}, nil); resultOf(err) != (result{platform.ClassTransient, "", false}) {
		t.Errorf("probe: got %v", err)
	}
	if _, err := platform.Lease(w.platform, platform.App{}, c); err == nil {
		t.Error("lease: got no error")
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		status  int
		body    string
		header  []string
		profile string
		want    result
	}{
		{"well", 200, `{"did":"` + worldDID + `","active":true}`, nil, "", result{}},
		{"does not tell whether it is active", 200, `{"did":"` + worldDID + `"}`, nil, "", result{}},
		{"deactivated", 200, `{"did":"` + worldDID + `","active":false,"status":"deactivated"}`, nil, "", result{platform.ClassPermanent, "account_inactive", false}},
		{"taken down", 401, `{"error":"AccountTakedown"}`, nil, "", result{platform.ClassPermanent, "account_inactive", false}},
		{"another's", 200, `{"did":"did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"}`, nil, "", result{platform.ClassPermanent, "token_kind", false}},
		{"dead by OAuth's word", 401, `{"error":"invalid_token","message":"canary"}`, nil, "", result{platform.ClassPermanent, "token_refused", false}},
		{"dead by a challenge", 401, ``, []string{`WWW-Authenticate: DPoP error="invalid_token"`}, "", result{platform.ClassPermanent, "token_refused", false}},
		{"dead by XRPC's word", 400, `{"error":"ExpiredToken"}`, nil, "", result{platform.ClassPermanent, "token_refused", false}},
		{"a nonce for ever", 401, `{"error":"use_dpop_nonce"}`, []string{`WWW-Authenticate: DPoP error="use_dpop_nonce"`, "DPoP-Nonce: n"}, "", result{platform.ClassTransient, "", false}},
		{"401 of something between", 401, `<html>canary`, nil, "", result{platform.ClassTransient, "", false}},
		{"no such method, but a profile", 501, `{"error":"MethodNotImplemented"}`, nil, `{"did":"` + worldDID + `"}`, result{}},
		{"no such method, and no profile", 501, `{"error":"MethodNotImplemented"}`, nil, "", result{platform.ClassTransient, "", true}},
		{"a page", 200, `<html>canary`, nil, "", result{platform.ClassTransient, "", true}},
	} {
		w := newWorld(t)
		w.answer(sessionPath, c.status, c.body, c.header...)
		if c.profile != "" {
			w.answer(profilePath, 200, c.profile)
		}
		for way, credentials := range map[string]platform.Credentials{"OAuth": w.byOAuth(t), "app password": w.byPassword()} {
			_, err := platform.Probe(t.Context(), w.platform, &platform.Client{Env: w.env, Credentials: credentials, Subject: worldDID}, nil)
			if got := resultOf(err); got != c.want {
				t.Errorf("%s by %s: got %v (%v), want %v", c.name, way, got, err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("%s: the answer is repeated: %v", c.name, err)
			}
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   string
	}{
		{200, ``, ""},
		{400, `{"error":"ExpiredToken"}`, ""},
		{400, `{"error":"invalid_grant"}`, ""},
		{500, ``, "platform_unavailable"},
	} {
		w := newWorld(t)
		var sent []string
		note := func(rw http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			sent = append(sent, fmt.Sprint(r.URL.Path, " ", r.PostForm.Get("token"), " ", r.Header.Get("Authorization"), " ", r.Header.Get("DPoP") != ""))
			rw.WriteHeader(c.status)
			_, _ = rw.Write([]byte(c.body))
		}
		w.handlers["/revoke"], w.handlers[deleteSessionPath] = note, note
		for _, credentials := range []platform.Credentials{w.byOAuth(t), w.byPassword()} {
			err := platform.Revoke(t.Context(), w.env, w.platform, platform.RevokeRequest{App: platform.App{ClientID: loopbackClient}, Credentials: credentials})
			if got := fault.ReasonOf(err); got != c.want {
				t.Errorf("%d %s: got %v, want %q", c.status, c.body, err, c.want)
			}
		}
		if d := cmp.Diff([]string{"/revoke r-canary  true", deleteSessionPath + "  Bearer r-canary false"}, sent); d != "" {
			t.Errorf("%d %s: sent (-want +got):\n%s", c.status, c.body, d)
		}
	}
}

func TestNothingIsRevokedWhereTheServerCannot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := platform.Credentials{Refresh: vault.NewSecret("r"), Extra: w.session(t)} // names no revocation endpoint
	if err := platform.Revoke(t.Context(), w.env, w.platform, platform.RevokeRequest{Credentials: c}); !errors.Is(err, platform.ErrNoWay) {
		t.Errorf("got %v, want ErrNoWay", err)
	}
}

func TestTokensOfOthersAreNotImported(t *testing.T) {
	t.Parallel()
	if err := platform.Importable(newPlatform(Config{})); !errors.Is(err, platform.ErrNotImportable) {
		t.Errorf("got %v, want ErrNotImportable", err)
	}
}

// TestLease: with what it is lent, an application can call the data server.
func TestLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got, err := platform.Lease(w.platform, platform.App{}, w.byPassword())
	if d := cmp.Diff(platform.Leased{Type: "Bearer", Server: w.url}, got); err != nil || d != "" {
		t.Errorf("app password: %v (-want +got):\n%s", err, d)
	}
	c := w.byOAuth(t)
	got, err = platform.Lease(w.platform, platform.App{}, c)
	if err != nil || got.Type != "DPoP" || got.Server != w.url {
		t.Fatalf("OAuth: got %+v, %v", got, err)
	}
	key, err := dpop.ParseJWK(got.Key)
	if err != nil {
		t.Fatal(err)
	}
	s, b, err := w.platform.decodeSession(c.Extra)
	if err != nil || s.Key == "" {
		t.Fatal(err)
	}
	proof, err := key.Sign(dpop.Proof{Method: http.MethodGet, Address: w.url, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwt.Parse(proof, func(*jwt.Token) (any, error) { return &b.key.PublicKey, nil }, jwt.WithValidMethods([]string{"ES256"})); err != nil {
		t.Errorf("a proof of the lent key is none of the session's: %v", err)
	}
}
