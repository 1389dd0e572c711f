package testkit_test

import (
	"errors"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"patchbay/internal/testkit"
)

// program stands for patchbay: it has a child, says that it is ready, and ends well when it is asked to.
const program = `
trap 'echo stopping >&2; kill -9 $!; exit 0' TERM
sleep 600 &
echo "{\"base_url\":\"$BASE\",\"api_key\":\"key\",\"workspace_id\":7}"
wait`

func start(t *testing.T) *testkit.Process {
	t.Helper()
	return testkit.Start(t, "/bin/sh", []string{"BASE=http://127.0.0.1:1"}, "-c", program)
}

func TestStartReadsTheReadyLine(t *testing.T) {
	t.Parallel()
	p := start(t)
	got := [3]any{p.BaseURL, p.APIKey, p.WorkspaceID}
	if want := [3]any{"http://127.0.0.1:1", "key", int64(7)}; got != want {
		t.Errorf("ready line: got %v, want %v", got, want)
	}
	if got := strings.Count(p.Stdout(), "\n"); got != 1 {
		t.Errorf("lines on standard output: got %d, want 1", got)
	}
}

func TestStopIsGraceful(t *testing.T) {
	t.Parallel()
	p := start(t)
	if err := p.Stop(); err != nil {
		t.Errorf("stop: got %v, want no error", err)
	}
	if got, want := p.Log(), "stopping"; !strings.Contains(got, want) {
		t.Errorf("log: got %q, want it to contain %q", got, want)
	}
}

func TestKillLeavesNothing(t *testing.T) {
	t.Parallel()
	p := start(t)
	p.Kill() // returns only when the child is gone too: it holds the output open
	var exit *exec.ExitError
	if err := p.Wait(); !errors.As(err, &exit) {
		t.Fatalf("wait: got %v, want an *exec.ExitError", err)
	}
	if got := exit.Sys().(syscall.WaitStatus).Signal(); got != syscall.SIGKILL {
		t.Errorf("ended by: got %v, want %v", got, syscall.SIGKILL)
	}
	if got := strings.Contains(p.Log(), "stopping"); got {
		t.Errorf("log says that it stopped in order: got %v, want false", got)
	}
}
