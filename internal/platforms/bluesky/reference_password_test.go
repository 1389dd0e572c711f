package bluesky

import (
	"crypto/rand"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

func (s site) signIn(t *testing.T, account, password string) (platform.Token, error) {
	t.Helper()
	return s.platform.SignIn(t.Context(), s.env, platform.SignInRequest{Account: account, Password: vault.NewSecret(password)})
}

func TestAppPasswordAtTheReferenceServer(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	alice := servers.Accounts[0]
	s := referenceSite(t, servers, "http://127.0.0.1:9")
	password := servers.AppPassword(t, alice, rand.Text())

	token, err := s.signIn(t, "@Alice.test", " "+password+" ")
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	if left := time.Until(token.Credentials.ExpiresAt); left < 119*time.Minute || left > 121*time.Minute {
		t.Errorf("access token lives %v, want 120 minutes", left)
	}
	identity, targets, err := s.verify(t.Context(), token)
	if err != nil {
		t.Fatalf("targets: %v", err)
	}
	if identity.Subject != alice.DID || identity.Username != "alice.test" || len(targets) != 1 {
		t.Errorf("got %s %q with %d targets, want %s alice.test with one", identity.Subject, identity.Username, len(targets), alice.DID)
	}
	s.live(t, token)
}

func TestAppPasswordsTheReferenceServerRefuses(t *testing.T) {
	t.Parallel()
	servers := testkit.Atproto(t)
	alice := servers.Accounts[0]
	s := referenceSite(t, servers, "http://127.0.0.1:9")
	password := servers.AppPassword(t, alice, rand.Text())
	for _, tt := range []struct{ account, password, want string }{
		{"alice.test", "aaaa-aaaa-aaaa-aaaa", "password_wrong"},
		{"bob.test", password, "password_wrong"},
		{"alice.test", alice.Password, "password_form"},
		{"nobody.test", password, "handle_unknown"},
	} {
		_, err := s.signIn(t, tt.account, tt.password)
		if got := fault.ReasonOf(err); got != tt.want {
			t.Errorf("%s: got %q, want %q (%v)", tt.account, got, tt.want, err)
		}
	}
}
