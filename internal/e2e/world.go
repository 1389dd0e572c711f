package e2e

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/lab"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// Engines are the two databases that every journey runs on.
var Engines = []string{"sqlite", "postgres"}

// Options shape a world. The zero value is SQLite, the real clock and a discarded log.
type Options struct {
	Engine  string           // "sqlite" (default) or "postgres"
	Now     func() time.Time // the clock of expiry and of the Lab, which POST /lab/clock moves on
	Clock   *lab.Clock       // in place of Now, to share one among worlds; nil: that of Beside, else one over Now
	Log     io.Writer        // debug level
	Change  func(*config.Config)
	Scopes  []connect.Scope // of the key; nil: all
	NoLab   bool            // platforms have no app
	Renamed string          // the workspace's name; empty: "Harbour Tools"
	Beside  *World          // another replica over this one's PostgreSQL, with its key and workspace
	Still   bool            // requests are answered, and no loop runs beside them: the test does their work
}

// World is a running program with what a test needs to use it.
type World struct {
	App       *app.App
	URL       string // the application's origin, http://127.0.0.1:A
	LabURL    string // the Lab's, http://localhost:B
	Receiver  *Receiver
	Key       string // an API key
	Workspace connect.Workspace
	Keyset    []byte
	DSN       string
}

// Start runs the program in this process until the test ends.
func Start(t testing.TB, opt Options) *World {
	t.Helper()
	main, labListener := listen(t), listen(t)
	w := &World{URL: "http://" + main.Addr().String(), LabURL: localhost(labListener), Receiver: newReceiver(t)}
	w.openData(t, opt)
	cfg := config.Config{
		PublicURL: w.URL, LabURL: w.LabURL, DataDir: t.TempDir(), DatabaseURL: w.DSN,
		PlatformTimeout: 20 * time.Second, RefreshRate: 100_000, Apps: map[string]config.AppCredentials{},
	}
	if opt.Change != nil {
		opt.Change(&cfg)
	}
	var err error
	w.App, err = app.New(t.Context(), cfg, app.Options{Log: logger(opt.Log), Keyset: w.Keyset, Lab: !opt.NoLab, Now: opt.Now, Clock: opt.clock(), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	w.serve(t, main, labListener, opt)
	if opt.Beside == nil {
		w.makeKey(t, opt)
	}
	return w
}

// clock is the one given, or that of the replica beside which this one runs.
func (o Options) clock() *lab.Clock {
	if o.Clock == nil && o.Now == nil && o.Beside != nil && o.Beside.App.Lab != nil {
		return o.Beside.App.Lab.Clock()
	}
	return o.Clock
}

// openData gives the world a database and keys of its own, or those of the replica
// beside which it runs.
func (w *World) openData(t testing.TB, opt Options) {
	t.Helper()
	if first := opt.Beside; first != nil {
		w.DSN, w.Keyset, w.Key, w.Workspace = first.DSN, first.Keyset, first.Key, first.Workspace
		return
	}
	keyset, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	w.Keyset, w.DSN = keyset, databaseFor(t, opt.Engine)
}

func (w *World) serve(t testing.TB, main, labListener net.Listener, opt Options) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, done := make(chan struct{}), make(chan struct{})
	listeners := []app.Listener{{Listen: main, Handler: w.App.Handler}}
	if !opt.NoLab {
		listeners = append(listeners, app.Listener{Listen: labListener, Handler: w.App.LabHandler()})
	}
	if opt.Still {
		stop()
		w.serveStill(t, listeners)
		return
	}
	go func() {
		defer close(done)
		if err := w.App.Serve(ctx, func() { close(ready) }, listeners...); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	<-ready
	t.Cleanup(func() {
		stop()
		<-done
		if err := w.App.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

func (w *World) makeKey(t testing.TB, opt Options) {
	t.Helper()
	name := "Harbour Tools"
	if opt.Renamed != "" {
		name = opt.Renamed
	}
	workspace, err := w.App.Service.CreateWorkspace(t.Context(), connect.Workspace{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	w.Workspace = workspace
	w.Key = w.NewKey(t, connect.Key{WorkspaceID: workspace.ID, Scopes: opt.Scopes})
}

// NewKey makes a key; nil scopes are all of them.
func (w *World) NewKey(t testing.TB, k connect.Key) string {
	t.Helper()
	if k.Scopes == nil {
		k.Scopes = connect.Scopes()
	}
	_, raw, err := w.App.Service.CreateKey(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	return raw.Reveal()
}

func logger(out io.Writer) *slog.Logger {
	if out == nil {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func databaseFor(t testing.TB, engine string) string {
	if engine == "postgres" {
		return testkit.Postgres(t)
	}
	return "sqlite:" + filepath.Join(t.TempDir(), "patchbay.db")
}

func listen(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func localhost(l net.Listener) string {
	return "http://localhost:" + strings.TrimPrefix(l.Addr().String(), "127.0.0.1:")
}

// Receiver is the application to which people return: it keeps what arrived.
type Receiver struct {
	URL string // http://127.0.0.1:C/callback

	mu       sync.Mutex
	arrivals []string // path and query, as they came
}

func newReceiver(t testing.TB) *Receiver {
	r := &Receiver{}
	l := listen(t)
	r.URL = "http://" + l.Addr().String() + "/callback"
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/callback" {
			http.NotFound(w, req)
			return
		}
		r.mu.Lock()
		r.arrivals = append(r.arrivals, req.URL.RequestURI())
		r.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<!doctype html><html lang=en><link rel=icon href=data:,><title>Application</title><main><h1>Back at the application</h1></main>")
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return r
}

// Arrivals lists the path and query of everything that came back so far.
func (r *Receiver) Arrivals() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.arrivals...)
}
