package app_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/vault"
	"patchbay/internal/webhook"
)

// TestWhatAKilledProcessHeldIsSentAtOnce: a process that starts over a SQLite file gives
// back what the one before it was sending, and sends it without waiting for its lease. What
// happens while it serves goes out by itself.
func TestWhatAKilledProcessHeldIsSentAtOnce(t *testing.T) {
	t.Parallel()
	got := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r.Header.Get("webhook-id")
	}))
	t.Cleanup(receiver.Close)
	a, l := devApp(t)
	ctx := t.Context()
	space, err := a.Service.CreateWorkspace(ctx, connect.Workspace{Name: "w"})
	check(t, err)
	caller := connect.Caller{WorkspaceID: space.ID, Scopes: connect.WorkspaceScopes()}
	made, err := a.Webhooks.CreateEndpoint(ctx, caller, webhook.NewEndpoint{URL: receiver.URL}, connect.Once[webhook.CreatedEndpoint]{})
	check(t, err)
	happen := func() {
		_, err := a.Service.CreateSession(ctx, caller, connect.NewSession{Origin: connect.OriginNative}, connect.Once[connect.CreatedSession]{})
		check(t, err)
	}
	happen()
	claims, _, _, err := a.Webhooks.ClaimDue(ctx, made.ID, 9) // and dies
	check(t, err)
	if len(claims) != 1 {
		t.Fatalf("got %d claims, want 1", len(claims))
	}
	serveUntilDone(t, a, l)
	await(t, got, "evt_1_1")
	happen()
	await(t, got, "evt_1_2")
}

func await(t *testing.T, got <-chan string, want string) {
	t.Helper()
	select {
	case id := <-got:
		if id != want {
			t.Errorf("got %s, want %s", id, want)
		}
	case <-time.After(patience):
		t.Fatalf("%s did not come", want)
	}
}

func devApp(t *testing.T) (*app.App, net.Listener) {
	t.Helper()
	keyset, err := vault.NewKeyset()
	check(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	cfg := config.Config{PublicURL: "http://" + l.Addr().String(), DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "p.db"), PlatformTimeout: time.Second}
	a, err := app.New(t.Context(), cfg, app.Options{Log: slog.New(slog.DiscardHandler), Keyset: keyset, Lab: true, Version: "test"})
	check(t, err)
	return a, l
}

func serveUntilDone(t *testing.T, a *app.App, l net.Listener) {
	t.Helper()
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
		check(t, a.Close())
	})
}

// TestOnlyDevCallsThisMachine: elsewhere a receiver on loopback is refused.
func TestOnlyDevCallsThisMachine(t *testing.T) {
	t.Parallel()
	s := serve(t, app.Limits{})
	for address, want := range map[string]int{"http://127.0.0.1:9/": http.StatusUnprocessableEntity, "https://receiver.example/": http.StatusCreated} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/v1/endpoints", strings.NewReader(`{"url":"`+address+`"}`))
		check(t, err)
		req.Header.Set("Authorization", "Bearer "+s.key)
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		check(t, err)
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s: got %s, want %d", address, resp.Status, want)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
