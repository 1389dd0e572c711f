package rotation_test

import (
	"bytes"
	"database/sql"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"

	"patchbay/internal/lab"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// engines are the two databases.
var engines = []string{"sqlite", "postgres"}

// world is the servers over one database, and what stays when they are killed.
type world struct {
	engine  string
	data    string // the servers' directory, with the key file
	env     []string
	key     *vault.KeyFile
	db      *sql.DB // past the servers
	home    string  // the application's redirect URL
	servers []*server
	apiKey  string
}

func newWorld(t *testing.T, engine string) *world {
	t.Helper()
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "<!doctype html><title>Application</title>")
	}))
	t.Cleanup(app.Close)
	w := &world{engine: engine, data: t.TempDir(), home: app.URL + "/connected", env: []string{"PATCHBAY_RATE_LIMIT=off"}}
	w.key = vault.NewKeyFile(filepath.Join(w.data, "keyset.json"))
	w.database(t)
	for range map[string]int{"sqlite": 1, "postgres": 2}[engine] {
		w.servers = append(w.servers, w.newServer(t))
	}
	w.apiKey = w.servers[0].program.APIKey
	return w
}

func (w *world) database(t *testing.T) {
	t.Helper()
	driver, dsn := "sqlite", "file:"+filepath.Join(w.data, "patchbay.db")+"?_pragma=busy_timeout(10000)&_txlock=immediate"
	if w.engine == "postgres" {
		driver, dsn = "pgx", testkit.Postgres(t)
		// A second for a call makes short leases: who held one may be dead.
		w.env = append(w.env, "PATCHBAY_DATABASE_URL="+dsn, "PATCHBAY_PLATFORM_TIMEOUT=1s")
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
}

// server is a process that is killed and started again, with a Lab of its own that stays.
type server struct {
	w       *world
	args    []string
	url     string
	program *testkit.Process
	life    atomic.Int64 // odd while it is dead or starting
}

func (w *world) newServer(t *testing.T) *server {
	t.Helper()
	platforms := httptest.NewUnstartedServer(nil)
	origin := "http://" + platforms.Listener.Addr().String()
	platforms.Config.Handler = slow(lab.New(lab.Config{BaseURL: origin}).Handler())
	platforms.Start()
	t.Cleanup(platforms.Close)
	s := &server{w: w, args: []string{"dev", "--json", "--addr", "127.0.0.1:" + strconv.Itoa(testkit.FreePort(t)), "--data", w.data, "--lab-url", origin}}
	s.life.Store(1)
	s.start(t)
	return s
}

// slowest is what a call to a platform takes at most.
const slowest = 800 * time.Millisecond

// slow lets an exchange of a code take as long as re-encrypting: what the program carries
// through it must not come back under a key that is out of use.
func slow(platforms http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "token") {
			select {
			case <-time.After(rand.N(slowest)):
			case <-r.Context().Done():
			}
		}
		platforms.ServeHTTP(w, r)
	})
}

func (s *server) start(t *testing.T) {
	t.Helper()
	s.program = testkit.Start(t, testkit.Binary(t), s.w.env, s.args...)
	if s.url == "" { // it stays: the port is given, and requests are under way
		s.url = s.program.BaseURL
	}
	s.life.Add(1)
}

// kill is SIGKILL, and a new start.
func (s *server) kill(t *testing.T) {
	t.Helper()
	s.life.Add(1)
	s.program.Kill()
	s.start(t)
}

// rotation is one run of the command.
type rotation struct {
	cmd   *exec.Cmd
	out   bytes.Buffer // read after it ended
	ended chan struct{}
	err   error
}

// patience bounds what is waited for, on a machine that is busy.
const patience = 60 * time.Second

func (w *world) rotate(t *testing.T, args ...string) *rotation {
	t.Helper()
	r := &rotation{ended: make(chan struct{})}
	args = append([]string{"keys", "rotate", "--data", w.data, "--timeout", patience.String()}, args...)
	if w.engine == "postgres" {
		args = append(args, "--gone-after", "3s") // of killed servers, a few beats after the last
	}
	r.cmd = exec.Command(testkit.Binary(t), args...)
	r.cmd.Env = append(w.env, "PATH="+os.Getenv("PATH"))
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.out
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.ended)
	}()
	t.Cleanup(func() { r.kill() })
	return r
}

// kill tells whether the command was still at work.
func (r *rotation) kill() bool {
	_ = r.cmd.Process.Kill() // does nothing to one that has ended
	<-r.ended
	return r.err != nil
}

// end waits for the command, which must succeed.
func (r *rotation) end(t *testing.T) string {
	t.Helper()
	if <-r.ended; r.err != nil {
		t.Fatalf("keys rotate: %v\n%s", r.err, r.out.String())
	}
	return r.out.String()
}

// pause is time between two looks, or before a kill; never what a test relies on.
func pause(t *testing.T, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
