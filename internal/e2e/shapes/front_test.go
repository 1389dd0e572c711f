package shapes_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// front is a server that answers what the path begins with: "/<shape>/…".
type front struct {
	url    string
	shapes map[string]shape
	answer answer
	done   chan struct{}

	mu    sync.Mutex
	calls map[string][]string // by shape: "POST /oauth/token"
}

func newFront(t *testing.T, a answer, shapes ...shape) *front {
	t.Helper()
	f := &front{shapes: map[string]shape{}, answer: a, done: make(chan struct{}), calls: map[string][]string{}}
	for _, s := range shapes {
		f.shapes[s.name] = s
	}
	f.url = accept(t, f.done, f.serve)
	return f
}

// accept runs a server of bare connections until the test ends.
func accept(t *testing.T, done chan struct{}, serve func(net.Conn)) (origin string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open.Go(func() { serve(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); close(done); open.Wait() })
	return "http://" + l.Addr().String()
}

func (f *front) serve(c net.Conn) {
	defer c.Close()
	req, err := http.ReadRequest(bufio.NewReader(c))
	if err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	s := f.shapes[name]
	if f.count(name, req.Method+" /"+rest) == 1 && s.first != nil {
		s = *s.first
	}
	a := f.answer
	a.self = f.url + "/" + name
	s.send(c, a, f.done)
}

func (f *front) count(name, call string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[name] = append(f.calls[name], call)
	return len(f.calls[name])
}

func (f *front) counted(name string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls[name])
}

// base is where the platform's origins lead for a shape.
func (f *front) base(t *testing.T, s shape) string {
	t.Helper()
	switch s.name {
	case "refused":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return "http://" + l.Addr().String()
	case "reset-before":
		return accept(t, make(chan struct{}), reset)
	}
	return f.url + "/" + s.name
}
