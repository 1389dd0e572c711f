package crash_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// commits is a proxy before PostgreSQL that can stop a COMMIT: before the server sees
// it, or after the server did it and before the program is told.
// https://www.postgresql.org/docs/15/protocol-message-formats.html
type commits struct {
	server string
	listen net.Listener
	wg     sync.WaitGroup

	mu   sync.Mutex
	trap *trap
	life chan struct{} // closed with the program's death: whoever was stopped goes home
}

// proxyCommits serves until the test ends; dsn is the server's, the answer the proxy's.
func proxyCommits(t testing.TB, dsn string) (*commits, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatalf("PostgreSQL address: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &commits{server: u.Host, listen: l, life: make(chan struct{})}
	c.wg.Go(c.accept)
	t.Cleanup(func() { _ = l.Close(); c.died(); c.wg.Wait() })
	u.Host = l.Addr().String()
	return c, u.String()
}

// set replaces the trap; nil lets all through.
func (c *commits) set(t *trap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trap = t
}

// died ends the connections of a program that is dead. What was stopped before its
// COMMIT is rolled back by the server, which sees the connection close.
func (c *commits) died() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trap = nil
	close(c.life)
	c.life = make(chan struct{})
}

func (c *commits) accept() {
	for {
		program, err := c.listen.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", c.server)
		if err != nil {
			_ = program.Close()
			continue
		}
		c.mu.Lock()
		link := &link{commits: c, program: program, server: server, life: c.life}
		c.mu.Unlock()
		c.wg.Go(link.up)
		c.wg.Go(link.down)
		c.wg.Go(func() { <-link.life; link.close() })
	}
}

// link is one connection of the program.
type link struct {
	*commits
	program, server net.Conn
	life            chan struct{}
	held            atomic.Pointer[trap] // whose answer must not come through
}

func (l *link) close() { _, _ = l.program.Close(), l.server.Close() }

// up forwards what the program says, message by message.
func (l *link) up() {
	defer l.close()
	for started := false; ; started = true {
		message, err := readMessage(l.program, started)
		if err != nil {
			return
		}
		if trap := l.springs(message); trap != nil {
			if trap.when == before {
				close(trap.reached)
				<-l.life
				return
			}
			l.held.Store(trap)
		}
		if _, err := l.server.Write(message); err != nil {
			return
		}
	}
}

func (l *link) springs(message []byte) *trap {
	// Query is 'Q', the length, and text that ends with a zero byte.
	if message[0] != 'Q' || !strings.EqualFold(strings.TrimRight(string(message[5:]), "\x00; "), "commit") {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.trap.springs() {
		return nil
	}
	return l.trap
}

// down forwards what the server says. The program sends nothing more before it has
// the answer to its COMMIT, so what comes first after it is that answer.
func (l *link) down() {
	defer l.close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := l.server.Read(buffer)
		if err != nil {
			return
		}
		if trap := l.held.Load(); trap != nil {
			close(trap.reached)
			<-l.life
			return
		}
		if _, err := l.program.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// readMessage reads a type, a length that counts itself, and the rest. The very first
// message of a connection has no type.
func readMessage(r io.Reader, typed bool) ([]byte, error) {
	head := make([]byte, 4, 5)
	if typed {
		head = head[:5]
	}
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	rest := int64(binary.BigEndian.Uint32(head[len(head)-4:])) - 4
	if rest < 0 || rest > 16<<20 {
		return nil, errors.New("not a message of PostgreSQL's")
	}
	message := append(head, make([]byte, rest)...)
	_, err := io.ReadFull(r, message[len(head):])
	return message, err
}
