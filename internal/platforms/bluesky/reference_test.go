package bluesky

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// These tests speak to the reference PDS and its OAuth server.

// site is this program as far as the platform sees it.
type site struct {
	platform *Platform
	env      platform.Env
	app      platform.App
	redirect string
}

func referenceSite(t *testing.T, servers testkit.AtprotoServers, publicURL string) site {
	t.Helper()
	trusted := []string{servers.PDS, servers.PLC}
	redirect := publicURL + "/oauth/callback/bluesky"
	return site{
		platform: newPlatform(Config{PLC: servers.PLC, HandleResolver: servers.PDS, Trusted: trusted}),
		env: platform.Env{
			HTTP: httpx.NewClient(httpx.ClientConfig{Trusted: trusted}), Now: time.Now, PublicURL: publicURL,
		},
		app:      platform.App{ClientID: ClientID(publicURL, redirect)},
		redirect: redirect,
	}
}

func (s site) authorize(t *testing.T, input string, verifier vault.Secret) platform.Authorization {
	t.Helper()
	auth, err := platform.Begin(t.Context(), s.env, s.platform, platform.AuthorizeRequest{
		App: s.app, RedirectURI: s.redirect, State: "state-of-this-test", Verifier: verifier, Input: input,
	})
	if err != nil {
		t.Fatalf("authorize %q: %v", input, err)
	}
	return auth
}

func (s site) exchange(ctx context.Context, code string, verifier vault.Secret, auth platform.Authorization) (platform.Token, error) {
	return platform.Exchange(ctx, s.env, s.platform, platform.ExchangeRequest{
		App: s.app, RedirectURI: s.redirect, Code: vault.NewSecret(code), Verifier: verifier, Private: auth.Private,
	})
}

func (s site) verify(ctx context.Context, token platform.Token) (platform.Identity, []platform.Target, error) {
	return platform.Verify(ctx, s.platform, &platform.Client{
		Env: s.env, App: s.app, Credentials: token.Credentials, Scopes: token.Scopes, Subject: token.Subject,
	})
}

func TestApprove(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	alice := servers.Accounts[0]
	s := referenceSite(t, servers, "http://127.0.0.1:9") // nobody listens there, nobody has to
	verifier := platform.NewVerifier()

	auth := s.authorize(t, " @Alice.TEST\u200e ", verifier)
	checkAuthorizeURL(t, auth, servers, s.app)
	query := person(t, auth.URL, s.redirect, alice, "Authorize")
	if got, want := query.Get("iss"), auth.Issuer; got != want {
		t.Errorf("callback iss: got %q, want %q", got, want)
	}
	if got, want := query.Get("state"), "state-of-this-test"; got != want {
		t.Errorf("callback state: got %q, want %q", got, want)
	}

	token, err := s.exchange(t.Context(), query.Get("code"), verifier, auth)
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	checkToken(t, token, alice, auth)
	identity, targets, err := s.verify(t.Context(), token)
	if err != nil {
		t.Fatalf("targets: %v", err)
	}
	facts := platform.Facts{Name: "alice.test", Username: "alice.test", URL: "https://bsky.app/profile/alice.test"}
	want := []platform.Target{{Kind: "profile", Role: platform.RoleAccount, ExternalID: alice.DID, Facts: facts}}
	if diff := cmp.Diff(want, targets, cmpopts.EquateComparable(vault.Secret{})); diff != "" {
		t.Errorf("targets (-want +got):\n%s", diff)
	}
	if got, want := identity.Subject, alice.DID; got != want {
		t.Errorf("subject: got %q, want %q", got, want)
	}

	s.reuse(t, token)
	_, err = s.exchange(t.Context(), query.Get("code"), verifier, auth)
	if got, want := fault.ReasonOf(err), "code_expired"; got != want {
		t.Errorf("code used again: got %q, want %q (%v)", got, want, err)
	}
}

func checkAuthorizeURL(t *testing.T, auth platform.Authorization, servers testkit.AtprotoServers, app platform.App) {
	t.Helper()
	u, err := url.Parse(auth.URL)
	if err != nil {
		t.Fatalf("authorize URL: %v", err)
	}
	if got, want := u.Scheme+"://"+u.Host+u.Path, servers.PDS+"/oauth/authorize"; got != want {
		t.Errorf("authorize URL: got %q, want %q", got, want)
	}
	query := u.Query()
	if got, want := query.Get("client_id"), app.ClientID; got != want {
		t.Errorf("client_id: got %q, want %q", got, want)
	}
	if len(query) != 2 || query.Get("request_uri") == "" {
		t.Errorf("authorize parameters: got %d, want client_id and request_uri only", len(query))
	}
	if got, want := auth.Issuer, servers.PDS; got != want {
		t.Errorf("issuer: got %q, want %q", got, want)
	}
}

func checkToken(t *testing.T, token platform.Token, who testkit.AtprotoAccount, auth platform.Authorization) {
	t.Helper()
	if got, want := token.Subject, who.DID; got != want {
		t.Errorf("token subject: got %q, want %q", got, want)
	}
	if diff := cmp.Diff([]string{"atproto", "transition:generic"}, token.Scopes); diff != "" {
		t.Errorf("granted scopes (-want +got):\n%s", diff)
	}
	if token.Credentials.Access.Empty() || token.Credentials.Refresh.Empty() {
		t.Error("got no access or refresh token, want both")
	}
	if left := time.Until(token.Credentials.ExpiresAt); left < 10*time.Minute || left > time.Hour {
		t.Errorf("access token lives %v, want between 10 minutes and an hour", left)
	}
	var before, after session
	if json.Unmarshal([]byte(auth.Private.Reveal()), &before) != nil || json.Unmarshal([]byte(token.Credentials.Extra.Reveal()), &after) != nil {
		t.Fatal("private data or extra credentials are not readable")
	}
	if before.Key != after.Key || after.PDS == "" || after.Token == "" || after.Revocation == "" {
		t.Error("extra credentials: got another key or no endpoints, want the attempt's")
	}
}

