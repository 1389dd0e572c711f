package serve_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// patience bounds what should take milliseconds, on a machine that is busy.
const patience = 60 * time.Second

// box is a machine with a server's settings: a data directory, a key, an address.
type box struct {
	t    testing.TB
	dir  string
	url  string
	env  []string
	data string
}

// newBox has a SQLite database in its data directory, or the PostgreSQL of a DSN.
func newBox(t testing.TB, engine string) *box {
	t.Helper()
	dir := t.TempDir()
	b := &box{t: t, dir: dir, data: filepath.Join(dir, "data")}
	address := fmt.Sprintf("127.0.0.1:%d", testkit.FreePort(t))
	b.url = "http://" + address
	b.set("PATCHBAY_PUBLIC_URL", b.url)
	b.set("PATCHBAY_LISTEN", address)
	b.set("PATCHBAY_DATA", b.data)
	b.set("PATCHBAY_KEY_FILE", b.newKey("keyset.json"))
	if engine == "postgres" {
		b.set("PATCHBAY_DATABASE_URL", testkit.Postgres(t))
	}
	return b
}

// set replaces a setting; an empty value takes it away.
func (b *box) set(name, value string) *box {
	kept := b.env[:0:0]
	for _, pair := range b.env {
		if !strings.HasPrefix(pair, name+"=") {
			kept = append(kept, pair)
		}
	}
	b.env = kept
	if value != "" {
		b.env = append(b.env, name+"="+value)
	}
	return b
}

func (b *box) newKey(name string) string {
	b.t.Helper()
	keyset, err := vault.NewKeyset()
	if err != nil {
		b.t.Fatal(err)
	}
	return b.write(name, string(keyset))
}

func (b *box) write(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func (b *box) database() string { return filepath.Join(b.data, "patchbay.db") }

// outcome is what a command came to.
type outcome struct {
	code           int
	stdout, stderr string
}

func (b *box) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, testkit.Binary(b.t), args...)
	cmd.Env, cmd.Dir = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + b.dir}, b.env...), b.dir
	return cmd
}

// run runs a command to its end.
func (b *box) run(args ...string) outcome {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), patience)
	defer cancel()
	cmd := b.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatalf("%v: %v", args, err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

// must runs a command that must end with code 0.
func (b *box) must(args ...string) outcome {
	b.t.Helper()
	got := b.run(args...)
	if got.code != 0 {
		b.t.Fatalf("%v: got exit code %d, want 0\n%s%s", args, got.code, got.stdout, got.stderr)
	}
	return got
}

// refuses runs a command that must end with the code and say all of the words.
func (b *box) refuses(code int, args []string, words ...string) {
	b.t.Helper()
	got := b.run(args...)
	if got.code != code {
		b.t.Errorf("%v: got exit code %d, want %d\n%s%s", args, got.code, code, got.stdout, got.stderr)
	}
	said := strings.Join(strings.Fields(got.stdout+got.stderr), " ")
	for _, word := range words {
		if !strings.Contains(said, word) {
			b.t.Errorf("%v: got %q, want %q in it", args, said, word)
		}
	}
}

// apiKey makes a workspace and its key.
func (b *box) apiKey() string {
	b.t.Helper()
	var made struct {
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal([]byte(b.must("keys", "bootstrap", "--name", "Harbour Tools", "--json").stdout), &made); err != nil || made.APIKey == "" {
		b.t.Fatalf("bootstrap: no key (%v)", err)
	}
	return made.APIKey
}

// served is a running server.
type served struct {
	b     *box
	cmd   *exec.Cmd
	first map[string]any // its line that says that it serves
	done  chan struct{}

	mu  sync.Mutex
	log []string
}

// serve starts the server and returns when it serves.
func (b *box) serve(args ...string) *served {
	b.t.Helper()
	s := &served{b: b, cmd: b.command(context.WithoutCancel(b.t.Context()), append([]string{"serve"}, args...)...), done: make(chan struct{})}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = s.cmd.Process.Kill(); <-s.done })
	serving := make(chan struct{})
	go s.follow(stderr, serving)
	select {
	case <-serving:
	case <-s.done:
		b.t.Fatalf("serve ended instead of serving:\n%s", s.said())
	case <-time.After(patience):
		b.t.Fatalf("serve does not serve:\n%s", s.said())
	}
	return s
}

func (s *served) follow(stderr io.Reader, serving chan<- struct{}) {
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		s.mu.Lock()
		s.log = append(s.log, lines.Text())
		s.mu.Unlock()
		var line map[string]any
		if s.first == nil && json.Unmarshal(lines.Bytes(), &line) == nil && line["msg"] == "serving" {
			s.first = line
			close(serving)
		}
	}
	_ = s.cmd.Wait()
	close(s.done)
}

func (s *served) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.log, "\n")
}

// stop asks it to end and answers its exit code.
func (s *served) stop() int {
	s.b.t.Helper()
	return s.stopBy(syscall.SIGTERM)
}

func (s *served) stopBy(signal syscall.Signal) int {
	s.b.t.Helper()
	if err := s.cmd.Process.Signal(signal); err != nil {
		s.b.t.Fatal(err)
	}
	select {
	case <-s.done:
	case <-time.After(patience):
		s.b.t.Fatalf("no end after %s:\n%s", signal, s.said())
	}
	return s.cmd.ProcessState.ExitCode()
}

// ask calls the server. The test goes on when nobody answers: status 0.
func (b *box) ask(method, path, key, body string) (status int, answer []byte) {
	return b.askIn(b.t.Context(), method, path, key, body)
}

func (b *box) askIn(ctx context.Context, method, path, key, body string) (status int, answer []byte) {
	req, err := http.NewRequestWithContext(ctx, method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Error(err)
		return 0, nil
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil
	}
	defer resp.Body.Close()
	answer, _ = io.ReadAll(resp.Body)
	return resp.StatusCode, answer
}
