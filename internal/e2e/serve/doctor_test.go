package serve_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// diagnosis is what doctor --json prints.
type diagnosis struct {
	Status string
	Checks []struct{ Check, Status, Detail, Next string }
}

func (b *box) diagnose() (diagnosis, outcome) {
	b.t.Helper()
	got := b.run("doctor", "--json")
	var d diagnosis
	if err := json.Unmarshal([]byte(got.stdout), &d); err != nil {
		b.t.Fatalf("doctor --json: %v: %s%s", err, got.stdout, got.stderr)
	}
	return d, got
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*box)
		served bool
		check  string
		status string
		detail string
	}{
		"nothing is wrong":     {func(*box) {}, true, "database", "ok", "sound, schema"},
		"beside nobody":        {func(*box) {}, false, "public URL", "warning", "does not answer from here"},
		"settings":             {func(b *box) { b.set("PATCHBAY_LOG_LEVEL", canary) }, true, "settings", "problem", "PATCHBAY_LOG_LEVEL must be"},
		"a platform's version": {func(b *box) { b.set("PATCHBAY_LINKEDIN_VERSION", "2026") }, true, "settings", "problem", "PATCHBAY_LINKEDIN_VERSION must be a version such as"},
		"a typo":               {func(b *box) { b.set("PATCHBAY_TRUSTED_PROXY", canary) }, true, "settings", "warning", "is PATCHBAY_TRUSTED_PROXIES meant?"},
		"everybody is a proxy": {func(b *box) { b.set("PATCHBAY_TRUSTED_PROXIES", "0.0.0.0/0") }, true, "settings", "warning", "believes everybody"},
		"an open guard":        {func(b *box) { b.set("PATCHBAY_TRUSTED_ORIGINS", "http://localhost:1") }, true, "settings", "warning", "PATCHBAY_TRUSTED_ORIGINS"},
		"an open file": {func(b *box) {
			path := b.write("c.yaml", "x: {client_id: a, client_secret: "+canary+"}")
			_ = os.Chmod(path, 0o644)
			b.set("PATCHBAY_CONFIG", path)
		}, true, "settings", "warning", "others can read the secrets in"},
		"no key":      {func(b *box) { b.set("PATCHBAY_KEY_FILE", "") }, true, "key", "problem", "PATCHBAY_KEY_FILE is not set"},
		"another key": {func(b *box) { b.set("PATCHBAY_KEY_FILE", b.newKey("other.json")) }, true, "key", "problem", "are under keys that are not there"},
		"an open key": {func(b *box) { _ = os.Chmod(b.dir+"/keyset.json", 0o644) }, true, "key", "warning", "others can read"},
		"no database": {func(b *box) { b.set("PATCHBAY_DATA", b.dir+"/nowhere") }, true, "database", "problem", "There is no database at"},
		"a database that is none": {func(b *box) {
			b.set("PATCHBAY_DATABASE_URL", "sqlite:"+b.write("x.db", "this is not a database, it is text"))
		}, true, "database", "problem", "is not a database of SQLite"},
		"a dangling row": {func(b *box) {
			b.exec("sqlite", "PRAGMA foreign_keys = 0; INSERT INTO event_counters (workspace_id, last_number) VALUES (77, 0)")
		}, true, "database", "problem", "a row of event_counters refers to one that is not there"},
		"somebody else answers": {func(b *box) { b.set("PATCHBAY_PUBLIC_URL", b.url+"0") }, true, "public URL", "warning", "does not answer from here"},
		"an app":                {func(b *box) { b.set("PATCHBAY_X_CLIENT_ID", "a").set("PATCHBAY_X_CLIENT_SECRET", canary) }, true, "platform x", "ok", "configured, not proven"},
		"no app":                {func(*box) {}, true, "platform linkedin", "ok", "not offered, PATCHBAY_LINKEDIN_CLIENT_ID is not set; callback to register: http://127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t, "sqlite")
			b.must("migrate")
			if c.served {
				b.serve()
				key := b.apiKey()
				if status, body := b.ask("POST", "/v1/apps", key, `{"platform":"x","client_id":"app","client_secret":"secret"}`); status != 201 {
					t.Fatalf("app: got %d %s", status, body)
				}
			}
			c.change(b)
			d, got := b.diagnose()
			if want := map[string]int{"ok": 0, "warning": 1, "problem": 2}[d.Status]; got.code != want {
				t.Errorf("exit code: got %d of %s, want %d", got.code, d.Status, want)
			}
			found := false
			for _, check := range d.Checks {
				found = found || check.Check == c.check && check.Status == c.status && strings.Contains(check.Detail, c.detail)
			}
			if !found || c.status != "ok" && d.Status == "ok" || strings.Contains(got.stdout+got.stderr, canary) {
				t.Errorf("got %s, want %s %q of %s and no value", got.stdout, c.status, c.detail, c.check)
			}
			if text := b.run("doctor", "--settings"); text.code != got.code || strings.Contains(text.stdout+text.stderr, canary) {
				t.Errorf("for people: got exit code %d, want %d and no value: %s", text.code, got.code, text.stdout)
			}
		})
	}
}

func TestDoctorOnPostgres(t *testing.T) {
	t.Parallel()
	b := newBox(t, "postgres")
	b.serve("--migrate")
	d, got := b.diagnose()
	if got.code != 0 {
		t.Errorf("got exit code %d, want 0: %s", got.code, got.stdout)
	}
	said := ""
	for _, c := range d.Checks {
		said += c.Check + " " + c.Detail + "\n"
	}
	for _, want := range []string{"database PostgreSQL 15", "clock agrees with the database", "public URL " + b.url + " reaches a Patchbay"} {
		if !strings.Contains(said, want) {
			t.Errorf("got %s, want %q", said, want)
		}
	}
}
