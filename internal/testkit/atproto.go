package testkit

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// AtprotoServers is the reference Bluesky servers, running.
type AtprotoServers struct {
	PDS      string           `json:"pds_url"`   // also the issuer of its OAuth server, as in http://localhost:41234
	PLC      string           `json:"plc_url"`   // the directory of DIDs
	Truth    string           `json:"truth_url"` // tells which token requests the PDS has had
	Accounts []AtprotoAccount `json:"accounts"`

	// A client that is not on loopback has an https address. The PDS finds ClientHost on 127.0.0.1, on any
	// port, and trusts the certificate in ClientTLS: listen with that to serve such a client's metadata.
	ClientHost string      `json:"-"`
	ClientTLS  *tls.Config `json:"-"`

	held io.Closer // the servers stop when this closes, at the latest with the test binary
}

// AtprotoAccount is a person at the PDS: Handle and Password are what the login form asks for.
type AtprotoAccount struct {
	Handle   string `json:"handle"`
	Password string `json:"password"`
	DID      string `json:"did"`
}

// Atproto returns the reference Bluesky servers, starting them (2 s) for the first test of the binary that asks. The
// accounts are alice.test and bob.test; tests that run at the same time share them, so a test asserts on its
// own OAuth sessions only.
func Atproto(t testing.TB) AtprotoServers {
	t.Helper()
	if _, err := os.Stat(filepath.Join(npmModules(), "@atproto", "pds")); err != nil {
		missing(t, "the Bluesky servers are not installed: run scripts/deps (%v)", err)
	}
	servers, err := sharedAtproto()
	if err != nil {
		t.Fatalf("start the Bluesky servers: %v", err)
	}
	return servers
}

var sharedAtproto = sync.OnceValues(func() (AtprotoServers, error) {
	servers := AtprotoServers{ClientHost: "app.patchbay.internal"}
	root, err := moduleRoot()
	if err != nil {
		return servers, err
	}
	var certFile string
	if servers.ClientTLS, certFile, err = clientCertificate(servers.ClientHost); err != nil {
		return servers, err
	}
	cmd := exec.Command(filepath.Join(root, "scripts", "atproto", "run"))
	cmd.Env = append(os.Environ(), "PLC_PORT=0", "PDS_PORT=0", "NODE_EXTRA_CA_CERTS="+certFile)
	cmd.SysProcAttr = ownGroup()
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	if servers.held, err = cmd.StdinPipe(); err != nil {
		return servers, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return servers, err
	}
	if err := cmd.Start(); err != nil {
		return servers, err
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		_ = cmd.Wait() // the complaints are complete only then
		return servers, fmt.Errorf("%s: %w\n%s", cmd.Path, err, complaints.String())
	}
	if err := json.Unmarshal(line, &servers); err != nil {
		return servers, fmt.Errorf("%s said %q: %w", cmd.Path, line, err)
	}
	return servers, nil
})
