package crash_test

import (
	"database/sql"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"

	"patchbay/internal/lab"
	"patchbay/internal/testkit"
)

// engines are the two databases.
var engines = []string{"sqlite", "postgres"}

// world is a program that dies and comes back, and what stays meanwhile: the Lab, the
// database, the application that people return to.
type world struct {
	engine  string
	lab     *lab.Lab
	gate    *gate
	commits *commits // nil on SQLite
	home    string   // the application's redirect URL
	url     string   // the program's origin
	db      *sql.DB  // past the program and the proxy; it only reads
	write   string   // the same database's address for change
	visits  []*visit
	onces   []*once // every request with an Idempotency-Key
	apps    []*app  // of the workspace, oldest first

	binary    string
	env, args []string
	program   *testkit.Process
}

func newWorld(t testing.TB, engine string, env ...string) *world {
	t.Helper()
	w := prepare(t, engine, env...)
	w.start(t)
	return w
}

// prepare is newWorld before the program has started.
func prepare(t testing.TB, engine string, env ...string) *world {
	t.Helper()
	w := &world{engine: engine, gate: newGate(), binary: testkit.Binary(t), env: []string{"PATCHBAY_RATE_LIMIT=off"}}
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, "<!doctype html><title>Application</title><h1>Back at the application</h1>")
	}))
	t.Cleanup(app.Close)
	w.home = app.URL + "/connected"

	platforms := httptest.NewUnstartedServer(w.gate)
	origin := "http://" + platforms.Listener.Addr().String()
	w.lab = lab.New(lab.Config{BaseURL: origin})
	w.gate.lab = w.lab.Handler()
	platforms.Start()
	t.Cleanup(platforms.Close)

	data, addr := t.TempDir(), "127.0.0.1:"+strconv.Itoa(steadyPort(t))
	w.args = []string{"dev", "--json", "--addr", addr, "--data", data, "--lab-url", origin}
	w.database(t, filepath.Join(data, "patchbay.db"))
	w.env = append(w.env, env...)
	return w
}

// slowly is the setting for how long a call to a platform may take; 0: the world's own.
func slowly(d time.Duration) []string {
	if d == 0 {
		return nil
	}
	return []string{"PATCHBAY_PLATFORM_TIMEOUT=" + d.String()}
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

// database prepares PostgreSQL, or nothing: SQLite is a file of the program's own.
func (w *world) database(t testing.TB, file string) {
	t.Helper()
	w.write = "file:" + file + "?_pragma=busy_timeout(5000)"
	driver, dsn := "sqlite", w.write+"&_pragma=query_only(1)"
	if w.engine == "postgres" {
		driver, dsn = "pgx", testkit.Postgres(t)
		w.write = dsn
		var proxied string
		w.commits, proxied = proxyCommits(t, dsn)
		// A second for a call makes leases of six: nobody can tell on PostgreSQL that
		// who held one is dead, so they run out.
		w.env = append(w.env, "PATCHBAY_DATABASE_URL="+proxied, "PATCHBAY_PLATFORM_TIMEOUT=1s")
	}
	w.db = open(t, driver, dsn)
}

func open(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// change writes past a program that is dead.
func (w *world) change(t testing.TB, statement string) {
	t.Helper()
	db := open(t, map[string]string{"sqlite": "sqlite", "postgres": "pgx"}[w.engine], w.write)
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func (w *world) start(t testing.TB) {
	t.Helper()
	w.program = testkit.Start(t, w.binary, w.env, w.args...)
	w.url = w.program.BaseURL
}

// kill is SIGKILL. Then whoever was stopped by a trap goes home, and traps are gone.
func (w *world) kill() {
	w.program.Kill()
	w.gate.set(nil)
	if w.commits != nil {
		w.commits.died()
	}
}
