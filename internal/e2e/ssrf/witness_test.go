package ssrf_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http/httptrace"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"

	"code.dny.dev/ssrf"
)

var dns = newZone()

// sentinels listen where a call to this machine would arrive.
var sentinels []*sentinel

func TestMain(m *testing.M) {
	net.DefaultResolver = dns.resolver() // of this test program: the product's code finds it as the system's
	for _, address := range []string{":443", ":80", "127.0.0.1:0"} {
		if s, err := newSentinel(address); err == nil { // low ports may be reserved; the record of dials stands without them
			sentinels = append(sentinels, s)
		}
	}
	code := m.Run()
	if err := closeOffice(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// sentinel accepts everybody, and nobody may come.
type sentinel struct {
	listener net.Listener
	mu       sync.Mutex
	visitors []string
}

func newSentinel(address string) (*sentinel, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &sentinel{listener: l}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.visitors = append(s.visitors, conn.RemoteAddr().String()+" to "+conn.LocalAddr().String())
			s.mu.Unlock()
			_ = conn.Close()
		}
	}()
	return s, nil
}

// nobodyCame holds the sentinels to it.
func nobodyCame(t testing.TB) {
	t.Helper()
	for _, s := range sentinels {
		s.mu.Lock()
		if len(s.visitors) > 0 {
			t.Errorf("%s was called: %v", s.listener.Addr(), s.visitors)
		}
		s.mu.Unlock()
	}
}

// dials records what became of every connect that a context's calls began.
type dials struct {
	mu      sync.Mutex
	begun   []netip.AddrPort // those that the guard did not refuse
	refused int
	ours    netip.AddrPort // the test's own trusted server
}

// refusals are the guard's. Whatever else comes of a connect, it was begun.
var refusals = []error{ssrf.ErrProhibitedIP, ssrf.ErrProhibitedPort, ssrf.ErrProhibitedNetwork, ssrf.ErrInvalidHostPort}

func (d *dials) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{ConnectDone: func(_, address string, err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		to, parseErr := netip.ParseAddrPort(address)
		switch {
		case parseErr == nil && to == d.ours:
		case slices.ContainsFunc(refusals, func(e error) bool { return errors.Is(err, e) }):
			d.refused++ // before the system was asked to connect
		default:
			d.begun = append(d.begun, to)
		}
	}})
}

// refusal tells whether the guard has refused something by now.
func (d *dials) refusal() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.refused > 0
}

func (d *dials) take() (begun []netip.AddrPort, refused int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	begun, refused = d.begun, d.refused
	d.begun, d.refused = nil, 0
	return begun, refused
}
