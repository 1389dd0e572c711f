package bluesky

import (
	"crypto/rand"
	"testing"

	"patchbay/internal/platform"
	"patchbay/internal/testkit"
)

// TestAReplacedConsentEndsAlone is what Spec.RevokeReplaced stands on: each consent and each
// app password's session is one of its own, and to revoke an old one leaves the new one as it
// is. Also when a refresh that was under way has spent the token that is sent to be revoked.
func TestAReplacedConsentEndsAlone(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	bob := servers.Accounts[1]
	s := referenceSite(t, servers, "http://127.0.0.1:9")
	password := servers.AppPassword(t, bob, rand.Text())
	consents, sessions := []platform.Token{}, []platform.Token{}
	for range 2 {
		verifier := platform.NewVerifier()
		auth := s.authorize(t, "bob.test", verifier)
		token, err := s.exchange(t.Context(), person(t, auth.URL, s.redirect, bob, "Authorize").Get("code"), verifier, auth)
		if err != nil {
			t.Fatalf("exchange: %v", err)
		}
		consents = append(consents, token)
		if token, err = s.signIn(t, "bob.test", password); err != nil {
			t.Fatalf("sign in: %v", err)
		}
		sessions = append(sessions, token)
	}
	meanwhile := s.refreshed(t, consents[0])
	s.revoked(t, consents[0]) // with a refresh token that is spent
	s.over(t, meanwhile)
	sessions[0], sessions[1] = s.refreshed(t, sessions[0]), s.refreshed(t, sessions[1])
	s.revoked(t, sessions[0])
	s.over(t, sessions[0])
	for what, token := range map[string]platform.Token{"consent": consents[1], "app password's session": sessions[1]} {
		next := s.refreshed(t, token)
		_, err := platform.Probe(t.Context(), s.platform, &platform.Client{Env: s.env, App: s.app, Credentials: next.Credentials, Subject: next.Subject}, nil)
		if err != nil {
			t.Errorf("probe of the other %s: %v", what, err)
		}
	}
}

func (s site) revoked(t *testing.T, token platform.Token) {
	t.Helper()
	err := platform.Revoke(t.Context(), s.env, s.platform, platform.RevokeRequest{App: s.app, Credentials: token.Credentials, Subject: token.Subject})
	if err != nil {
		t.Fatalf("revoke: %v", err)
	}
}

func (s site) over(t *testing.T, token platform.Token) {
	t.Helper()
	_, err := platform.Refresh(t.Context(), s.env, s.platform, platform.RefreshRequest{App: s.app, Credentials: token.Credentials, Subject: token.Subject})
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassPermanent {
		t.Errorf("refresh of a consent that was revoked: got %+v, want it dead", no)
	}
}

// refreshed is what a refresh brings, that must go well.
func (s site) refreshed(t *testing.T, token platform.Token) platform.Token {
	t.Helper()
	next, err := platform.Refresh(t.Context(), s.env, s.platform, platform.RefreshRequest{App: s.app, Credentials: token.Credentials, Subject: token.Subject})
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	return next
}
