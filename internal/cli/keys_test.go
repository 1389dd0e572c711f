package cli_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// operator is somebody with a data directory, a migrated database and a key file.
type operator struct {
	t    *testing.T
	data string
	file string
	env  map[string]string
}

func newOperator(t *testing.T) *operator {
	t.Helper()
	dir := t.TempDir()
	o := &operator{t: t, data: filepath.Join(dir, "data"), file: filepath.Join(dir, "keyset.json"), env: map[string]string{}}
	o.runs(0, "migrate", "--data", o.data)
	o.runs(0, "keys", "new", "--file", o.file)
	o.env["PATCHBAY_KEY_FILE"] = o.file
	o.env["PATCHBAY_DATA"] = o.data
	return o
}

func (o *operator) runs(code int, args ...string) output {
	o.t.Helper()
	got := runIn(o.t, o.t.Context(), terminal{env: o.env}, args...)
	if got.code != code {
		o.t.Fatalf("%v: got exit %d, want %d\n%s%s", args, got.code, code, got.stdout, got.stderr)
	}
	return got
}

func (o *operator) keys() vault.Keyset {
	o.t.Helper()
	set, err := vault.NewKeyFile(o.file).Keyset()
	if err != nil {
		o.t.Fatal(err)
	}
	return set
}

func TestKeysNew(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "keyset.json")
	got := runIn(t, t.Context(), terminal{}, "keys", "new", "--file", file)
	wantContains(t, "stdout", got.stdout, file, "PATCHBAY_KEY_FILE="+file, "patchbay keys bootstrap", "Copy it to a safe place")
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, key, _ := strings.Cut(string(before), `"value":"`)
	key, _, _ = strings.Cut(key, `"`)
	wantLacks(t, "stdout", got.stdout, key)

	nowhere := runIn(t, t.Context(), terminal{}, "keys", "new", "--file", filepath.Join(filepath.Dir(file), "nope", "k.json"))
	if nowhere.code != 2 {
		t.Errorf("without a directory: got exit %d, want 2", nowhere.code)
	}
	wantContains(t, "without a directory", nowhere.stderr, "there is no directory "+filepath.Join(filepath.Dir(file), "nope"))
	wantLacks(t, "without a directory", nowhere.stderr, ".new-")

	again := runIn(t, t.Context(), terminal{}, "keys", "new", "--file", file)
	if again.code != 2 || again.stdout != "" {
		t.Errorf("over a file: got exit %d, %q, want 2 and nothing", again.code, again.stdout)
	}
	wantContains(t, "stderr", again.stderr, "exists already", "patchbay keys rotate")
	if after, _ := os.ReadFile(file); string(after) != string(before) {
		t.Error("the file was overwritten")
	}
}

func TestKeysBootstrap(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	var made struct {
		WorkspaceID int64  `json:"workspace_id"`
		APIKey      string `json:"api_key"`
	}
	got := o.runs(0, "keys", "bootstrap", "--name", "Acme", "--json")
	if err := json.Unmarshal([]byte(got.stdout), &made); err != nil || made.WorkspaceID != 1 || !strings.HasPrefix(made.APIKey, "pb_") || got.stderr != "" {
		t.Errorf("got %q, %q (%v), want one JSON object with a key", got.stdout, got.stderr, err)
	}
	refused := o.runs(1, "keys", "bootstrap", "--name", "Acme")
	wantContains(t, "stderr", refused.stderr, `1, "Acme"`, "--another")
	o.env["PATCHBAY_PUBLIC_URL"] = "https://social.example.org"
	another := o.runs(0, "keys", "bootstrap", "--name", "Bakery", "--another")
	wantContains(t, "stdout", another.stdout, `Workspace 2, "Bakery"`, "pb_", "shown this once", "PATCHBAY_URL=https://social.example.org ")
	absent := runIn(t, t.Context(), terminal{}, "keys", "bootstrap", "--name", "Acme", "--data", t.TempDir())
	if absent.code != 1 {
		t.Errorf("without a database: got exit %d, want 1", absent.code)
	}
	wantContains(t, "stderr", absent.stderr, "There is no database", "patchbay migrate")
}

