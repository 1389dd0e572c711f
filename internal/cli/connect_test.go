package cli_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConnectExitCodes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		states []string
		args   []string
		want   int
		stderr string
	}{
		"connected":               {[]string{pending, success}, nil, 0, ""},
		"declined, then again":    {[]string{pending, denied, denied, pending, success}, nil, 0, "facebook: User denied permissions (denied)"},
		"declined, fail fast":     {[]string{denied}, []string{"--fail-fast"}, 3, "the person may try again"},
		"failed for good":         {[]string{strings.Replace(denied, "null", `"2026-03-01T09:31:12.480Z"`, 1)}, nil, 3, "not connected: facebook: User denied"},
		"expired":                 {[]string{`"status":"expired","ended_at":"2026-03-01T09:31:12.480Z"`}, nil, 4, "expired before anybody finished"},
		"expired after a failure": {[]string{denied, `"status":"expired","ended_at":"2026-03-01T09:31:12.480Z","reason":"denied"`}, nil, 4, "expired"},
		"canceled":                {[]string{`"status":"canceled","ended_at":"2026-03-01T09:31:12.480Z"`}, nil, 5, "canceled"},
		"a status of the future":  {[]string{`"status":"paused","ended_at":"2026-03-01T09:31:12.480Z"`}, nil, 1, "paused"},
		"usage":                   {nil, []string{"--expires-in", "soon"}, 2, "patchbay connect --help"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, json := range [][]string{nil, {"--json"}} {
				f := newFakeAPI(t, tt.states...)
				got := f.run(t, append(append([]string{"connect"}, tt.args...), json...)...)
				if got.code != tt.want {
					t.Errorf("exit code with %v: got %d, want %d\n%s", json, got.code, tt.want, got.stderr)
				}
				if json == nil || tt.want != 0 {
					wantContains(t, "stderr", got.stderr, tt.stderr)
				}
			}
		})
	}
}

func TestConnectServerErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer http.Handler
		want   int
		stderr []string
	}{
		"key unknown":     {refuse(401, `"code":"unauthenticated","detail":"no"`), 6, []string{"does not accept the API key", "PATCHBAY_API_KEY"}},
		"key lacks scope": {refuse(403, `"code":"forbidden","detail":"The key lacks sessions:write."`), 6, []string{"sessions:write"}},
		"input refused": {
			refuse(422, `"code":"invalid","detail":"platforms names a platform that is not supported, or one twice","errors":[{"field":"platforms","message":"x"}]`),
			2,
			[]string{"platforms names a platform"},
		},
		"two inputs refused": {
			refuse(422, `"code":"invalid","detail":"Some.","errors":[{"field":"a","message":"is bad"},{"field":"b","message":"is worse"}]`),
			2,
			[]string{"a is bad; b is worse"},
		},
		"too often":    {refuse(429, `"code":"rate_limited","detail":"Slow down."`), 1, []string{"Slow down", "try again"}},
		"broken":       {refuse(500, `"code":"internal","detail":"Something went wrong."`), 1, []string{"Something went wrong", "req1"}},
		"an echo":      {refuse(409, `"code":"conflict","detail":"bad `+testKey+`"`), 1, []string{"[secret]"}},
		"another site": {http.NotFoundHandler(), 7, []string{"does not look like Patchbay", "PATCHBAY_URL"}},
		"a redirect":   {http.RedirectHandler("https://real.example/", http.StatusMovedPermanently), 7, []string{"https://real.example/"}},
		"html":         {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }), 7, []string{"does not look like Patchbay"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFakeAPI(t)
			f.handler["POST /v1/sessions"] = tt.answer
			got := f.run(t, "connect", "--json")
			if got.code != tt.want {
				t.Errorf("exit code: got %d, want %d\n%s", got.code, tt.want, got.stderr)
			}
			if got.stdout != "" {
				t.Errorf("stdout: got %q, want nothing", got.stdout)
			}
			wantContains(t, "stderr", got.stderr, append(tt.stderr, "patchbay: ", " — ")...)
			if lines := strings.Count(got.stderr, "\n"); lines != 1 {
				t.Errorf("stderr: got %d lines, want one:\n%s", lines, got.stderr)
			}
		})
	}
}

func TestConnectNoServer(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.Close()
	got := f.run(t, "connect")
	if got.code != 7 {
		t.Errorf("exit code: got %d, want 7", got.code)
	}
	wantContains(t, "stderr", got.stderr, "cannot reach "+f.URL, "nothing listens there", "patchbay dev")
}

func TestConnectServerGoesWhileWaiting(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t, success)
	f.handler["GET /v1/sessions/17"] = refuse(503, `"code":"platform_unavailable","detail":"Stopping."`)
	got := f.run(t, "connect", "--json")
	if got.code != 1 {
		t.Errorf("exit code: got %d, want 1: it does not wait for ever", got.code)
	}
	wantContains(t, "stdout", got.stdout, `"event":"result"`, `"status":"pending"`, `"exit_code":1`)
}

