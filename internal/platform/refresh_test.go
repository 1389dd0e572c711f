package platform_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// tokenServer answers everything alike and notes the forms that it was posted.
type tokenServer struct {
	status int // 0: the connection is cut
	body   string

	mu    sync.Mutex
	forms []url.Values
	auth  string
}

func (s *tokenServer) posted() (forms []url.Values, auth string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.forms, s.auth
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	s.mu.Lock()
	s.forms, s.auth = append(s.forms, r.PostForm), r.Header.Get("Authorization")
	s.mu.Unlock()
	if s.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(s.status)
	_, _ = w.Write([]byte(s.body))
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func (s *tokenServer) env(t *testing.T) platform.Env {
	t.Helper()
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	return platform.Env{Now: func() time.Time { return noon }, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://api.plain.example": srv.URL}})}
}

func refreshable() plain {
	spec := plainSpec()
	spec.Refresh, spec.AccessLifetime, spec.RevokeURL, spec.Revocation = platform.RefreshRotating, time.Hour, "https://api.plain.example/revoke", platform.ReachToken
	spec.RefreshRules = []platform.Rule{{Word: "invalid_request: dead", Class: platform.ClassPermanent, Reason: platform.ReasonConsentExpired}}
	return plain{spec: spec}
}

func oldCredentials() platform.Credentials {
	return platform.Credentials{
		Access: vault.NewSecret("old-access-canary"), Refresh: vault.NewSecret("old-refresh-canary"), Extra: vault.NewSecret("extra"),
		ExpiresAt: noon.Add(time.Minute), RefreshExpiresAt: noon.Add(100 * time.Hour),
	}
}

// revealed is credentials as they can be compared.
func revealed(c platform.Credentials) []string {
	end := func(at time.Time) string {
		if at.IsZero() {
			return "never"
		}
		return at.Sub(noon).String()
	}
	return []string{c.Access.Reveal(), c.Refresh.Reveal(), c.Extra.Reveal(), end(c.ExpiresAt), end(c.RefreshExpiresAt)}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       []string
	}{
		{"everything new", `{"access_token":"A","refresh_token":"R","expires_in":"7200","refresh_token_expires_in":3600}`, []string{"A", "R", "extra", "2h0m0s", "1h0m0s"}},
		{"no refresh token", `{"access_token":"A","expires_in":7200}`, []string{"A", "old-refresh-canary", "extra", "2h0m0s", "100h0m0s"}},
		{"a refresh token that is null", `{"access_token":"A","refresh_token":null,"expires_in":7200}`, []string{"A", "old-refresh-canary", "extra", "2h0m0s", "100h0m0s"}},
		{"an empty one", `{"access_token":"A","refresh_token":"","expires_in":7200}`, []string{"A", "old-refresh-canary", "extra", "2h0m0s", "100h0m0s"}},
		{"the same, without its end", `{"access_token":"A","refresh_token":"old-refresh-canary","expires_in":7200}`, []string{"A", "old-refresh-canary", "extra", "2h0m0s", "100h0m0s"}},
		{"another, without its end", `{"access_token":"A","refresh_token":"R","expires_in":7200}`, []string{"A", "R", "extra", "2h0m0s", "never"}},
		{"no expires_in", `{"access_token":"A"}`, []string{"A", "old-refresh-canary", "extra", "1h0m0s", "100h0m0s"}},
		{"a form", `access_token=A&refresh_token=R&expires_in=60`, []string{"A", "R", "extra", "1m0s", "never"}},
	} {
		s := &tokenServer{status: 200, body: c.body}
		token, err := platform.Refresh(t.Context(), s.env(t), refreshable(), platform.RefreshRequest{App: app, Credentials: oldCredentials()})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if d := cmp.Diff(c.want, revealed(token.Credentials)); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		forms, auth := s.posted()
		if d := cmp.Diff([]url.Values{{"grant_type": {"refresh_token"}, "refresh_token": {"old-refresh-canary"}}}, forms); d != "" || auth != platform.BasicAuth(app) {
			t.Errorf("%s: posted as %s (-want +got):\n%s", c.name, auth, d)
		}
	}
}

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		status    int // 0: the connection is cut
		body      string
		class     platform.Class
		reason    string
		ambiguous bool
	}{
		{"RFC 6749's word", 400, `{"error":"invalid_grant","error_description":"old-refresh-canary"}`, platform.ClassPermanent, "revoked", false},
		{"the same inside a 200", 200, `{"error":"invalid_grant"}`, platform.ClassPermanent, "revoked", false},
		{"the same as a form", 200, `error=invalid_grant`, platform.ClassPermanent, "revoked", false},
		{"the platform's own word", 400, `{"error":"invalid_request","error_description":"dead"}`, platform.ClassPermanent, "consent_expired", false},
		{"our client", 401, `{"error":"invalid_client"}`, platform.ClassConfiguration, "", false},
		{"an unknown word", 400, `{"error":"canary"}`, platform.ClassTransient, "", false},
		{"a page", 200, `<html>canary`, platform.ClassTransient, "", true},
		{"nothing at all", 200, ``, platform.ClassTransient, "", true},
		{"no content", 204, ``, platform.ClassTransient, "", true},
		{"cut off", 200, `{"access_token":"cana`, platform.ClassTransient, "", true},
		{"no token", 200, `{"expires_in":7200}`, platform.ClassTransient, "", true},
		{"a token that cannot be sent", 200, `{"access_token":"can\nary"}`, platform.ClassTransient, "", true},
		{"another kind of token", 200, `{"access_token":"canary","token_type":"mac"}`, platform.ClassTransient, "", true},
		{"in trouble", 500, `{"error":"invalid_grant"}`, platform.ClassTransient, "", true},
		{"a gateway waited in vain", 408, ``, platform.ClassTransient, "", true},
		{"too often", 429, `{"error":"invalid_grant"}`, platform.ClassRateLimited, "", false},
		{"cut", 0, ``, platform.ClassTransient, "", true},
	} {
		s := &tokenServer{status: c.status, body: c.body}
		token, err := platform.Refresh(t.Context(), s.env(t), refreshable(), platform.RefreshRequest{App: app, Credentials: oldCredentials()})
		no := platform.RefusalOf(err)
		if no == nil || no.Class != c.class || no.Reason != c.reason || no.Ambiguous != c.ambiguous {
			t.Errorf("%s: got %+v, want %s %s, ambiguous %t", c.name, no, c.class, c.reason, c.ambiguous)
		}
		if forms, _ := s.posted(); len(forms) != 1 || !token.Credentials.Access.Empty() {
			t.Errorf("%s: posted %d times, want once and no credentials", c.name, len(forms))
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the answer or a secret is repeated: %v", c.name, err)
		}
	}
}

