package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// AppPassword makes an app password for the account, as its owner does in the settings.
// The name must be new for the account.
func (s AtprotoServers) AppPassword(t testing.TB, who AtprotoAccount, name string) string {
	t.Helper()
	var session struct{ AccessJwt string }
	s.procedure(t, "com.atproto.server.createSession", "", map[string]string{"identifier": who.Handle, "password": who.Password}, &session)
	var made struct{ Password string }
	s.procedure(t, "com.atproto.server.createAppPassword", session.AccessJwt, map[string]string{"name": name}, &made)
	return made.Password
}

func (s AtprotoServers) procedure(t testing.TB, method, token string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.PDS+"/xrpc/"+method, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || json.Unmarshal(answer, out) != nil {
		t.Fatalf("%s: got %s %v, want success\n%s", method, resp.Status, err, answer)
	}
}
