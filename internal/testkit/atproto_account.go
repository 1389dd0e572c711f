package testkit

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// NewAccount makes an account that is this test's alone: it may do with it what others
// would notice.
func (s AtprotoServers) NewAccount(t testing.TB) AtprotoAccount {
	t.Helper()
	name := "t" + strings.ToLower(rand.Text()[:12])
	who := AtprotoAccount{Handle: name + ".test", Password: "hunter2-" + name}
	var made struct{ DID string }
	s.procedure(t, "com.atproto.server.createAccount", "", map[string]string{
		"handle": who.Handle, "password": who.Password, "email": name + "@example.test",
	}, &made)
	who.DID = made.DID
	return who
}

// AsOwner calls a procedure, such as "com.atproto.server.deactivateAccount", as the
// account's owner, who signed in with the account's own password.
func (s AtprotoServers) AsOwner(t testing.TB, who AtprotoAccount, method string, in any) {
	t.Helper()
	s.procedure(t, method, s.ownerToken(t, who), in, nil)
}

func (s AtprotoServers) ownerToken(t testing.TB, who AtprotoAccount) string {
	t.Helper()
	var session struct{ AccessJwt string }
	s.procedure(t, "com.atproto.server.createSession", "", map[string]string{"identifier": who.Handle, "password": who.Password}, &session)
	return session.AccessJwt
}

// TokenRequest is one that the PDS has had: for a code, or to refresh.
type TokenRequest struct {
	Path   string `json:"path"`
	By     string `json:"by"`     // the DPoP key's coordinate x, or the DID that the Bearer token is of
	Status int    `json:"status"` // of the answer; 0: it is not answered yet
}

// TokenRequests lists those by a DPoP key or a DID, in order.
func (s AtprotoServers) TokenRequests(t testing.TB, by string) []TokenRequest {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Truth, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all, own []TokenRequest
	s.send(t, req, &all)
	for _, r := range all {
		if r.By == by {
			own = append(own, r)
		}
	}
	return own
}

// procedure posts; in or out may be nil.
func (s AtprotoServers) procedure(t testing.TB, method, token string, in, out any) {
	t.Helper()
	var body []byte
	if in != nil {
		var err error
		if body, err = json.Marshal(in); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.PDS+"/xrpc/"+method, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	s.send(t, req, out)
}

func (s AtprotoServers) send(t testing.TB, req *http.Request, out any) {
	t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode == http.StatusOK && out != nil {
		err = json.Unmarshal(answer, out)
	}
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %s %v, want success\n%s", req.URL.Path, resp.Status, err, answer)
	}
}
