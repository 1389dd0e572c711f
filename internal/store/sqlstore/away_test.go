package sqlstore_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/testkit"
)

// door forwards connections to PostgreSQL until it is shut.
type door struct {
	listener net.Listener
	mu       sync.Mutex
	conns    []net.Conn
}

func openDoor(t *testing.T, to string) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{listener: l}
	t.Cleanup(d.shut)
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				_ = in.Close()
				continue
			}
			d.mu.Lock()
			d.conns = append(d.conns, in, out)
			d.mu.Unlock()
			go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
	return d
}

func (d *door) shut() {
	_ = d.listener.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		_ = c.Close()
	}
}

// A database that is away is told apart from a fault of ours, reading and writing, so
// that callers know to come back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	d := openDoor(t, u.Host)
	u.Host = d.listener.Addr().String()
	s := open(t, u.String())
	d.shut()
	want := fault.New(fault.Internal, "database_away", "")
	// A connection that was kept tells its end once; then a new one is refused.
	for range 20 {
		if _, err = s.FirstWorkspace(t.Context()); errors.Is(err, want) {
			break
		}
	}
	if !errors.Is(err, want) {
		t.Errorf("reading: got %v, want database_away", err)
	}
	err = s.InTx(t.Context(), func(connect.Tx) error { return nil })
	if !errors.Is(err, want) || fault.From(err).RetryAfter == 0 {
		t.Errorf("writing: got %v, want database_away with a time to come back", err)
	}
}
