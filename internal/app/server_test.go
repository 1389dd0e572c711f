package app_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// patience bounds what should take a fraction of a second.
const patience = 20 * time.Second

// server is the program with small limits.
type server struct{ address, key string }

func serve(t *testing.T, limits app.Limits) server {
	t.Helper()
	keyset, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{PublicURL: "http://" + l.Addr().String(), DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "p.db"), PlatformTimeout: time.Second}
	a, err := app.New(t.Context(), cfg, app.Options{Log: slog.New(slog.DiscardHandler), Keyset: keyset, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	w, err := a.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: "w"})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := a.Service.CreateKey(t.Context(), connect.Key{WorkspaceID: w.ID, Scopes: connect.Scopes()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if err := a.Serve(ctx, func() { close(ready) }, app.Listener{Listen: l, Handler: a.Handler}); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	<-ready
	t.Cleanup(func() {
		stop()
		<-done
		_ = a.Close()
	})
	return server{l.Addr().String(), key.Reveal()}
}

// dial speaks raw TCP.
func (s server) dial(t *testing.T, say string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, say); err != nil {
		t.Fatal(err)
	}
	return conn
}

// post is the head of a POST that makes a session, with a body of so many bytes to come.
func (s server) post(length int) string {
	return fmt.Sprintf("POST /v1/sessions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n", s.key, length)
}

// end reads until the server hangs up.
func end(t *testing.T, conn net.Conn) string {
	t.Helper()
	text, err := io.ReadAll(conn)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatalf("the server did not hang up: %v", err)
	}
	return string(text)
}

func TestSlowClientsAreHungUpOn(t *testing.T) {
	t.Parallel()
	s := serve(t, app.Limits{Header: 100 * time.Millisecond, Read: 300 * time.Millisecond, Idle: 100 * time.Millisecond})
	for name, c := range map[string]struct{ say, want string }{
		"says nothing":                  {"", ""},
		"never ends its header":         {"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Slow: ", ""},
		"never ends its body":           {s.post(1000) + "{", "HTTP/1.1 400 Bad Request"},
		"never ends a body in chunks":   {strings.Replace(s.post(0), "Content-Length: 0", "Transfer-Encoding: chunked", 1) + "5\r\n{", "HTTP/1.1 400 Bad Request"},
		"sends a body that nobody asks": {"GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{", "HTTP/1.1 200 OK"},
		"lies idle afterwards":          {"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := end(t, s.dial(t, c.say)); !strings.HasPrefix(got, c.want) || (c.want == "") != (got == "") {
				t.Errorf("got %q, want %q and then the end", got, c.want)
			}
		})
	}
}

// TestADribblingBodyGainsNoTime sends a byte whenever it can, for ever.
func TestADribblingBodyGainsNoTime(t *testing.T) {
	t.Parallel()
	s := serve(t, app.Limits{Read: 300 * time.Millisecond})
	conn := s.dial(t, s.post(1<<19))
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	answered := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(conn).ReadString('\n')
		answered <- line
	}()
	for sent := 0; ; sent++ {
		select {
		case line := <-answered:
			if !strings.HasPrefix(line, "HTTP/1.1 400") {
				t.Errorf("got %q after %d bytes, want 400", line, sent)
			}
			return
		case <-tick.C:
			_, _ = io.WriteString(conn, " ")
		}
	}
}

// TestWhoDoesNotReadLosesThePlace takes the only place, asks for more than the kernel
// keeps and reads none of it: the next client is served when that one is given up.
func TestWhoDoesNotReadLosesThePlace(t *testing.T) {
	t.Parallel()
	s := serve(t, app.Limits{Write: 300 * time.Millisecond, Connections: 1})
	s.dial(t, strings.Repeat("GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n", 1000))
	if got := end(t, s.dial(t, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("the next client: got %q, want 200", got)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, app.Limits{Connections: 2, Header: patience})
	first := s.dial(t, "")
	s.dial(t, "GET /healthz HTTP/1.1\r\n")
	third := s.dial(t, "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
	_ = third.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if n, err := third.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the third of two: got %d bytes, %v, want to wait", n, err)
	}
	_ = first.Close()
	_ = third.SetReadDeadline(time.Now().Add(patience))
	if got := end(t, third); !strings.HasPrefix(got, "HTTP/1.1 200") {
		t.Errorf("after one left: got %q, want 200", got)
	}
}

func TestSizesAreBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, app.Limits{HeaderBytes: 8 << 10})
	for name, c := range map[string]struct{ say, want string }{
		"a header of 64 KiB":   {"GET /healthz HTTP/1.1\r\nHost: a\r\nX-Long: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", "HTTP/1.1 431"},
		"an address of 64 KiB": {"GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 431"},
		"a body of 2 MiB":      {s.post(2<<20) + strings.Repeat(" ", 2<<20), "HTTP/1.1 413"},
		"one to no room":       {"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 2097152\r\n\r\n" + strings.Repeat(" ", 2<<20), "HTTP/1.1 404"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", s.address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			go func() { _, _ = io.WriteString(conn, c.say) }() // the server may hang up in the middle
			line, err := bufio.NewReader(conn).ReadString('\n')
			if !strings.HasPrefix(line, c.want) {
				t.Errorf("got %q, %v, want %s", line, err, c.want)
			}
		})
	}
}

// TestWaitingOutlastsTheTimeToRead holds a question longer than a request may take to
// arrive.
func TestWaitingOutlastsTheTimeToRead(t *testing.T) {
	t.Parallel()
	s := serve(t, app.Limits{Header: 100 * time.Millisecond, Read: 200 * time.Millisecond, Idle: 100 * time.Millisecond})
	ask := func(method, path, body string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+s.key)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = resp.Body.Close() })
		return resp
	}
	if made := ask(http.MethodPost, "/v1/sessions", "{}"); made.StatusCode != http.StatusCreated {
		t.Fatalf("session: got %s", made.Status)
	}
	for name, body := range map[string]string{"without a body": "", "with one": "{}"} {
		began := time.Now()
		resp := ask(http.MethodGet, "/v1/sessions/1?wait=1", body)
		if took := time.Since(began); resp.StatusCode != http.StatusOK || took < time.Second {
			t.Errorf("%s: got %s after %s, want 200 after a second", name, resp.Status, took)
		}
	}
}
