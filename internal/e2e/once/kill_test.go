package once_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// patience bounds what is waited for, on a machine that is busy.
const patience = 60 * time.Second

// program is the real one, over data that stays when it is killed.
type program struct {
	*testkit.Process
	env, args []string
	db        *e2e.Database
	here      place
}

func newProgram(t *testing.T, engine string) *program {
	t.Helper()
	data, addr := t.TempDir(), "127.0.0.1:"+strconv.Itoa(testkit.FreePort(t))
	p := &program{args: []string{"dev", "--json", "--addr", addr, "--data", data}}
	dsn := "sqlite:" + filepath.Join(data, "patchbay.db")
	if engine == "postgres" {
		dsn = testkit.Postgres(t)
		p.env = []string{"PATCHBAY_DATABASE_URL=" + dsn}
	}
	p.start(t)
	p.db = e2e.OpenDatabase(t, dsn)
	p.here = newPlace(t, p.db, p.BaseURL, p.APIKey, "here")
	return p
}

func (p *program) start(t *testing.T) {
	p.Process = testkit.Start(t, testkit.Binary(t), p.env, p.args...)
}

// send sends one request to each creating route, and reads no answer.
func (p *program) send(t *testing.T) {
	t.Helper()
	for _, r := range routes {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.BaseURL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nIdempotency-Key: killed\r\nContent-Length: %d\r\n\r\n%s",
			p.here.of(r), strings.TrimPrefix(p.BaseURL, "http://"), p.APIKey, len(r.body), r.body)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// blocked keeps every request of send from going on at some point of its transaction,
// and returns when all are there, with what lets them go.
type blocked func(t *testing.T, p *program, send func()) (release func())

// deaths are the moments of kill -9, with how the same request is answered afterwards:
// for the first time, or again.
var deaths = []struct {
	name     string
	engines  []string
	until    blocked
	replayed string
}{
	{"before anything is written", []string{"sqlite"}, sqliteLocked, ""},
	{"before the answer is kept", []string{"postgres"}, tablesLocked("replies"), ""},
	{"before the effect", []string{"postgres"}, tablesLocked("sessions", "owners", "apps", "api_keys", "event_counters", "endpoints", "replays"), ""},
	{"after the commit, before the answer", e2e.Engines, committed, "true"},
}

// The program is killed with a request of each route under way, and the same requests are sent
// again: each has had one effect then, and one answer, whose secrets work.
func TestKilledInBetween(t *testing.T) {
	t.Parallel()
	for _, d := range deaths {
		for _, engine := range d.engines {
			t.Run(engine+" "+d.name, func(t *testing.T) {
				t.Parallel()
				p := newProgram(t, engine)
				before := p.db.Dump(t)
				release := d.until(t, p, func() { p.send(t) })
				p.Kill()
				release()
				p.start(t)
				answers := p.sendAgain(t, d.replayed)
				want := map[string]int{}
				for _, r := range routes {
					for table, n := range r.effect {
						want[table] += n
					}
				}
				if diff := cmp.Diff(want, added(before, p.db.Dump(t))); diff != "" {
					t.Errorf("rows added (-want +got):\n%s", diff)
				}
				for _, a := range answers {
					a.works(t, p.BaseURL, p.APIKey)
				}
			})
		}
	}
}

func (p *program) sendAgain(t *testing.T, replayed string) (answers []answer) {
	t.Helper()
	for _, r := range routes {
		second, err := post(p.BaseURL, p.APIKey, p.here.of(r), r.body, "killed")
		if err != nil {
			t.Fatal(err)
		}
		second.want(t, http.StatusCreated, replayed)
		third, err := post(p.BaseURL, p.APIKey, p.here.of(r), r.body, "killed")
		if err != nil {
			t.Fatal(err)
		}
		if third.want(t, http.StatusCreated, "true"); third.body != second.body {
			t.Errorf("%s: got %s, want %s", r.path, third.body, second.body)
		}
		answers = append(answers, second)
	}
	return answers
}

// sqliteLocked keeps the file's write lock, which every transaction takes first. How far
// the requests came cannot be seen; the pause makes it likely that they wait for it.
func sqliteLocked(t *testing.T, p *program, send func()) func() {
	t.Helper()
	conn, err := p.db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec := func(statement string) {
		if _, err := conn.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Errorf("%s: %v", statement, err)
		}
	}
	exec("BEGIN IMMEDIATE")
	send()
	pause(t, 200*time.Millisecond)
	return func() { exec("ROLLBACK"); _ = conn.Close() }
}

// tablesLocked keeps tables from being written.
func tablesLocked(tables ...string) blocked {
	return func(t *testing.T, p *program, send func()) func() {
		t.Helper()
		tx, err := p.db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		release := sync.OnceFunc(func() { _ = tx.Rollback() })
		t.Cleanup(release)
		if _, err := tx.ExecContext(t.Context(), "LOCK TABLE "+strings.Join(tables, ", ")+" IN EXCLUSIVE MODE"); err != nil {
			t.Fatal(err)
		}
		send()
		p.await(t, len(routes), `SELECT count(DISTINCT l.pid) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
			WHERE NOT l.granted AND c.relnamespace = current_schema()::regnamespace`)
		return release
	}
}

// committed waits until all effects are there. The answers are on their way and are
// never read.
func committed(t *testing.T, p *program, send func()) func() {
	t.Helper()
	send()
	p.await(t, len(routes), `SELECT count(*) FROM replies WHERE sealed IS NOT NULL`)
	return func() {}
}

func (p *program) await(t *testing.T, want int, query string) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; pause(t, 5*time.Millisecond) {
		var n int
		if err := p.db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		if n >= want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %d of %d in %s: %s", n, want, patience, query)
		}
	}
}

// pause is time between two looks, or before a kill; never what a test relies on.
func pause(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
