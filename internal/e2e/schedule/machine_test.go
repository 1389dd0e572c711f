package schedule_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// machine runs the built program, which dies and comes back.
type machine struct {
	*receiver
	open *connections

	dsn, binary string
	env, args   []string
	program     *testkit.Process
	db          *e2e.Database // past the program
	workspace   int64
	deaths      int
	pages       []int64
	paused      map[int64]bool
	seeded      [2]int64 // first and last event
}

func newMachine(t *testing.T, engine string) *machine {
	t.Helper()
	m := &machine{binary: testkit.Binary(t), env: []string{"PATCHBAY_RATE_LIMIT=off"}, open: &connections{}, paused: map[int64]bool{}}
	data := t.TempDir()
	m.args, m.dsn = []string{"dev", "--json", "--addr", "127.0.0.1:0", "--data", data}, "sqlite:"+filepath.Join(data, "patchbay.db")
	if engine == "postgres" {
		m.dsn = testkit.Postgres(t)
		m.env = append(m.env, "PATCHBAY_DATABASE_URL="+m.dsn)
	}
	m.listen(t)
	m.start(t)
	m.workspace = m.program.WorkspaceID
	m.db = e2e.OpenDatabase(t, m.dsn)
	return m
}

// listen keeps the ids of what comes.
func (m *machine) listen(t *testing.T) {
	m.receiver = &receiver{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.got = append(m.got, message{header: r.Header})
	}))
	server.Config.ConnState = m.open.changed
	server.Start()
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	m.url = server.URL + "/hook"
}

func (m *machine) start(t testing.TB) {
	t.Helper()
	m.program = testkit.Start(t, m.binary, m.env, m.args...)
}

// die is SIGKILL. When all that the dead one had sent has arrived, what it held is given
// back: on PostgreSQL nobody can tell that it is dead, and leases would have to run out.
func (m *machine) die(t testing.TB) {
	t.Helper()
	m.program.Kill()
	m.deaths++
	for since := time.Now(); m.open.count() > 0; m.pause(t) {
		if time.Since(since) > stuck {
			t.Fatalf("%d connections of a dead program are open after %s", m.open.count(), stuck)
		}
	}
	if m.db.Engine == "postgres" {
		_, err := m.db.ExecContext(t.Context(), "UPDATE deliveries SET lease_until = NULL WHERE lease_until IS NOT NULL")
		must(t, err)
	}
}

// settleIn writes what happened before anybody listened, then makes the endpoint.
func (k *killed) settleIn(t *testing.T) {
	t.Helper()
	k.program.Kill()
	k.write(t, func(tx connect.Tx) (err error) {
		k.pages, err = savePages(t, tx, k.workspace, 12, time.Now())
		return err
	})
	first := k.number(t, "SELECT last_number FROM event_counters WHERE workspace_id = $1", k.workspace) + 1
	for left := *events + 8; left > 0; left -= 500 {
		k.write(t, func(tx connect.Tx) error {
			for i := range min(left, 500) {
				page := k.pages[(left+i+k.dice.IntN(3))%len(k.pages)]
				tx.Emit(connect.Event{WorkspaceID: k.workspace, Type: connect.EventChannelError, ChannelID: page, Cause: connect.CausePlatform, At: time.Now()})
			}
			return nil
		})
	}
	k.seeded = [2]int64{first, first + int64(*events) + 7}
	k.start(t)
	k.call(t, http.MethodPost, "/v1/endpoints", map[string]any{"url": k.url, "types": []string{"channel.*"}}).Into(t, http.StatusCreated, &k.endpoint)
}

func (m *machine) write(t testing.TB, fn func(tx connect.Tx) error) {
	t.Helper()
	write(t, m.dsn, fn)
}

func (m *machine) call(t testing.TB, method, path string, body any) e2e.Answer {
	t.Helper()
	front := &e2e.World{URL: m.program.BaseURL, Key: m.program.APIKey}
	return front.Call(t, method, path, body)
}

// reached is the last event that a replay has looked at.
func (m *machine) reached(t testing.TB, replay int64) int64 {
	t.Helper()
	return m.number(t, "SELECT reached FROM replays WHERE id = $1", replay)
}

func (m *machine) number(t testing.TB, query string, args ...any) (n int64) {
	t.Helper()
	must(t, m.db.QueryRowContext(t.Context(), query, args...).Scan(&n))
	return n
}

// pause is time between two looks; never what a test relies on.
func (m *machine) pause(t testing.TB) {
	select {
	case <-time.After(2 * time.Millisecond):
	case <-t.Context().Done():
	}
}

// connections counts those of a server that are open.
type connections struct {
	mu   sync.Mutex
	open int
}

func (c *connections) changed(_ net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew:
		c.open++
	case http.StateClosed, http.StateHijacked:
		c.open--
	}
}

func (c *connections) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.open
}
