package serve_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

const canary = "hunter2hunter2"

func TestServeRefusesWithoutWhatItNeeds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*box)
		words  []string
	}{
		"no key":                    {func(b *box) { b.set("PATCHBAY_KEY_FILE", "") }, []string{"PATCHBAY_KEY_FILE is not set", "patchbay keys new --file"}},
		"two keys":                  {func(b *box) { b.set("PATCHBAY_KEY", canary) }, []string{"PATCHBAY_KEY_FILE, PATCHBAY_KEY are both set"}},
		"a key file that is absent": {func(b *box) { b.set("PATCHBAY_KEY_FILE", "/nowhere/key") }, []string{"/nowhere/key, which does not exist", "keys new"}},
		"a key that is none":        {func(b *box) { b.set("PATCHBAY_KEY_FILE", b.write("k", canary)) }, []string{"PATCHBAY_KEY_FILE cannot be used", "expected Tink JSON", "Make no new one while a database exists"}},
		"a key that is a folder":    {func(b *box) { b.set("PATCHBAY_KEY_FILE", b.dir) }, []string{"PATCHBAY_KEY_FILE cannot be used", "is a directory", "Mend it"}},
		"a version of no form":      {func(b *box) { b.set("PATCHBAY_FACEBOOK_VERSION", "26") }, []string{"1 setting to mend", "PATCHBAY_FACEBOOK_VERSION must be a version such as v26.0"}},
		"a key text that is none":   {func(b *box) { b.set("PATCHBAY_KEY_FILE", "").set("PATCHBAY_KEY", canary) }, []string{"PATCHBAY_KEY cannot be used"}},
		"no public URL":             {func(b *box) { b.set("PATCHBAY_PUBLIC_URL", "") }, []string{"PATCHBAY_PUBLIC_URL is not set", "https://connect.example.com"}},
		"plain http":                {func(b *box) { b.set("PATCHBAY_PUBLIC_URL", "http://connect.example.com") }, []string{"PATCHBAY_PUBLIC_URL must be https"}},
		"a path":                    {func(b *box) { b.set("PATCHBAY_PUBLIC_URL", "https://a.example.com/"+canary) }, []string{"PATCHBAY_PUBLIC_URL must be an origin"}},
		"a Lab":                     {func(b *box) { b.set("PATCHBAY_LAB_URL", "http://127.0.0.1:1") }, []string{"PATCHBAY_LAB_URL is for `patchbay dev`"}},
		"half an app":               {func(b *box) { b.set("PATCHBAY_X_CLIENT_SECRET", canary) }, []string{"PATCHBAY_X_CLIENT_ID, PATCHBAY_X_CLIENT_SECRET set both or neither"}},
		"a proxy that is none":      {func(b *box) { b.set("PATCHBAY_TRUSTED_PROXIES", canary) }, []string{"PATCHBAY_TRUSTED_PROXIES must be networks"}},
		"a database that is none":   {func(b *box) { b.set("PATCHBAY_DATABASE_URL", "mysql://root:"+canary+"@db/x") }, []string{"PATCHBAY_DATABASE_URL must begin with"}},
		"no such file":              {func(b *box) { b.set("PATCHBAY_CONFIG", "/nowhere.yaml") }, []string{"configuration file /nowhere.yaml does not exist"}},
		"an unknown key":            {func(b *box) { b.set("PATCHBAY_CONFIG", b.write("c.yaml", "publik_url: "+canary)) }, []string{`there is no setting "publik_url"`}},
		"everything at once": {func(b *box) {
			b.set("PATCHBAY_KEY_FILE", "").set("PATCHBAY_PUBLIC_URL", "").set("PATCHBAY_LISTEN", canary).set("PATCHBAY_LOG_FORMAT", canary)
		}, []string{"4 settings to mend", "PATCHBAY_KEY_FILE", "PATCHBAY_PUBLIC_URL", "PATCHBAY_LISTEN", "PATCHBAY_LOG_FORMAT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, "sqlite")
			c.change(b)
			b.refuses(2, []string{"serve", "--migrate"}, c.words...)
			if got := b.run("serve", "--migrate"); strings.Contains(got.stdout+got.stderr, canary) {
				t.Errorf("it told a value: %s%s", got.stdout, got.stderr)
			}
			if _, err := os.Stat(b.data); err == nil {
				t.Error("it made a data directory")
			}
		})
	}
}