func TestConnectServerComesBack(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t, success)
	asked := 0
	f.handler["GET /v1/sessions/17"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked < 4 {
			refuse(502, `"code":"x"`).ServeHTTP(w, r)
			return
		}
		writeSession(w, success)
	})
	got := f.run(t, "connect")
	if got.code != 0 {
		t.Errorf("exit code: got %d, want 0\n%s", got.code, got.stderr)
	}
	if n := strings.Count(got.stderr, "does not answer"); n != 1 {
		t.Errorf("told that the server does not answer: got %d times, want once", n)
	}
}

func TestConnectInterrupted(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	began := make(chan struct{}, 1)
	f.handler["GET /v1/sessions/17"] = hold(began)
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		<-began
		interrupt()
	}()
	got := f.runOn(t, ctx, terminal{}, "connect", "--json")
	if got.code != 130 {
		t.Errorf("exit code: got %d, want 130", got.code)
	}
	wantContains(t, "stderr", got.stderr, "stopped waiting", "stays open until")
	wantContains(t, "stdout", got.stdout, `"exit_code":130`)
}

func TestConnectTimeout(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	f.handler["GET /v1/sessions/17"] = hold(nil)
	got := f.run(t, "connect", "--timeout", "20ms")
	if got.code != 4 {
		t.Errorf("exit code: got %d, want 4", got.code)
	}
	wantContains(t, "stderr", got.stderr, "nobody finished within 20ms", "stays open until")
}

func TestConnectAsks(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t, success)
	f.run(t, "connect", "--owner", "user_42", "--platform", "facebook", "--platform", "x", "--redirect-url", "https://app.example/done", "--expires-in", "2h")
	want := map[string]any{
		"owner": map[string]any{"external_id": "user_42"}, "platforms": []any{"facebook", "x"},
		"redirect_url": "https://app.example/done", "expires_in": 7200.0,
	}
	if diff := cmp.Diff(want, f.made); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
}

func TestConnectJSON(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t, pending, denied, success)
	got := f.run(t, "connect", "--json")
	lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
	if len(lines) != 2 {
		t.Fatalf("got %d lines, want two:\n%s", len(lines), got.stdout)
	}
	var first, last map[string]any
	for line, into := range map[string]*map[string]any{lines[0]: &first, lines[1]: &last} {
		if err := json.Unmarshal([]byte(line), into); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
	}
	if first["event"] != "link" || first["connect_url"] != link || first["owner"] != "user_42" {
		t.Errorf("first line: got %v", first)
	}
	if last["event"] != "result" || last["status"] != "succeeded" || last["exit_code"] != 0.0 {
		t.Errorf("last line: got %v", last)
	}
	channels, _ := last["channels"].([]any)
	if len(channels) != 2 || channels[0].(map[string]any)["external_id"] != "108204" {
		t.Errorf("channels: got %v, want both with all their members", last["channels"])
	}
	wantContains(t, "last line", lines[1], "Night <Market> & Co")
	if got.stderr != "" {
		t.Errorf("stderr: got %q, want nothing", got.stderr)
	}
}

func TestConnectText(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t, pending, denied, denied, success)
	got := f.run(t, "connect")
	wantContains(t, "stdout", got.stdout, link, "Corner bakery (user_42)", "Connected 2 channels", "5   facebook  page  Corner bakery", "@cornerbakery")
	wantLacks(t, "stdout", got.stdout, "\x1b", "█")
	wantLacks(t, "stderr", got.stderr, "\x1b", "\r")
	if n := strings.Count(got.stderr, "User denied"); n != 1 {
		t.Errorf("the failure was told %d times, want once:\n%s", n, got.stderr)
	}
	wantContains(t, "stderr", got.stderr, "Waiting until", "may try again until")
}

func TestConnectOnTerminal(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t, pending, denied, success)
	got := f.runOn(t, t.Context(), terminal{columns: 100}, "connect", "--no-qr")
	if !strings.HasSuffix(got.stderr, "\r\x1b[K") {
		t.Errorf("stderr: got %q, want the waiting line erased at the end", got.stderr)
	}
	wantContains(t, "stderr", got.stderr, "\x1b[33mNot connected: facebook", "may try again")
	wantContains(t, "stdout", got.stdout, "\x1b[32mConnected 2 channels")
	plain := f.runOn(t, t.Context(), terminal{columns: 100, env: map[string]string{"NO_COLOR": "1"}}, "connect", "--no-qr")
	wantLacks(t, "stdout with NO_COLOR", plain.stdout, "\x1b")
	wantLacks(t, "stderr with NO_COLOR", plain.stderr, "\x1b[3", "\x1b[2")
}
