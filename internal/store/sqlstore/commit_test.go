package sqlstore_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/testkit"
)

// swallower forwards connections to PostgreSQL. Once armed it passes a COMMIT on, and
// hangs up instead of the answer.
type swallower struct {
	net.Listener
	to    string
	armed atomic.Bool
}

func (s *swallower) serve() {
	for {
		in, err := s.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", s.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		var committed atomic.Bool
		go s.forward(out, in, func(message []byte) bool {
			if bytes.Contains(message, []byte("commit")) && s.armed.CompareAndSwap(true, false) {
				committed.Store(true)
			}
			return true
		})
		go s.forward(in, out, func([]byte) bool { return !committed.Load() })
	}
}

func (s *swallower) forward(to io.WriteCloser, from io.ReadCloser, pass func([]byte) bool) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !pass(buffer[:n]) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// TestCommitWithoutAnAnswer: it was done, nobody was told, and it is not done again.
func TestCommitWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	u, err := url.Parse(testkit.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	proxy := &swallower{Listener: l, to: u.Host}
	go proxy.serve()
	u.Host = l.Addr().String()
	s := open(t, u.String())
	runs := 0
	proxy.armed.Store(true)
	err = s.InTx(t.Context(), func(tx connect.Tx) error {
		runs++
		_, err := tx.InsertWorkspace(context.Background(), connect.Workspace{Name: "once", CreatedAt: time.Now()})
		return err
	})
	if err == nil || runs != 1 {
		t.Errorf("got %v after %d runs, want an error after one", err, runs)
	}
	all, err := s.Workspaces(t.Context(), 0, 9)
	if err != nil || len(all) != 1 {
		t.Errorf("got %d workspaces, %v, want the one", len(all), err)
	}
}
