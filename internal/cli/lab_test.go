package cli_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/cli"
)

// lab is `patchbay lab --json` until stop, which answers its exit code.
func startLab(t *testing.T, args ...string) (origin string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	code := make(chan int, 1)
	go func() {
		defer in.Close()
		code <- cli.Run(ctx, append([]string{"lab", "--json", "--addr", "127.0.0.1:0"}, args...), cli.World{
			Getenv: func(string) string { return "" }, Stdin: strings.NewReader(""), Stdout: in, Stderr: io.Discard,
		})
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var told struct {
		URL string `json:"lab_url"`
	}
	if err != nil || json.Unmarshal(line, &told) != nil {
		t.Fatalf("got %q and %v, want one line of JSON", line, err)
	}
	return told.URL, func() int { cancel(); return <-code }
}

func call(t *testing.T, method, address, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func TestLabAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "lab.json")
	origin, stop := startLab(t, "--file", file)
	if status, page := call(t, http.MethodGet, origin, ""); status != http.StatusOK || !strings.Contains(page, "Platforms to practise on") {
		t.Errorf("got %d %.100s at the root, want the Lab's own page", status, page)
	}
	if status, now := call(t, http.MethodPost, origin+"/lab/clock", `{"advance_s":3600}`); status != http.StatusOK || !strings.Contains(now, `"advanced_s":3600`) {
		t.Errorf("got %d %s, want the clock moved", status, now)
	}
	if code := stop(); code != 0 {
		t.Errorf("got exit %d when told to stop, want 0", code)
	}
	origin, stop = startLab(t, "--file", file)
	if _, now := call(t, http.MethodGet, origin+"/lab/clock", ""); !strings.Contains(now, `"advanced_s":3600`) {
		t.Errorf("got %s after a restart, want the clock where it was", now)
	}
	stop()
}

func TestLabSaysHowToUseIt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got := runIn(t, ctx, terminal{}, "lab", "--addr", "127.0.0.1:0")
	if got.code != 0 {
		t.Errorf("got exit %d, want 0", got.code)
	}
	wantContains(t, "stdout", got.stdout, "The Lab is ready at http://127.0.0.1:", "patchbay dev --lab-url http://127.0.0.1:")
}

func TestLabThatCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	broken := filepath.Join(t.TempDir(), "lab.json")
	if err := os.WriteFile(broken, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		"choose another address": {"--addr", taken.Addr().String()},
		"remove the file":        {"--addr", "127.0.0.1:0", "--file", broken},
	} {
		got := runIn(t, t.Context(), terminal{}, append([]string{"lab"}, args...)...)
		if got.code != 1 || got.stdout != "" {
			t.Errorf("%v: got exit %d and %q, want 1 and nothing", args, got.code, got.stdout)
		}
		wantContains(t, "stderr", got.stderr, want)
	}
}
