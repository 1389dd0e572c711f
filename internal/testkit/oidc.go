package testkit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// OIDCServer is an independent OAuth 2.0 authorization server (oidc-provider), running: PKCE required, refresh
// tokens rotate and one used twice ends its grant, DPoP wants nonces. Any login and password sign in at its pages;
// the login is the subject.
type OIDCServer struct {
	Issuer string `json:"issuer"`    // also its origin, as in http://localhost:41234
	Truth  string `json:"truth_url"` // origin of what tells what it was asked

	held io.Closer // it stops when this closes, at the latest with the test binary
}

// OIDCClient is a client that registered itself (RFC 7591).
type OIDCClient struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

// OIDCRefresh is one token request with a refresh token, as the server saw it.
type OIDCRefresh struct {
	Client  string `json:"client"`
	Token   string `json:"token"`   // of the one presented: first 16 hex digits of its SHA-256
	Outcome string `json:"outcome"` // "ok" or the error word
}

// OIDC returns the server, starting it (1 s) for the first test of the binary that asks. Tests that run at the same
// time share it: each registers clients of its own and uses subjects of its own.
func OIDC(t testing.TB) OIDCServer {
	t.Helper()
	if _, err := os.Stat(filepath.Join(npmModules(), "oidc-provider")); err != nil {
		missing(t, "the authorization server is not installed: run scripts/deps (%v)", err)
	}
	server, err := sharedOIDC()
	if err != nil {
		t.Fatalf("start the authorization server: %v", err)
	}
	return server
}

var sharedOIDC = sync.OnceValues(func() (server OIDCServer, err error) {
	root, err := moduleRoot()
	if err != nil {
		return server, err
	}
	cmd := exec.Command(filepath.Join(root, "scripts", "oidc", "run"))
	cmd.Env = append(os.Environ(), "OIDC_PORT=0")
	cmd.SysProcAttr = ownGroup()
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if server.held, err = cmd.StdinPipe(); err != nil {
		return server, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return server, err
	}
	if err := cmd.Start(); err != nil {
		return server, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		_ = cmd.Wait() // the complaints are complete only then
		return server, fmt.Errorf("%s: %w\n%s", cmd.Path, err, complaints.String())
	}
	if err := json.Unmarshal(line, &server); err != nil {
		return server, fmt.Errorf("%s said %q: %w", cmd.Path, line, err)
	}
	return server, nil
})

// Register makes a client with one redirect URI. bound: its requests are pushed and its tokens bound by DPoP, or the
// server refuses them.
func (s OIDCServer) Register(t testing.TB, redirectURI string, bound bool) OIDCClient {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"redirect_uris": []string{redirectURI}, "grant_types": []string{"authorization_code", "refresh_token"},
		"require_pushed_authorization_requests": bound, "dpop_bound_access_tokens": bound,
	})
	if err != nil {
		t.Fatal(err)
	}
	var client OIDCClient
	s.call(t, http.MethodPost, s.Issuer+"/reg", string(body), http.StatusCreated, &client)
	return client
}

// Refreshes lists the refreshes of a client, in order.
func (s OIDCServer) Refreshes(t testing.TB, client OIDCClient) []OIDCRefresh {
	t.Helper()
	var all, own []OIDCRefresh
	s.call(t, http.MethodGet, s.Truth+"/refreshes", "", http.StatusOK, &all)
	for _, r := range all {
		if r.Client == client.ID {
			own = append(own, r)
		}
	}
	return own
}

// Withdraw takes back all that a subject consented to, as the person does in the server's settings, and tells how
// many consents those were.
func (s OIDCServer) Withdraw(t testing.TB, subject string) int {
	t.Helper()
	var answer struct{ Ended int }
	s.call(t, http.MethodPost, s.Truth+"/withdraw?subject="+url.QueryEscape(subject), "", http.StatusOK, &answer)
	return answer.Ended
}

func (s OIDCServer) call(t testing.TB, method, address, body string, status int, out any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		t.Fatalf("%s %s: got %d, %v, want %d: %s", method, req.URL.Path, resp.StatusCode, err, status, text)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%s %s: %v: %s", method, req.URL.Path, err, text)
	}
}
