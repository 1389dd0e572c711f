package bluesky

import (
	"testing"

	"patchbay/internal/platform"
)

// live takes a consent of the reference server through its life: proven, refreshed with
// rotation, proven again, revoked, and then neither proven nor refreshed.
func (s site) live(t *testing.T, token platform.Token) {
	t.Helper()
	probe := func(c platform.Credentials) error {
		_, err := platform.Probe(t.Context(), s.platform, &platform.Client{Env: s.env, App: s.app, Credentials: c, Subject: token.Subject}, nil)
		return err
	}
	refresh := func(c platform.Credentials) (platform.Token, error) {
		return platform.Refresh(t.Context(), s.env, s.platform, platform.RefreshRequest{App: s.app, Credentials: c, Subject: token.Subject})
	}
	old := token.Credentials
	if err := probe(old); err != nil {
		t.Errorf("probe: %v", err)
	}
	first, err := refresh(old)
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	now := first.Credentials
	// An app password's access token of the same second is the same text.
	if now.Refresh.Equal(old.Refresh) || now.ExpiresAt.IsZero() || first.Subject != token.Subject {
		t.Errorf("refreshed: want another refresh token, got the same, or another subject %q", first.Subject)
	}
	if err := probe(now); err != nil {
		t.Errorf("probe after a refresh: %v", err)
	}
	second, err := refresh(now)
	if err != nil {
		t.Fatalf("second refresh: %v", err)
	}
	if err := platform.Revoke(t.Context(), s.env, s.platform, platform.RevokeRequest{App: s.app, Credentials: second.Credentials, Subject: token.Subject}); err != nil {
		t.Fatalf("revoke: %v", err)
	}
	_, err = refresh(second.Credentials)
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassPermanent || no.Reason != platform.ReasonRevoked {
		t.Errorf("refresh after the revocation: got %+v, want it revoked", no)
	}
	if err := platform.Revoke(t.Context(), s.env, s.platform, platform.RevokeRequest{App: s.app, Credentials: second.Credentials}); err != nil {
		t.Errorf("revoke once more: %v", err)
	}
}

// reuse is what a refresh token that was used before does to the family.
func (s site) reuse(t *testing.T, token platform.Token) {
	t.Helper()
	refresh := func(c platform.Credentials) (platform.Token, error) {
		return platform.Refresh(t.Context(), s.env, s.platform, platform.RefreshRequest{App: s.app, Credentials: c, Subject: token.Subject})
	}
	next, err := refresh(token.Credentials)
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	_, err = refresh(token.Credentials)
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassPermanent {
		t.Errorf("used again: got %+v, want permanent", no)
	}
	_, err = refresh(next.Credentials)
	if no := platform.RefusalOf(err); no == nil || no.Class != platform.ClassPermanent || no.Reason != platform.ReasonRevoked {
		t.Errorf("after a reuse: got %+v, want the family dead", no)
	}
}
