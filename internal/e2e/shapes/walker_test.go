package shapes_test

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// walker is the whole program with one channel, which is led through shape after shape.
// Its loops do not run by themselves: turn does what is due by the clock.
type walker struct {
	*e2e.World
	gate    *gate
	clock   *lab.Clock
	channel int64
	visits  int
	seen    health // when it was last asked for
}

func newWalker(t *testing.T, w way, engine string) *walker {
	t.Helper()
	k := &walker{World: &e2e.World{}, gate: newGate(t, w), clock: lab.NewClock(nil)}
	k.gate.now = k.clock.Now
	handler := http.NewServeMux()
	main := serve(t, handler)
	k.URL = main.URL
	gateServer := serve(t, k.gate)
	t.Cleanup(func() { close(k.gate.done) }) // before the server waits for its connections
	k.LabURL = "http://localhost:" + port(t, gateServer.URL)
	if w.platform.Spec().ID == "bluesky" {
		k.gate.lab = newNetwork()
	}
	k.DSN = "sqlite:" + filepath.Join(t.TempDir(), "patchbay.db")
	if engine == "postgres" {
		k.DSN = testkit.Postgres(t)
	}
	keyset, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	k.App, err = app.New(t.Context(), config.Config{
		PublicURL: k.URL, LabURL: k.LabURL, DataDir: t.TempDir(), DatabaseURL: k.DSN, RefreshRate: 1000, RateLimit: -1, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		PlatformTimeout: 2 * time.Second, Apps: map[string]config.AppCredentials{},
		BlueskyPLC: k.LabURL, BlueskyResolver: k.LabURL, TrustedOrigins: []string{k.LabURL},
	}, app.Options{Log: slog.New(slog.DiscardHandler), Keyset: keyset, Lab: true, Clock: k.clock, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.App.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	handler.Handle("/", k.App.Handler)
	if k.gate.lab == nil {
		k.gate.lab = k.App.LabHandler()
	}
	if k.Workspace, err = k.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: "Harbour Tools"}); err != nil {
		t.Fatal(err)
	}
	k.Key = k.NewKey(t, connect.Key{WorkspaceID: k.Workspace.ID})
	return k
}

func serve(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(func() { s.CloseClientConnections(); s.Close() })
	return s
}

func port(t *testing.T, origin string) string {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// consent connects the channel, or connects it anew.
func (k *walker) consent(t *testing.T) {
	t.Helper()
	k.gate.arm(nil, false)
	p, id := e2e.NewPerson(t), k.gate.platform.Spec().ID
	k.visits++
	p.Address = fmt.Sprintf("203.0.%d.%d", k.visits/256, k.visits%256) // nobody consents that often
	page := p.Open(k.NewNative(t, "owner"))
	page = p.Submit(p.Form(page, "/platform", "platform="+id), url.Values{"platform": {id}})
	switch k.gate.id() {
	case "bluesky/refresh":
		page = p.Submit(p.Form(page, "/platform/bluesky", ""), url.Values{"input": {handle}}) // which consents at once
	case "bluesky/app_password":
		page = p.Open(page.URL.JoinPath("password").String())
		page = p.Submit(p.Form(page, "/password", ""), url.Values{"account": {handle}, "password": {"aaaa-bbbb-cccc-dddd"}})
	case "mastodon/probe":
		page = p.Submit(p.Form(page, "/platform/mastodon", ""), url.Values{"input": {k.gate.app.Server}})
		fallthrough
	default:
		page = p.Submit(p.Form(page, "", "decision=approve"), url.Values{"decision": {"approve"}})
	}
	if ids := e2e.Values(page, "target"); len(ids) > 0 {
		p.Submit(p.Form(page, "/targets", ""), url.Values{"target": ids[:1]})
	}
	channels := k.Channels(t)
	if len(channels) != 1 || k.channel != 0 && channels[0].ID != k.channel {
		t.Fatalf("got the channels %+v, want the one: %s", channels, e2e.Text(page))
	}
	k.channel = channels[0].ID
}
