package bluesky

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

const (
	createSessionPath = "/xrpc/com.atproto.server.createSession"
	deleteSessionPath = "/xrpc/com.atproto.server.deleteSession"
	goodPassword      = "abcd-2345-efgh-67yz"
)

func (w *world) signIn(t *testing.T, account, password string) (platform.Token, error) {
	t.Helper()
	return w.platform.SignIn(t.Context(), w.env, platform.SignInRequest{Account: account, Password: vault.NewSecret(password)})
}

// accessJWT is a token of the reference server's shape, with a signature that nobody checks.
func accessJWT(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"typ":"at+jwt","alg":"ES256K"}`)) + "." + enc([]byte(claims)) + ".c2ln"
}

func sessionJSON(did, claims, more string) string {
	return fmt.Sprintf(`{"accessJwt":%q,"refreshJwt":"r","handle":"page.example.com","did":%q%s}`, accessJWT(claims), did, more)
}

const twoHours = `{"scope":"com.atproto.appPass","iat":1000,"exp":8200}`

func TestSignInWithAnAppPassword(t *testing.T) {
	t.Parallel()
	for _, typed := range []struct{ account, password string }{
		{"page.example.com", goodPassword},
		{" @Page.Example.com ", " \u200b" + goodPassword + "\n"},
		{worldDID, goodPassword},
	} {
		w := newWorld(t)
		var sent map[string]string
		w.handlers[createSessionPath] = func(rw http.ResponseWriter, r *http.Request) {
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || r.Method != http.MethodPost {
				t.Errorf("%s createSession: %v", r.Method, err)
			}
			_, _ = rw.Write([]byte(sessionJSON(worldDID, twoHours, `,"active":true`)))
		}
		token, err := w.signIn(t, typed.account, typed.password)
		if err != nil {
			t.Fatalf("sign in as %q: %v", typed.account, err)
		}
		if diff := cmp.Diff(map[string]string{"identifier": worldDID, "password": goodPassword}, sent); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]string{"atproto", "transition:generic"}, token.Scopes); diff != "" {
			t.Errorf("scopes (-want +got):\n%s", diff)
		}
		if got, want := token.Credentials.ExpiresAt, w.env.Now().Add(2*time.Hour); !got.Equal(want) {
			t.Errorf("expires: got %v, want %v", got, want)
		}
		if token.Subject != worldDID || token.Credentials.Refresh.Reveal() != "r" {
			t.Errorf("got subject %q and refresh token %q, want the account's", token.Subject, token.Credentials.Refresh.Reveal())
		}
		if strings.Contains(token.Credentials.Extra.Reveal(), goodPassword) {
			t.Error("the app password is kept, want it forgotten")
		}
	}
}

// The stored session is a Bearer token for the account's own server.
func TestProfileByAppPassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(createSessionPath, 200, sessionJSON(worldDID, twoHours, ""))
	w.handlers[sessionPath] = func(rw http.ResponseWriter, r *http.Request) {
		if got, want := r.Header.Get("Authorization"), "Bearer "+accessJWT(twoHours); got != want || r.Header.Get("DPoP") != "" {
			t.Errorf("authorization: got %q and a proof %q, want %q alone", got, r.Header.Get("DPoP"), want)
		}
		_, _ = rw.Write([]byte(`{"did":"` + worldDID + `"}`))
	}
	token, err := w.signIn(t, "page.example.com", goodPassword)
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	client := &platform.Client{Env: w.env, Credentials: token.Credentials, Scopes: token.Scopes, Subject: token.Subject}
	identity, targets, err := platform.Verify(t.Context(), w.platform, client)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	if identity.Username != "page.example.com" || len(targets) != 1 || targets[0].ExternalID != worldDID {
		t.Errorf("got %q with %d targets, want the account itself", identity.Username, len(targets))
	}
	for _, word := range []string{"ExpiredToken", "InvalidToken"} {
		w.answer(sessionPath, 400, `{"error":"`+word+`"}`)
		_, _, err := platform.Verify(t.Context(), w.platform, client)
		if got, want := fault.ReasonOf(err), "consent_ended"; got != want {
			t.Errorf("%s: got %q, want %q (%v)", word, got, want, err)
		}
	}
}

// Nobody's own password leaves the form.
func TestOnlyAppPasswordsAreSent(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"", "hunter2-alice", "abcd-2345-efgh", "abcd-2345-efgh-67yz-aaaa", "ABCD-2345-EFGH-67YZ", "abcd2345efgh67yz", "abcd-2345-efgh-67y!",
		"abcd\u20132345\u2013efgh\u201367yz", "a" + goodPassword, goodPassword + "\x00x",
	} {
		w := newWorld(t)
		w.handlers["/xrpc/com.atproto.identity.resolveHandle"] = func(http.ResponseWriter, *http.Request) { t.Errorf("%q: asked for the account", password) }
		w.handlers[createSessionPath] = func(http.ResponseWriter, *http.Request) { t.Errorf("%q was sent", password) }
		_, err := w.signIn(t, "page.example.com", password)
		if got, want := fault.ReasonOf(err), "password_form"; got != want {
			t.Errorf("%q: got %q, want %q", password, got, want)
		}
	}
}

func TestSignInAnswers(t *testing.T) {
	t.Parallel()
	const other = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"
	for _, tt := range []struct {
		status     int
		body, want string
	}{
		{200, sessionJSON(worldDID, twoHours, ""), ""},
		{200, sessionJSON(worldDID, twoHours, `,"active":false,"status":"deactivated"`), "account_inactive"},
		{200, sessionJSON(worldDID, `{"scope":"com.atproto.access","iat":1,"exp":9}`, ""), "password_form"},
		{200, sessionJSON(other, twoHours, ""), "other_account"},
		{200, `{"accessJwt":"a","refreshJwt":"r"}`, "platform_unavailable"},
		{200, `{"did":"` + worldDID + `","refreshJwt":"r"}`, "platform_unavailable"},
		{200, `{"did":"` + worldDID + `","accessJwt":"a"}`, "platform_unavailable"},
		{200, `<html>`, "platform_unavailable"},
		{302, ``, "platform_unavailable"},
		{401, `{"error":"AuthenticationRequired","message":"Invalid identifier or password"}`, "password_wrong"},
		{401, `{"error":"AuthFactorTokenRequired"}`, "password_code"},
		{401, `{"error":"AccountTakedown"}`, "account_inactive"},
		{401, `<html>`, "password_wrong"},
		{400, `{"error":"InvalidRequest"}`, "platform_unavailable"},
		{400, `{"error":"` + goodPassword + `"}`, "platform_unavailable"},
		{404, `{"error":"XRPCNotSupported"}`, "platform_unavailable"},
		{429, `{"error":"RateLimitExceeded"}`, "platform_unavailable"},
		{503, `{"error":"AuthenticationRequired"}`, "platform_unavailable"},
	} {
		w := newWorld(t)
		w.answer(createSessionPath, tt.status, tt.body)
		_, err := w.signIn(t, "page.example.com", goodPassword)
		if got := fault.ReasonOf(err); got != tt.want {
			t.Errorf("%d %s: got %q, want %q (%v)", tt.status, tt.body, got, tt.want, err)
		}
		if err != nil && strings.Contains(err.Error(), goodPassword) {
			t.Errorf("%d %s: the error quotes the password: %v", tt.status, tt.body, err)
		}
	}
}

func TestTooManySignIns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.answer(createSessionPath, 429, `{"error":"RateLimitExceeded"}`, "Retry-After: 240")
	_, err := w.signIn(t, "page.example.com", goodPassword)
	if got, want := fault.From(err).RetryAfter, 4*time.Minute; got != want {
		t.Errorf("retry after: got %v, want %v (%v)", got, want, err)
	}
}

// A session that is not kept is closed again.
func TestUnwantedSessionsAreClosed(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"own password": sessionJSON(worldDID, `{"scope":"com.atproto.access","iat":1,"exp":9}`, ""),
		"inactive":     sessionJSON(worldDID, twoHours, `,"active":false`),
	} {
		w := newWorld(t)
		w.answer(createSessionPath, 200, answer)
		closedWith := ""
		w.handlers[deleteSessionPath] = func(_ http.ResponseWriter, r *http.Request) { closedWith = r.Header.Get("Authorization") }
		if _, err := w.signIn(t, "page.example.com", goodPassword); err == nil {
			t.Errorf("%s: got a token, want none", name)
		}
		if got, want := closedWith, "Bearer r"; got != want {
			t.Errorf("%s: closed with %q, want %q", name, got, want)
		}
	}
}

func TestSignInFindsTheAccountFirst(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		account string
		spoil   func(w *world)
		want    string
	}{
		"no handle":        {"alice", func(*world) {}, "handle_invalid"},
		"email address":    {"alice@example.com", func(*world) {}, "handle_invalid"},
		"unknown":          {"page.example.com", func(w *world) { w.answer(didPath, http.StatusNotFound, "{}") }, "handle_unknown"},
		"private server":   {"page.example.com", func(w *world) { w.docs[didPath]["service"] = []any{pdsService("https://10.0.0.1")} }, "server_refused"},
		"another's":        {"page.example.com", func(w *world) { w.docs[didPath]["id"] = "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb" }, "server_refused"},
		"server is silent": {"page.example.com", func(w *world) { w.answer(didPath, http.StatusBadGateway, "") }, "platform_unavailable"},
	} {
		w := newWorld(t)
		w.handlers[createSessionPath] = func(http.ResponseWriter, *http.Request) { t.Errorf("%s: the password was sent", name) }
		tt.spoil(w)
		_, err := w.signIn(t, tt.account, goodPassword)
		if got := fault.ReasonOf(err); got != tt.want {
			t.Errorf("%s: got %q, want %q (%v)", name, got, tt.want, err)
		}
	}
}

func TestSessionEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.platform.wallClock = func() time.Time { return time.Unix(5000, 0) }
	for token, want := range map[string]time.Duration{
		accessJWT(twoHours):                       2 * time.Hour,
		accessJWT(`{"iat":1000,"exp":1060}`):      time.Minute,
		accessJWT(`{"exp":5090}`):                 90 * time.Second,
		accessJWT(`{"exp":4000}`):                 2 * time.Hour,
		accessJWT(`{"iat":1000}`):                 2 * time.Hour,
		accessJWT(`{"iat":1,"exp":99999999999}`):  2 * time.Hour,
		accessJWT(`{"iat":"soon","exp":"later"}`): 2 * time.Hour,
		"opaque":  2 * time.Hour,
		"a.%.c":   2 * time.Hour,
		"a.e30.c": 2 * time.Hour,
	} {
		if got := w.platform.sessionEnd(w.env, token).Sub(w.env.Now()); got != want {
			t.Errorf("%s: got a life of %v, want %v", token, got, want)
		}
	}
}