// otherSubject answers a refresh in its own way, with somebody else's token.
type otherSubject struct{ plain }

func (otherSubject) Refresh(context.Context, platform.Env, platform.RefreshRequest) (platform.Token, error) {
	return platform.Token{Credentials: platform.Credentials{Access: vault.NewSecret("A")}, Subject: "somebody else"}, nil
}

func TestRefreshedForSomebodyElse(t *testing.T) {
	t.Parallel()
	_, err := platform.Refresh(t.Context(), platform.Env{Now: time.Now}, otherSubject{}, platform.RefreshRequest{Subject: "me", Credentials: oldCredentials()})
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassTransient || !no.Ambiguous {
		t.Errorf("got %+v, want an ambiguous answer that is not believed", no)
	}
}

func TestRefreshable(t *testing.T) {
	t.Parallel()
	both, access := oldCredentials(), platform.Credentials{Access: vault.NewSecret("A")}
	for _, c := range []struct {
		model platform.RefreshModel
		c     platform.Credentials
		want  bool
	}{
		{platform.RefreshNone, both, false},
		{"", both, false},
		{platform.RefreshRotating, both, true},
		{platform.RefreshRotating, access, false},
		{platform.RefreshRotatingGrace, both, true},
		{platform.RefreshStable, access, false},
		{platform.RefreshRenewing, access, true},
		{platform.RefreshRenewing, platform.Credentials{}, false},
	} {
		if got := platform.Refreshable(platform.Spec{Refresh: c.model}, c.c); got != c.want {
			t.Errorf("%q: got %t, want %t", c.model, got, c.want)
		}
	}
}

// TestRefusalOf reads every kind of error that a platform's code gives.
func TestRefusalOf(t *testing.T) {
	t.Parallel()
	sent, unsent := &httpx.CallError{Host: "h", Sent: true}, &httpx.CallError{Host: "h"}
	for _, c := range []struct {
		name      string
		err       error
		class     platform.Class
		reason    string
		ambiguous bool
	}{
		{"a refusal, wrapped twice", fmt.Errorf("a: %w", fmt.Errorf("b: %w", platform.Refuse(platform.ClassPermanent, platform.ReasonCheckpoint, nil))), platform.ClassPermanent, "checkpoint", false},
		{"a refusal around another", platform.Refuse(platform.ClassConfiguration, "", platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, nil)), platform.ClassConfiguration, "", false},
		{"broke after it was sent", platform.ErrUnavailable.Because(sent), platform.ClassTransient, "", true},
		{"broke before", platform.ErrUnavailable.Because(unsent), platform.ClassTransient, "", false},
		{"a server that is not dialled", platform.ErrServerRefused.Because(unsent), platform.ClassTransient, "", false},
		{"a server that cannot be used", platform.ErrServerRefused.Because(errors.New("x")), platform.ClassTransient, "", false},
		{"an answer that is none", platform.ErrUnavailable.Because(errors.New("x")), platform.ClassTransient, "", true},
		{"our app", platform.ErrRejected, platform.ClassConfiguration, "", false},
		{"the consent", platform.ErrReauth, platform.ClassPermanent, "revoked", false},
		{"a permission", platform.ErrScopesMissing, platform.ClassPermanent, "scopes_missing", false},
		{"too often", fault.New(fault.RateLimited, "x", "x"), platform.ClassRateLimited, "", false},
		{"another account's token", platform.ErrOtherAccount, platform.ClassTransient, "", true},
		{"another kind of token", platform.ErrTokenKind, platform.ClassTransient, "", true},
		{"another issuer", platform.ErrIssuer, platform.ClassTransient, "", true},
		{"our own trouble", errors.New("x"), platform.ClassTransient, "", true},
	} {
		no := platform.RefusalOf(c.err)
		if no == nil || no.Class != c.class || no.Reason != c.reason || no.Ambiguous != c.ambiguous {
			t.Errorf("%s: got %+v, want %s %s, ambiguous %t", c.name, no, c.class, c.reason, c.ambiguous)
		}
	}
	if no := platform.RefusalOf(nil); no != nil {
		t.Errorf("nil: got %+v", no)
	}
	if no := platform.RefusalOf(platform.ErrUnavailable.After(time.Minute)); no.RetryAfter != time.Minute {
		t.Errorf("after a minute: got %v", no.RetryAfter)
	}
}

