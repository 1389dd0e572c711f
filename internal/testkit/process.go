package testkit

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startPatience and stopPatience bound what should take milliseconds, on a machine that is busy.
const (
	startPatience = 60 * time.Second
	stopPatience  = 30 * time.Second
)

// Process is a program that runs beside the test. The first three fields are the line of JSON with which
// `patchbay dev --json` says that it is ready.
type Process struct {
	BaseURL     string `json:"base_url"`
	APIKey      string `json:"api_key"`
	WorkspaceID int64  `json:"workspace_id"`

	t      testing.TB
	cmd    *exec.Cmd
	stdout output
	stderr output
	ready  chan struct{} // closed after the first line, or the end of the output
	ended  chan struct{} // closed when the program has ended and err is set
	err    error
}

// Start runs the program at path and returns when it has written its line of JSON. The environment is env
// (KEY=value) and, from our own, only what a program needs to find its files. The program is killed with the
// test, and its log is shown when the test failed.
func Start(t testing.TB, path string, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{t: t, ready: make(chan struct{}), ended: make(chan struct{})}
	p.cmd = exec.Command(path, args...)
	p.cmd.Env = append(inherited("PATH", "HOME", "TMPDIR"), env...)
	p.cmd.SysProcAttr = ownGroupAndDie()
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(p.cleanUp)
	go p.follow(stdout)
	p.awaitReady()
	return p
}

func inherited(names ...string) []string {
	var env []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// follow reads all the program says, then waits for its end: in this order, since Wait closes the pipe.
func (p *Process) follow(stdout io.Reader) {
	reader := bufio.NewReader(stdout)
	line, _ := reader.ReadBytes('\n')
	_, _ = p.stdout.Write(line)
	close(p.ready)
	_, _ = io.Copy(&p.stdout, reader)
	p.err = p.cmd.Wait()
	close(p.ended)
}

func (p *Process) awaitReady() {
	p.t.Helper()
	select {
	case <-p.ready:
	case <-time.After(startPatience):
		p.t.Fatalf("%s: got no line on standard output in %s, want one\n%s", p.cmd, startPatience, p.Log())
	}
	line, _, _ := strings.Cut(p.Stdout(), "\n")
	if err := json.Unmarshal([]byte(line), p); err != nil {
		p.Kill() // its log is complete then
		p.t.Fatalf("%s: got %q on standard output (%v), want one line of JSON\n%s", p.cmd, line, err, p.Log())
	}
}

// Log returns what the program has written to standard error so far.
func (p *Process) Log() string { return p.stderr.String() }

// Stdout returns what the program has written to standard output so far, the first line included.
func (p *Process) Stdout() string { return p.stdout.String() }

// Wait returns when the program has ended: nil after exit code 0, else an *exec.ExitError.
func (p *Process) Wait() error {
	<-p.ended
	return p.err
}

// Kill ends the program and its children with SIGKILL, as a power cut would, and returns when it is gone.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// Stop asks the program to end with SIGTERM and returns what Wait returns. A program that does not end in
// half a minute fails the test and is killed.
func (p *Process) Stop() error {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(stopPatience):
		p.t.Errorf("%s: got no end %s after SIGTERM, want a graceful stop\n%s", p.cmd, stopPatience, p.Log())
		p.Kill()
	}
	return p.err
}

// Freeze stops the program where it stands (SIGSTOP), as a machine does that is suspended: its connections
// stay open, its clock goes on. Thaw lets it go on.
func (p *Process) Freeze() { p.signal(syscall.SIGSTOP) }

// Thaw is the end of Freeze.
func (p *Process) Thaw() { p.signal(syscall.SIGCONT) }

// signal reaches the whole group, unless the program has ended: its number may be another's by then.
func (p *Process) signal(signal syscall.Signal) {
	select {
	case <-p.ended:
	default:
		_ = syscall.Kill(-p.cmd.Process.Pid, signal)
	}
}

func (p *Process) cleanUp() {
	p.Kill()
	if p.t.Failed() {
		p.t.Logf("log of %s:\n%s", p.cmd, p.Log())
	}
}

// output is a buffer that a test may read while the program still writes.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}
