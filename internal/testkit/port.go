package testkit

import (
	"net"
	"testing"
)

// FreePort returns a TCP port of 127.0.0.1 that nobody listened on a moment ago. Prefer to listen on port 0
// yourself where you can: between this answer and the use of it another process may take the port.
func FreePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}
