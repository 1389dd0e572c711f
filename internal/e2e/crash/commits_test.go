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

	away atomic.Bool // the program reaches the server no more
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

// died ends the connections, of a program that is dead or with one that lives on. What
// was stopped before its COMMIT is rolled back by the server, which sees them close.
func (c *commits) died() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trap = nil
	close(c.life)
	c.life = make(chan struct{})
}

// cut ends the connections of a program that lives on, and makes no new ones until mend.
func (c *commits) cut() {
	c.away.Store(true)
	c.died()
}

func (c *commits) mend() { c.away.Store(false) }

func (c *commits) accept() {
	for {
		program, err := c.listen.Accept()
		if err != nil {
			return
		}
		if c.away.Load() {
			_ = program.Close()
			continue
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
	said            said                 // what up has seen
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
		l.said.hear(message, started)
		if trap := l.springs(message); trap != nil && !l.stop(trap) {
			return
		}
		if _, err := l.server.Write(message); err != nil {
			return
		}
	}
}

// stop does what the trap is for; false when the message must not be forwarded.
func (l *link) stop(trap *trap) bool {
	if trap.when == after {
		l.held.Store(trap)
		return true
	}
	trap.here()
	select {
	case <-trap.letGo: // of one that only holds
		return true
	case <-l.life:
		return false
	}
}

func (l *link) springs(message []byte) *trap {
	if l.said.upkeep {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch t := l.trap; {
	case t == nil:
		return nil
	case t.reads && (message[0] != 'B' || !strings.Contains(l.said.last, t.about)):
		return nil
	case t.begins && !strings.HasPrefix(strings.ToLower(query(message)), "begin"):
		return nil
	case !t.reads && !t.begins && (!strings.EqualFold(query(message), "commit") || !strings.Contains(l.said.texts, t.about)):
		return nil
	case !t.springs():
		return nil
	}
	return l.trap
}

// said remembers what a connection's transaction is about.
type said struct {
	named  map[string]string // texts of the prepared statements
	texts  string            // of the transaction's statements
	last   string            // of them
	upkeep bool              // it looks after the program itself: traps pass it over
}

// hear takes in a message of the program's.
func (s *said) hear(message []byte, typed bool) {
	if !typed {
		s.named = map[string]string{}
		return
	}
	text := query(message)
	switch fields := strings.SplitN(string(message[5:]), "\x00", 3); {
	case message[0] == 'P' && len(fields) > 2: // Parse: name and text
		s.named[fields[0]] = fields[1]
		return
	case message[0] == 'B' && len(fields) > 2: // Bind: portal and name
		text = s.named[fields[1]]
	}
	s.last, s.texts = text, s.texts+text+"\n"
	switch {
	case strings.HasPrefix(strings.ToLower(text), "begin"):
		s.upkeep, s.texts = false, ""
	case strings.Contains(text, "instances") || strings.Contains(text, "DELETE FROM replies"):
		s.upkeep = true // the heartbeat, and the answers that are too old
	}
}

// query is the text of a Query message ('Q', the length, text that ends with a zero
// byte); empty for others.
func query(message []byte) string {
	if message[0] != 'Q' {
		return ""
	}
	return strings.TrimRight(string(message[5:]), "\x00; ")
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
			trap.here()
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