func TestABrokenFileIsTheOnlyThingTold(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	b.set("PATCHBAY_PUBLIC_URL", "").set("PATCHBAY_KEY_FILE", "")
	b.set("PATCHBAY_CONFIG", b.write("c.yaml", "public_url: https://a.example.com\nlisten: :1\nlisten: :2\n"))
	for _, command := range []string{"serve", "doctor"} {
		got := b.run(command)
		said := strings.Join(strings.Fields(got.stdout+got.stderr), " ")
		if got.code != 2 || !strings.Contains(said, `has the key "listen" twice, at line 3`) || strings.Contains(said, "is not set") {
			t.Errorf("%s: got exit %d, %s, want the key that stands twice and nothing that may be in the file", command, got.code, said)
		}
	}
}

func TestServeStopsOrderlyWhenTheTerminalGoes(t *testing.T) {
	t.Parallel()
	// Whoever runs the tests under nohup has them ignore it, and the program with them.
	heard := make(chan os.Signal, 1)
	signal.Notify(heard, syscall.SIGHUP)
	defer signal.Stop(heard)
	b := newBox(t, "sqlite")
	s := b.set("PATCHBAY_TRUSTED_PROXY", canary).serve("--migrate")
	if code := s.stopBy(syscall.SIGHUP); code != 0 || !strings.Contains(s.said(), `"stopped"`) {
		t.Errorf("after SIGHUP: got exit %d, want 0 and the orderly stop\n%s", code, s.said())
	}
	if said := s.said(); !strings.Contains(said, "there is no setting PATCHBAY_TRUSTED_PROXY; is PATCHBAY_TRUSTED_PROXIES meant?") || strings.Contains(said, canary) {
		t.Errorf("a typo among the variables: got %s, want it named without its value", said)
	}
}

func TestADatabaseThatCannotBeUsedIsTold(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	b.set("PATCHBAY_DATABASE_URL", "sqlite:"+b.write("x.db", strings.Repeat("no database ", 100)))
	b.refuses(1, []string{"serve"}, "is not a database of SQLite", "patchbay restore")
	b.set("PATCHBAY_DATABASE_URL", "postgres://u:"+canary+"@127.0.0.1:1/x")
	got := b.run("serve")
	if strings.Count(got.stderr, "connection refused") != 1 || !strings.Contains(got.stderr, "— check PATCHBAY_DATABASE_URL") || strings.Contains(got.stderr, canary) {
		t.Errorf("nobody listens: got %s, want it once, and what to do", got.stderr)
	}
}

func TestServeServesAndStops(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, engine)
			b.refuses(1, []string{"serve"}, "The database is empty", "patchbay migrate")
			b.must("migrate")
			s := b.serve()
			if s.first["engine"] != engine || "http://"+s.first["address"].(string) != b.url || s.first["version"] == "" || s.first["public_url"] != b.url {
				t.Errorf("the line that says what runs: got %v", s.first)
			}
			for _, path := range []string{"/healthz", "/readyz"} {
				if status, body := b.ask(http.MethodGet, path, "", ""); status != 200 || string(body) != "ok\n" {
					t.Errorf("%s: got %d %q", path, status, body)
				}
			}
			b.must("healthcheck")
			if status, _ := b.ask(http.MethodGet, "/lab/", "", ""); status != 404 {
				t.Errorf("/lab/: got %d, want 404: production has no Lab", status)
			}

			key := b.apiKey() // beside the server
			if status, body := b.ask(http.MethodPost, "/v1/sessions", key, "{}"); status != 201 {
				t.Fatalf("session: got %d %s", status, body)
			}
			type answer struct {
				status int
				body   string
			}
			waiting, sent := make(chan answer, 1), make(chan struct{})
			go func() {
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { close(sent) }})
				status, body := b.askIn(ctx, http.MethodGet, "/v1/sessions/1?wait=60", key, "")
				waiting <- answer{status, string(body)}
			}()
			<-sent
			askOften(t, b, key)
			if code := s.stop(); code != 0 {
				t.Errorf("exit code: got %d, want 0\n%s", code, s.said())
			}
			if got := <-waiting; got.status != 200 || !strings.Contains(got.body, `"pending"`) {
				t.Errorf("who waited: got %+v, want an answer with the state", got)
			}
			for _, line := range strings.Split(s.said(), "\n") {
				if !json.Valid([]byte(line)) {
					t.Errorf("log: got %q, want JSON", line)
				}
			}
			if strings.Contains(s.said(), key) {
				t.Error("the log has the key")
			}
			b.refuses(1, []string{"healthcheck"}, "nothing answers at")
		})
	}
}

