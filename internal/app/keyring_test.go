package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// logged is a log that a test may read while the program writes.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) count(what string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), what)
}

// watched is a program that serves with a key file.
type watched struct {
	t    *testing.T
	cfg  config.Config
	file *vault.KeyFile
	log  *logged
	stop func()
}

func serveWithKeyFile(t *testing.T) *watched {
	t.Helper()
	dir := t.TempDir()
	w := &watched{t: t, file: vault.NewKeyFile(filepath.Join(dir, "keyset.json")), log: &logged{}}
	if _, err := w.file.Make(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.cfg = config.Config{PublicURL: "http://" + l.Addr().String(), DatabaseURL: "sqlite:" + filepath.Join(dir, "p.db"), PlatformTimeout: time.Second}
	a, err := app.New(t.Context(), w.cfg, app.Options{Log: slog.New(slog.NewTextHandler(w.log, nil)), Keys: w.file.Text})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		if err := a.Serve(ctx, func() { close(ready) }, app.Listener{Listen: l, Handler: a.Handler}); err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	<-ready
	w.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

func (w *watched) instances() []connect.Instance {
	w.t.Helper()
	status, err := app.KeyStatus(context.WithoutCancel(w.t.Context()), w.cfg, w.file)
	if err != nil {
		w.t.Fatal(err)
	}
	return status.Instances
}

// becomes waits until it is so.
func (w *watched) becomes(what string, so func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !so(); {
		if time.Now().After(deadline) {
			w.t.Fatalf("%s: not so after %s", what, patience)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-w.t.Context().Done():
		}
	}
}

func (w *watched) row(keys []vault.KeyID, primary vault.KeyID) func() bool {
	return func() bool {
		list := w.instances()
		return len(list) == 1 && list[0].Primary == primary && slices.Equal(list[0].Keys, keys)
	}
}

func TestAServerFollowsItsKeyFileAndSaysSo(t *testing.T) {
	t.Parallel()
	w := serveWithKeyFile(t)
	set, err := w.file.Keyset()
	if err != nil {
		t.Fatal(err)
	}
	first := set.Primary()
	w.becomes("one row with the first key", w.row([]vault.KeyID{first}, first))

	set, next, err := set.Add()
	if err != nil {
		t.Fatal(err)
	}
	w.replace(set)
	w.becomes("it holds the added key and seals with the first", w.row([]vault.KeyID{first, next}, first))
	if set, err = set.Promote(next); err != nil {
		t.Fatal(err)
	}
	w.replace(set)
	w.becomes("it seals with the promoted key", w.row([]vault.KeyID{first, next}, next))
	w.stop()
	if left := w.instances(); len(left) != 0 {
		t.Errorf("after an orderly stop: got %+v, want no row", left)
	}
}

func (w *watched) replace(set vault.Keyset) {
	w.t.Helper()
	if err := w.file.Replace(set); err != nil {
		w.t.Fatal(err)
	}
}

func TestABadKeyFileIsToldOnce(t *testing.T) {
	t.Parallel()
	w := serveWithKeyFile(t)
	good, err := w.file.Text()
	if err != nil {
		t.Fatal(err)
	}
	write := func(text []byte) {
		if err := os.WriteFile(w.file.Path(), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const bad, mended = "the key file cannot be used", "can be used again"
	write(good[:len(good)/2])
	w.becomes("the truncated file is told", func() bool { return w.log.count(bad) == 1 })
	other, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	write(other)
	w.becomes("a file of other keys is told", func() bool { return w.log.count("none of the keys in use") == 1 })
	write(good)
	w.becomes("that it is well again is told", func() bool { return w.log.count(mended) == 1 })
	if got := w.log.count(bad); got != 2 {
		t.Errorf("got %d warnings, want one for each kind", got)
	}
}
