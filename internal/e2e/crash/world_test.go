package crash_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"testing"

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
	db      *sql.DB  // past the program and the proxy

	binary    string
	env, args []string
	program   *testkit.Process
}

func newWorld(t testing.TB, engine string, env ...string) *world {
	t.Helper()
	w := &world{engine: engine, gate: newGate(), binary: testkit.Binary(t)}
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

	data, addr := t.TempDir(), "127.0.0.1:"+strconv.Itoa(testkit.FreePort(t))
	w.args = []string{"dev", "--json", "--addr", addr, "--data", data, "--lab-url", origin}
	w.database(t, filepath.Join(data, "patchbay.db"))
	w.env = append(w.env, env...)
	w.start(t)
	return w
}

// database prepares PostgreSQL, or nothing: SQLite is a file of the program's own.
func (w *world) database(t testing.TB, file string) {
	t.Helper()
	driver, dsn := "sqlite", "file:"+file+"?_pragma=query_only(1)&_pragma=busy_timeout(5000)"
	if w.engine == "postgres" {
		driver, dsn = "pgx", testkit.Postgres(t)
		var proxied string
		w.commits, proxied = proxyCommits(t, dsn)
		// A second for a call makes leases of six: nobody can tell on PostgreSQL that
		// who held one is dead, so they run out.
		w.env = []string{"PATCHBAY_DATABASE_URL=" + proxied, "PATCHBAY_PLATFORM_TIMEOUT=1s"}
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w.db = db
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

// get reads an answer of the native API, which must be 200.
func (w *world) get(t testing.TB, path string, out any) {
	t.Helper()
	if status := w.call(t, http.MethodGet, path, nil, out); status != http.StatusOK {
		t.Fatalf("GET %s: got %d, want 200", path, status)
	}
}

// call calls an API with the key; the answer is read into out whatever its status.
func (w *world) call(t testing.TB, method, path string, in, out any) (status int) {
	t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, w.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+w.program.APIKey)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	if err := json.Unmarshal(text, out); err != nil {
		t.Fatalf("%s %s: %v: %s", method, path, err, text)
	}
	return resp.StatusCode
}
