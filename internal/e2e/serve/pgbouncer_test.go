package serve_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// pgbouncer gives the test a database of its own behind a PgBouncer in transaction mode
// that has four server connections, and answers the address for it.
func pgbouncer(t *testing.T) string {
	t.Helper()
	testkit.Postgres(t) // skips, or fails where CI is set, without a server
	admin := os.Getenv("PATCHBAY_TEST_POSTGRES")
	name := "t_" + strings.ToLower(rand.Text())
	execPostgres(t, admin, "CREATE DATABASE "+name)
	t.Cleanup(func() { execPostgres(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })

	dir, err := os.MkdirTemp("", "pgbouncer-") // not below the test's own folder, which only root may pass
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("../../../scripts/pgbouncer", "stop", dir).CombinedOutput(); err != nil {
			t.Errorf("stop PgBouncer: %v %s", err, out)
		}
		_ = os.RemoveAll(dir)
	})
	out, err := exec.CommandContext(t.Context(), "../../../scripts/pgbouncer", "start", dir, admin).Output()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("start PgBouncer: %v", err)
		}
		t.Skipf("no PgBouncer: run scripts/deps (%v)", err)
	}
	dsn, err := url.Parse(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	dsn.Path = "/" + name
	return dsn.String()
}

func execPostgres(t *testing.T, dsn, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

// The main job, begun at one replica and finished at another, while a third party waits.
func TestAJourneyOverTwoReplicasThroughPgBouncer(t *testing.T) {
	t.Parallel()
	dsn := pgbouncer(t)
	through := func(c *config.Config) { c.DatabaseURL = dsn }
	first := e2e.Start(t, e2e.Options{Engine: "postgres", Change: through})
	second := e2e.Start(t, e2e.Options{Engine: "postgres", Change: through, Beside: first})

	p := e2e.NewPerson(t) // one host name: the cookie goes to both
	link := first.NewLink(t, "user-1", "")
	told := make(chan string, 1)
	go func() { told <- string(second.Call(t, http.MethodGet, "/v1/sessions/1?wait=60", nil).Body) }()

	page := p.Open(link.URL)
	consent := p.Submit(p.Form(page, "/platform", "platform=facebook"), url.Values{"platform": {"facebook"}})
	form := p.Form(consent, "", "decision=approve")
	fields := form.With(nil)
	fields.Set("decision", "approve")
	picker := p.Open(p.Fetch(form.Method, form.Action, fields).Redirect)
	there := p.Open(strings.Replace(picker.URL.String(), first.URL, second.URL, 1))
	p.Submit(p.Form(there, "/targets", ""), url.Values{"target": e2e.Values(there, "target")[:2]})

	if s := first.LinkStatus(t, link); s.ConnectStatus != "success" || len(s.ChannelIDs) != 2 {
		t.Errorf("got %+v, want success of two channels", s)
	}
	if got := <-told; !strings.Contains(got, `"status":"succeeded"`) {
		t.Errorf("who waited at the other: got %s, want succeeded", got)
	}
	eventsWithoutGap(t, first)
}

func eventsWithoutGap(t *testing.T, w *e2e.World) {
	t.Helper()
	for i, e := range w.Events(t) {
		if e.Number != int64(i+1) {
			t.Fatalf("event %d: got number %d", i+1, e.Number)
		}
	}
}

// Without the mode it does not work, and the program says what to do.
func TestPgBouncerWithoutItsModeIsExplained(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	b.set("PATCHBAY_DATABASE_URL", strings.Replace(pgbouncer(t), "default_query_exec_mode=exec", "search_path=public", 1))
	for _, args := range [][]string{{"serve", "--migrate"}, {"migrate"}} {
		b.refuses(1, args, "add default_query_exec_mode=exec to PATCHBAY_DATABASE_URL")
	}
}

// Two built programs share four server connections among many callers.
func TestTwoProgramsThroughPgBouncer(t *testing.T) {
	t.Parallel()
	dsn := pgbouncer(t)
	one := newBox(t, "sqlite")
	one.set("PATCHBAY_DATABASE_URL", dsn).set("PATCHBAY_RATE_LIMIT", "off")
	one.must("migrate")
	two := newBox(t, "sqlite")
	for _, pair := range one.env {
		if name, value, _ := strings.Cut(pair, "="); name == "PATCHBAY_DATABASE_URL" || name == "PATCHBAY_KEY_FILE" || name == "PATCHBAY_RATE_LIMIT" {
			two.set(name, value)
		}
	}
	one.serve()
	two.serve()
	key := one.apiKey()
	var callers sync.WaitGroup
	for i := range 16 {
		b := []*box{one, two}[i%2]
		callers.Go(func() {
			for range 10 {
				if status, body := b.ask(http.MethodPost, "/v1/sessions", key, fmt.Sprintf(`{"owner":{"external_id":"user-%d"}}`, i)); status != http.StatusCreated {
					t.Errorf("session: got %d %s, want 201", status, body)
				}
			}
		})
	}
	callers.Wait()
	told := make(chan []byte, 1)
	go func() {
		_, body := two.ask(http.MethodGet, "/v1/sessions/1?wait=60", key, "")
		told <- body
	}()
	if status, body := one.ask(http.MethodPost, "/v1/sessions/1/cancel", key, ""); status != http.StatusOK {
		t.Errorf("cancel: got %d %s, want 200", status, body)
	}
	if got := string(<-told); !strings.Contains(got, `"canceled"`) {
		t.Errorf("who waited at the other: got %s, want canceled", got)
	}
	if got := two.run("doctor"); got.code != 0 {
		t.Errorf("doctor: got exit code %d, want 0: %s", got.code, got.stdout)
	}
}