// askOften gives the server the time of many requests to take in one that was sent.
func askOften(t *testing.T, b *box, key string) {
	t.Helper()
	for range 20 {
		if status, _ := b.ask(http.MethodGet, "/v1/sessions/1", key, ""); status != 200 {
			t.Fatalf("got %d", status)
		}
	}
}

func TestOneProcessServesASQLiteFile(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	b.serve("--migrate")
	second := *b
	second.set("PATCHBAY_LISTEN", "127.0.0.1:0")
	second.refuses(1, []string{"serve"}, "in use by process", "PostgreSQL for several")
	b.refuses(1, []string{"serve"}, "cannot listen on", "--listen")
}

func TestSettingsComeFromAFileToo(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	text := "public_url: " + b.url + "\nlisten: " + strings.TrimPrefix(b.url, "http://") + "\nkey_file: " + filepath.Join(b.dir, "keyset.json") +
		"\nlog_format: json\nx: {client_id: app, client_secret: " + canary + "}\n"
	for _, name := range []string{"PATCHBAY_PUBLIC_URL", "PATCHBAY_LISTEN", "PATCHBAY_KEY_FILE"} {
		b.set(name, "")
	}
	s := b.serve("--migrate", "--config", b.write("patchbay.yaml", text))
	if platforms, _ := json.Marshal(s.first["platforms"]); !strings.Contains(string(platforms), `"x"`) {
		t.Errorf("platforms: got %s, want x among them", platforms)
	}
	if strings.Contains(s.said(), canary) {
		t.Error("the log has the client's secret")
	}
}

func TestAnotherKeyThanTheDatabasesIsRefused(t *testing.T) {
	t.Parallel()
	b := newBox(t, "sqlite")
	s := b.serve("--migrate")
	key := b.apiKey()
	if status, body := b.ask(http.MethodPost, "/v1/apps", key, `{"platform":"x","client_id":"app","client_secret":"secret"}`); status != 201 {
		t.Fatalf("app: got %d %s", status, body)
	}
	s.stop()
	b.set("PATCHBAY_KEY_FILE", b.newKey("another.json"))
	b.refuses(1, []string{"serve"}, "The database holds secrets sealed under key", "PATCHBAY_KEY_FILE")
}

// TestSystemdIsToldWhenItServes speaks for systemd's side of sd_notify(3).
func TestSystemdIsToldWhenItServes(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "notify") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "s"), Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	b := newBox(t, "sqlite")
	s := b.set("NOTIFY_SOCKET", filepath.Join(dir, "s")).serve("--migrate")
	_ = socket.SetReadDeadline(time.Now().Add(patience))
	hear := func() string {
		word := make([]byte, 64)
		n, err := socket.Read(word)
		if err != nil {
			t.Fatal(err)
		}
		return string(word[:n])
	}
	if got := hear(); got != "READY=1" {
		t.Errorf("serving: got %q, want READY=1", got)
	}
	s.stop()
	if got := hear(); got != "STOPPING=1" {
		t.Errorf("stopping: got %q, want STOPPING=1", got)
	}
}
