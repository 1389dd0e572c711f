package testkit

import "testing"

// AppPassword makes an app password for the account, as its owner does in the settings.
// The name must be new for the account.
func (s AtprotoServers) AppPassword(t testing.TB, who AtprotoAccount, name string) string {
	t.Helper()
	var made struct{ Password string }
	s.procedure(t, "com.atproto.server.createAppPassword", s.ownerToken(t, who), map[string]string{"name": name}, &made)
	return made.Password
}
