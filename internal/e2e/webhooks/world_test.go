package webhooks_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/lab"
	"patchbay/internal/testkit"
)

// patience bounds what should take a moment, on a machine that is busy.
const patience = 2 * time.Minute

// world is a program that dies and comes back, with workspaces that have channels, and
// the receivers that hear of them.
type world struct {
	engine string
	farm   *farm
	spaces []*space
	db     *e2e.Database // past the program
	deaths []death

	binary    string
	env, args []string
	program   *testkit.Process
}

// space is a workspace. One has at most a hundred endpoints.
type space struct {
	id, since int64 // since: the last event before the endpoints were made
	key       string
	channels  []*channel
	endpoints []*endpoint
}

// endpoint is a receiver as the program knows it.
type endpoint struct {
	*receiver
	id int64
}

// channel is one that is paused and resumed. Each time is an event.
type channel struct {
	id        int64
	lifecycle string // empty: the program died on the last request
	told      int    // requests that changed it and were answered
	untold    int    // requests to which there was no answer
}

// death is one SIGKILL.
type death struct {
	At   time.Time // before it
	Over time.Time // when nothing that it had sent was on its way any more
}

const ofOneSpace = 100 // endpoints

func newWorld(t *testing.T, engine string, receivers, channels int, seed uint64) *world {
	t.Helper()
	w := &world{engine: engine, farm: newFarm(t, receivers, seed), binary: testkit.Binary(t)}
	platforms := httptest.NewUnstartedServer(nil)
	labOrigin := "http://" + platforms.Listener.Addr().String()
	l := lab.New(lab.Config{BaseURL: labOrigin})
	platforms.Config.Handler = l.Handler()
	platforms.Start()
	t.Cleanup(platforms.Close)

	data, addr := t.TempDir(), "127.0.0.1:"+strconv.Itoa(steadyPort(t))
	w.args = []string{"dev", "--json", "--addr", addr, "--data", data, "--lab-url", labOrigin}
	w.env = []string{
		"PATCHBAY_RATE_LIMIT=off", "PATCHBAY_TRUSTED_ORIGINS=" + labOrigin,
		"PATCHBAY_CUSTOM_PLATFORMS=" + e2e.DescribeOpen(t, l, labOrigin, "http://"+addr),
	}
	dsn := "sqlite:" + filepath.Join(data, "patchbay.db")
	if engine == "postgres" {
		dsn = testkit.Postgres(t)
		w.env = append(w.env, "PATCHBAY_DATABASE_URL="+dsn)
	}
	w.start(t)
	w.db = e2e.OpenDatabase(t, dsn)
	w.settleIn(t, channels)
	return w
}

// steadyPort is one that nobody takes while the program is dead: below the range from
// which systems take the ports of connections.
func steadyPort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 10000 + rand.IntN(20000)
		if l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port)); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("got no free port in 100 tries")
	return 0
}

func (w *world) start(t testing.TB) {
	t.Helper()
	w.program = testkit.Start(t, w.binary, w.env, w.args...)
}

// twin is a second replica over the same database, which sends too.
func (w *world) twin(t testing.TB) {
	t.Helper()
	args := slices.Clone(w.args)
	args[slices.Index(args, "--addr")+1] = "127.0.0.1:" + strconv.Itoa(steadyPort(t))
	testkit.Start(t, w.binary, w.env, args...)
}

// settleIn makes workspaces with their channels, then the endpoints.
func (w *world) settleIn(t testing.TB, channels int) {
	t.Helper()
	n := (len(w.farm.receivers) + ofOneSpace - 1) / ofOneSpace
	for i := range n {
		s := &space{id: w.program.WorkspaceID, key: w.program.APIKey}
		if i > 0 {
			made := struct {
				ID  int64
				Key string
			}{}
			w.call(t, s.key, http.MethodPost, "/v1/workspaces", map[string]string{"name": "Workspace " + strconv.Itoa(i+1)}, &made)
			s.id, s.key = made.ID, made.Key
		}
		front := &e2e.World{URL: w.program.BaseURL, Key: s.key}
		for j := range channels / n {
			id := front.ConnectOpen(t, "stable", fmt.Sprintf("crowd-%d", i*channels/n+j))
			s.channels = append(s.channels, &channel{id: id, lifecycle: "active"})
		}
		events := w.events(t, s)
		s.since = events[len(events)-1].Number
		w.spaces = append(w.spaces, s)
	}
	for i, r := range w.farm.receivers {
		s := w.spaces[i%n]
		var made struct {
			ID     int64
			Secret string
		}
		w.call(t, s.key, http.MethodPost, "/v1/endpoints", map[string]string{"url": r.url, "description": r.kind}, &made)
		r.tell(t, made.Secret)
		s.endpoints = append(s.endpoints, &endpoint{r, made.ID})
	}
}

// kill is SIGKILL. When all that the dead one had sent has arrived it is over. giveBack
// ends what it held: on PostgreSQL nobody can tell that it is dead, and leases would have
// to run out.
func (w *world) kill(t testing.TB, giveBack bool) {
	t.Helper()
	d := death{At: time.Now()}
	w.program.Kill()
	w.farm.settle(t)
	if giveBack && w.engine == "postgres" {
		if _, err := w.db.ExecContext(t.Context(), `UPDATE deliveries SET lease_until = NULL WHERE lease_until IS NOT NULL`); err != nil {
			t.Fatal(err)
		}
	}
	d.Over = time.Now()
	w.deaths = append(w.deaths, d)
}