// TestRefusalIsAFault: rooms render it, and it says when to come back.
func TestRefusalIsAFault(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class  platform.Class
		reason string
		want   *fault.Error
	}{
		{platform.ClassTransient, "", platform.ErrUnavailable},
		{platform.ClassRateLimited, "", platform.ErrUnavailable},
		{platform.ClassConfiguration, "", platform.ErrRejected},
		{platform.ClassPermanent, platform.ReasonRevoked, platform.ErrReauth},
		{platform.ClassPermanent, platform.ReasonScopesMissing, platform.ErrScopesMissing},
		{platform.ClassPermanent, platform.ReasonTargetPermission, platform.ErrScopesMissing},
	} {
		no := platform.Refuse(c.class, c.reason, errors.New("the cause"))
		no.RetryAfter = time.Minute
		got := fault.From(fmt.Errorf("wrapped: %w", no))
		if !errors.Is(got, c.want) || got.RetryAfter != time.Minute || !strings.Contains(no.Error(), "the cause") {
			t.Errorf("%s %s: got %v after %v, want %v", c.class, c.reason, got, got.RetryAfter, c.want)
		}
	}
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	both, access := oldCredentials(), platform.Credentials{Access: vault.NewSecret("A")}
	for _, c := range []struct {
		name   string
		c      platform.Credentials
		status int
		body   string
		form   url.Values
		want   string
	}{
		{"the refresh token", both, 200, ``, url.Values{"token": {"old-refresh-canary"}, "token_type_hint": {"refresh_token"}}, ""},
		{"the access token", access, 200, `{"revoked":true}`, url.Values{"token": {"A"}, "token_type_hint": {"access_token"}}, ""},
		{"dead already", access, 400, `{"error":"invalid_grant"}`, url.Values{"token": {"A"}, "token_type_hint": {"access_token"}}, ""},
		{"our client", access, 401, `{"error":"invalid_client"}`, url.Values{"token": {"A"}, "token_type_hint": {"access_token"}}, "platform_rejected"},
		{"an error inside a 200", access, 200, `{"error":"temporarily_unavailable"}`, url.Values{"token": {"A"}, "token_type_hint": {"access_token"}}, "platform_unavailable"},
		{"a 200 with a body of its own", access, 200, `{"type":"revocation","code":"R1"}`, url.Values{"token": {"A"}, "token_type_hint": {"access_token"}}, ""},
		{"in trouble", access, 503, ``, url.Values{"token": {"A"}, "token_type_hint": {"access_token"}}, "platform_unavailable"},
	} {
		s := &tokenServer{status: c.status, body: c.body}
		err := platform.Revoke(t.Context(), s.env(t), refreshable(), platform.RevokeRequest{App: app, Credentials: c.c})
		if got := fault.ReasonOf(err); got != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		forms, _ := s.posted()
		if d := cmp.Diff([]url.Values{c.form}, forms); d != "" {
			t.Errorf("%s: posted (-want +got):\n%s", c.name, d)
		}
	}
	s := &tokenServer{status: 200}
	err := platform.Revoke(t.Context(), s.env(t), plain{spec: plainSpec()}, platform.RevokeRequest{App: app, Credentials: both})
	if forms, _ := s.posted(); !errors.Is(err, platform.ErrNoWay) || platform.RefusalOf(err).Class != platform.ClassPermanent || len(forms) != 0 {
		t.Errorf("no way to revoke: got %v and %d calls, want ErrNoWay and none", err, len(forms))
	}
}

func TestLease(t *testing.T) {
	t.Parallel()
	got, err := platform.Lease(plain{}, platform.App{Server: "https://social.example"}, oldCredentials())
	if d := cmp.Diff(platform.Leased{Type: "Bearer", Server: "https://social.example"}, got); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}

func TestCredentialsKeepBothEnds(t *testing.T) {
	t.Parallel()
	got, err := platform.DecodeCredentials(oldCredentials().Encode())
	if d := cmp.Diff(revealed(oldCredentials()), revealed(got)); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}