// Whoever lost the last key and has the database with its key file gets back in, and the
// audit log of the workspace, whether a server began it or not, tells of it.
func TestKeysBootstrapOfAWorkspaceThatIsThere(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	o.runs(0, "keys", "bootstrap", "--name", "Acme")
	o.runs(0, "keys", "bootstrap", "--name", "Bakery", "--another")
	for _, wrong := range [][]string{{"--workspace", "2", "--name", "x"}, {"--workspace", "2", "--another"}, {"--workspace", "-2"}, {}} {
		o.runs(2, append([]string{"keys", "bootstrap"}, wrong...)...)
	}
	absent := o.runs(1, "keys", "bootstrap", "--workspace", "7")
	wantContains(t, "stderr", absent.stderr, "no workspace 7", `1, "Acme"; 2, "Bakery"`)

	var made struct {
		WorkspaceID int64  `json:"workspace_id"`
		Name        string `json:"name"`
		KeyID       int64  `json:"key_id"`
		APIKey      string `json:"api_key"`
	}
	for _, want := range []int64{3, 4} {
		got := o.runs(0, "keys", "bootstrap", "--workspace", "2", "--json")
		if err := json.Unmarshal([]byte(got.stdout), &made); err != nil || made.WorkspaceID != 2 || made.Name != "Bakery" || made.KeyID != want {
			t.Errorf("got %q (%v), want key %d of Bakery", got.stdout, err, want)
		}
	}
	told := o.runs(0, "keys", "bootstrap", "--workspace", "1")
	wantContains(t, "stdout", told.stdout, `Workspace 1, "Acme"`, "pb_", "It is key 5.", "go on working")
	a := o.serves()
	caller, err := a.Service.Authenticate(t.Context(), vault.NewSecret(made.APIKey))
	if err != nil || caller.WorkspaceID != 2 || len(caller.Scopes) != len(connect.Scopes()) {
		t.Fatalf("got %+v, %v, want a key of workspace 2 that may do everything", caller, err)
	}
	log, err := a.Service.AuditLog(t.Context(), caller, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	wantLogged(t, log, "operator workspace.created 2", "operator key.created 3", "operator key.created 4")
	if verdict, err := a.Service.VerifyAudit(t.Context(), caller, nil); err != nil || !verdict.Intact {
		t.Errorf("got %+v, %v, want an intact log", verdict, err)
	}
	other := filepath.Join(t.TempDir(), "other.json")
	o.runs(0, "keys", "new", "--file", other)
	refused := o.runs(1, "keys", "bootstrap", "--workspace", "2", "--file", other)
	wantContains(t, "with another key file", refused.stderr, "none is sealed under a key of this key file", "--file")
	o.env["PATCHBAY_KEY_FILE"] = filepath.Join(t.TempDir(), "nowhere.json")
	wantContains(t, "without a key file", o.runs(2, "keys", "bootstrap", "--workspace", "2").stderr, "there is no key file")
	wantLacks(t, "with another key file", refused.stdout, "pb_")
}

// What is done on the server's command line stands in the audit log of every workspace, as
// the operator's.
func TestTheAuditLogTellsWhatTheOperatorDid(t *testing.T) {
	t.Parallel()
	o, backup := newOperator(t), filepath.Join(t.TempDir(), "backup.db")
	var made struct {
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal([]byte(o.runs(0, "keys", "bootstrap", "--name", "Acme", "--json").stdout), &made); err != nil {
		t.Fatal(err)
	}
	o.runs(0, "backup", backup)
	o.runs(0, "restore", backup)
	for _, args := range [][]string{
		{"refreshing", "hold"}, {"refreshing", "resume"}, {"refreshing", "status"}, {"keys", "rotate", "--step", "add"}, {"keys", "rotate", "--retire"}, {"keys", "status"},
	} {
		if got := o.runs(0, args...); strings.Contains(got.stderr, "audit log") {
			t.Errorf("%v: got %q, want nothing of the audit log", args, got.stderr)
		}
	}
	key := o.env["PATCHBAY_KEY_FILE"]
	delete(o.env, "PATCHBAY_KEY_FILE")
	wantContains(t, "without a key file", o.runs(0, "refreshing", "hold").stderr, "The audit log does not tell of this", "PATCHBAY_KEY_FILE")
	other := filepath.Join(t.TempDir(), "other.json")
	o.runs(0, "keys", "new", "--file", other)
	o.env["PATCHBAY_KEY_FILE"] = other
	wantContains(t, "with another key file", o.runs(0, "refreshing", "resume", "--json").stderr, "The audit log does not tell of this")
	wantContains(t, "another key file", o.runs(1, "keys", "bootstrap", "--name", "Bakery", "--another").stderr, "none is sealed under a key of this key file", "--file")
	o.env["PATCHBAY_KEY_FILE"] = key + ".elsewhere"
	o.runs(0, "keys", "bootstrap", "--name", "Bakery", "--another", "--json") // the server tells of it
	o.runs(2, "keys", "bootstrap", "--name", "Cafe", "--another", "--file", key+".elsewhere")
	o.env["PATCHBAY_KEY_FILE"] = key

	a := o.serves()
	caller, err := a.Service.Authenticate(t.Context(), vault.NewSecret(made.APIKey))
	if err != nil {
		t.Fatal(err)
	}
	log, err := a.Service.AuditLog(t.Context(), caller, 0, 99)
	if err != nil {
		t.Fatal(err)
	}
	wantLogged(t, log, "operator workspace.created 1", "operator database.restored", "operator refreshing.held", "operator refreshing.resumed",
		"operator keys.rotated", "operator keys.rotated")
	if got := string(log[4].Data) + string(log[5].Data); !strings.Contains(got, `"step":"add"`) || !strings.Contains(got, `"step":"all"`) {
		t.Errorf("got %s, want the steps", got)
	}
	if verdict, err := a.Service.VerifyAudit(t.Context(), caller, nil); err != nil || !verdict.Intact {
		t.Errorf("got %+v, %v, want an intact log", verdict, err)
	}
	caller.WorkspaceID = 2
	if log, err = a.Service.AuditLog(t.Context(), caller, 0, 99); err != nil {
		t.Fatal(err)
	}
	wantLogged(t, log, "system audit.began", "operator workspace.created 2")
	if verdict, err := a.Service.VerifyAudit(t.Context(), caller, nil); err != nil || !verdict.Intact {
		t.Errorf("got %+v, %v, want an intact log", verdict, err)
	}
}

// wantLogged compares entries as "actor action" or "actor action key_id".
func wantLogged(t *testing.T, log []connect.AuditEntry, want ...string) {
	t.Helper()
	var got []string
	for _, e := range log {
		var data struct {
			KeyID string `json:"key_id"`
		}
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		got = append(got, strings.TrimSpace(string(e.Actor)+" "+e.Action+" "+data.KeyID))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got the audit log\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// serves is the program over the operator's database, which this process has until the test ends.
func (o *operator) serves() *app.App {
	o.t.Helper()
	text, err := vault.NewKeyFile(o.file).Text()
	if err != nil {
		o.t.Fatal(err)
	}
	a, err := app.New(o.t.Context(), config.Config{DataDir: o.data, PublicURL: "http://127.0.0.1"}, app.Options{Log: slog.New(slog.DiscardHandler), Keyset: text})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = a.Close() })
	return a
}

func TestKeysRotateWhole(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	first := o.keys().Primary()
	got := o.runs(0, "keys", "rotate")
	second := o.keys().Primary()
	wantContains(t, "stdout", got.stdout, "Key "+second.String()+" added", "Key "+second.String()+" seals from now on", "Re-encrypted", "key "+first.String(), "--step retire")
	if second == first {
		t.Errorf("primary: got %v still, want another", first)
	}
	retired := o.runs(0, "keys", "rotate", "--retire")
	wantContains(t, "stdout", retired.stdout, "Taken out of "+o.file, first.String(), second.String(), "Backups made before now")
	if got := len(o.keys().Keys()); got != 1 {
		t.Errorf("keys: got %d, want 1", got)
	}
}

func TestKeysRotateStepByStep(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	first := o.keys().Primary()
	wantContains(t, "add", o.runs(0, "keys", "rotate", "--step", "add").stdout, "seals nothing yet", "copy "+o.file, "--step promote")
	next, pending := o.keys().Pending()
	if !pending || o.keys().Primary() != first {
		t.Fatalf("got %v, want one more key that waits", o.keys())
	}
	wantContains(t, "add again", o.runs(0, "keys", "rotate", "--step", "add").stdout, "key "+next.String(), "--step promote")
	wantContains(t, "promote", o.runs(0, "keys", "rotate", "--step", "promote").stdout, next.String()+" seals from now on", "--step reseal")
	wantContains(t, "promote again", o.runs(0, "keys", "rotate", "--step", "promote").stdout, "Nothing to do")
	wantContains(t, "reseal", o.runs(0, "keys", "rotate", "--step", "reseal").stdout, "no sealed value was left", "--step retire")
	wantContains(t, "retire", o.runs(0, "keys", "rotate", "--step", "retire").stdout, "Taken out of", first.String())
	wantContains(t, "retire again", o.runs(0, "keys", "rotate", "--step", "retire").stdout, "Nothing to do")
}

func TestKeysRotateIsTold(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	unlock, err := vault.NewKeyFile(o.file).Lock()
	if err != nil {
		t.Fatal(err)
	}
	wantContains(t, "beside another", o.runs(1, "keys", "rotate").stderr, "another process", "one `patchbay keys rotate` at a time")
	unlock()
	wantContains(t, "a short --gone-after", o.runs(2, "keys", "rotate", "--gone-after", "5s").stderr, "at least 30s")
	wantContains(t, "--retire with --step", o.runs(2, "keys", "rotate", "--retire", "--step", "add").stderr, "exclude each other")
	wantContains(t, "no key file", o.runs(2, "keys", "rotate", "--file", o.file+"x").stderr, "there is no key file", "patchbay keys new")
	wantContains(t, "a wrong step", o.runs(2, "keys", "rotate", "--step", "nonsense").stderr, "--step must be add, promote, reseal or retire")
	text, err := os.ReadFile(o.file)
	if err != nil {
		t.Fatal(err)
	}
	o.env["PATCHBAY_KEY_FILE"], o.env["PATCHBAY_KEY"] = "", string(text)
	wantContains(t, "a key in the environment", o.runs(2, "keys", "rotate").stderr, "PATCHBAY_KEY", "--file")
	wantContains(t, "its status", o.runs(0, "keys", "status").stdout, "PATCHBAY_KEY", "primary")
	o.env["PATCHBAY_KEY"] = ""
	if err := os.WriteFile(o.file, text[:len(text)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	wantContains(t, "a truncated file", o.runs(1, "keys", "rotate", "--file", o.file).stderr, o.file, "not readable")
}

func TestKeysStatus(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	first := o.keys().Primary()
	o.runs(0, "keys", "rotate", "--step", "add")
	next, _ := o.keys().Pending()
	wantContains(t, "stdout", o.runs(0, "keys", "status").stdout, o.file, first.String(), "primary", next.String(), "next", "GRANTS", "No server runs")
	var status struct {
		File string
		Keys []struct {
			ID     vault.KeyID
			State  string
			Sealed map[string]int64
		}
		Instances []any
	}
	if err := json.Unmarshal([]byte(o.runs(0, "keys", "status", "--json").stdout), &status); err != nil {
		t.Fatal(err)
	}
	if status.File != o.file || len(status.Keys) != 2 || status.Keys[0].State != "primary" || status.Keys[1].ID != next || len(status.Keys[0].Sealed) != len(connect.SealedTables()) || status.Instances == nil {
		t.Errorf("got %+v, want both keys, every sealed table each, no instance", status)
	}
}