func TestDeny(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	s := referenceSite(t, servers, "http://127.0.0.1:9")
	auth := s.authorize(t, "bob.test", platform.NewVerifier())
	query := person(t, auth.URL, s.redirect, servers.Accounts[1], "Deny access")
	if got := query.Get("error"); !platform.Denied(s.platform.Spec(), got) {
		t.Errorf("callback error: got %q, want one of %v", got, s.platform.Spec().Denial.Errors)
	}
	if got, want := query.Get("iss"), auth.Issuer; got != want {
		t.Errorf("callback iss: got %q, want %q", got, want)
	}
}

// A confidential client: the PDS fetches our documents and checks our assertions.
func TestConfidentialClient(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s := referenceSite(t, servers, "https://"+servers.ClientHost+":"+port)
	s.app = platform.App{ClientID: s.env.PublicURL + "/oauth/bluesky/client-metadata.json", ClientSecret: NewClientKey()}
	servePublished(t, listener, servers, s)

	verifier := platform.NewVerifier()
	auth := s.authorize(t, servers.Accounts[1].DID, verifier)
	query := person(t, auth.URL, s.redirect, servers.Accounts[1], "Authorize")
	token, err := s.exchange(t.Context(), query.Get("code"), verifier, auth)
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	identity, _, err := s.verify(t.Context(), token)
	if err != nil {
		t.Fatalf("targets: %v", err)
	}
	if got, want := identity.Username, "bob.test"; got != want {
		t.Errorf("username of a DID: got %q, want %q", got, want)
	}
	s.live(t, token)

	s.app.ClientSecret = NewClientKey() // published is the other one
	_, err = platform.Begin(t.Context(), s.env, s.platform, platform.AuthorizeRequest{
		App: s.app, RedirectURI: s.redirect, State: "s", Verifier: verifier, Input: "bob.test",
	})
	if got, want := fault.ReasonOf(err), "platform_rejected"; got != want {
		t.Errorf("assertion of a key that is not published: got %q, want %q (%v)", got, want, err)
	}
}

func servePublished(t *testing.T, listener net.Listener, servers testkit.AtprotoServers, s site) {
	t.Helper()
	documents, err := s.platform.Documents(s.env, s.app)
	if err != nil {
		t.Fatalf("documents: %v", err)
	}
	server := &http.Server{TLSConfig: servers.ClientTLS, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		doc, ok := documents[strings.TrimPrefix(r.URL.Path, "/oauth/bluesky/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(doc)
	})}
	served := make(chan struct{})
	go func() { defer close(served); _ = server.ServeTLS(listener, "", "") }()
	t.Cleanup(func() { _ = server.Close(); <-served })
}

// The person may sign in as somebody else on the server's page.
func TestOtherAccountThanAskedFor(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	s := referenceSite(t, servers, "http://127.0.0.1:9")
	verifier := platform.NewVerifier()
	auth := s.authorize(t, "alice.test", verifier)
	query := person(t, auth.URL, s.redirect, servers.Accounts[0], "Authorize")
	var private session
	if err := json.Unmarshal([]byte(auth.Private.Reveal()), &private); err != nil {
		t.Fatalf("private data: %v", err)
	}
	private.DID = servers.Accounts[1].DID // as if Bob's handle had begun it
	auth.Private = private.encode()
	_, err := s.exchange(t.Context(), query.Get("code"), verifier, auth)
	if got, want := fault.ReasonOf(err), "other_account"; got != want {
		t.Errorf("got %q, want %q (%v)", got, want, err)
	}
}

func TestTokenWithoutItsKey(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	s := referenceSite(t, servers, "http://127.0.0.1:9")
	verifier := platform.NewVerifier()
	auth := s.authorize(t, "alice.test", verifier)
	query := person(t, auth.URL, s.redirect, servers.Accounts[0], "Authorize")
	token, err := s.exchange(t.Context(), query.Get("code"), verifier, auth)
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	var extra session
	if err := json.Unmarshal([]byte(token.Credentials.Extra.Reveal()), &extra); err != nil {
		t.Fatalf("extra credentials: %v", err)
	}
	extra.Key = NewClientKey().Reveal()
	token.Credentials.Extra = extra.encode()
	_, _, err = s.verify(t.Context(), token)
	if got, want := fault.ReasonOf(err), "consent_ended"; got != want {
		t.Errorf("got %q, want %q (%v)", got, want, err)
	}
}

func TestUnknownAndInvalidHandles(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	s := referenceSite(t, servers, "http://127.0.0.1:9")
	for input, want := range map[string]string{
		"nobody.test":                      "handle_unknown",
		"did:plc:aaaaaaaaaaaaaaaaaaaaaaaa": "handle_unknown",
		"alice":                            "handle_invalid",
		"":                                 "handle_invalid",
		"alice.localhost":                  "handle_invalid",
		"did:key:zQ3shunBKsXixLxKtC5qeSG9E4J5RkGN57im31pcTzbNQnm5w": "handle_invalid",
	} {
		_, err := s.platform.Authorize(t.Context(), s.env, platform.AuthorizeRequest{
			App: s.app, RedirectURI: s.redirect, State: "s", Verifier: platform.NewVerifier(), Input: input,
		})
		if got := fault.ReasonOf(err); got != want {
			t.Errorf("input %q: got %q, want %q (%v)", input, got, want, err)
		}
	}
}
