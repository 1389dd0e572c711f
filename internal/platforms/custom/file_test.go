package custom_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/platform"
	"patchbay/internal/platform/platformtest"
	"patchbay/internal/platforms/custom"
)

const least = `id: acme
name: Acme
authorize_url: https://acme.example/authorize
token_url: https://acme.example/token
client_id: abc
client_secret_env: ACME_SECRET
refresh: {model: none}
identity: {url: "https://acme.example/me", subject: /id}
`

func getenv(name string) string {
	return map[string]string{"ACME_SECRET": "hunter2-secret", "TWO_WORDS": "hunter2 secret"}[name]
}

// file writes a platform's file: least, with lines put in the place of those that begin
// alike, and others added.
func file(t *testing.T, lines ...string) string {
	t.Helper()
	text := least
	for _, line := range lines {
		key, _, _ := strings.Cut(line, ":")
		kept := ""
		for old := range strings.Lines(text) {
			if !strings.HasPrefix(old, key+":") {
				kept += old
			}
		}
		text = kept
		if !strings.HasSuffix(line, ": -") { // a key taken away
			text += line + "\n"
		}
	}
	return fileOf(t, text)
}

func fileOf(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "acme.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func options() custom.Options {
	return custom.Options{Getenv: getenv, Trusted: []string{"http://127.0.0.1:9"}, Taken: []string{"facebook"}}
}

func TestLeast(t *testing.T) {
	t.Parallel()
	list, err := custom.Load([]string{file(t)}, options())
	if err != nil {
		t.Fatal(err)
	}
	want := platform.Spec{
		ID: "acme", Name: "Acme", AuthorizeURL: "https://acme.example/authorize", TokenURL: "https://acme.example/token",
		ClientAuth: platform.AuthBasic, PKCE: platform.PKCES256, ScopeSeparator: " ", GrantedScopes: platform.GrantedInToken,
		Denial: platform.Denial{Errors: []string{"access_denied"}}, Refresh: platform.RefreshNone, Revocation: platform.ReachToken,
		ProbeEvery: 24 * time.Hour, Targets: []platform.TargetKind{{Kind: "profile", Role: platform.RoleAccount}}, Pick: platform.PickOne,
	}
	got := list[0].Spec()
	got.RefreshRules, got.CallRules = nil, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("spec (-want +got):\n%s", diff)
	}
	if id, secret := list[0].App(); id != "abc" || secret.Reveal() != "hunter2-secret" {
		t.Errorf("app: got %s and %d characters, want abc and the variable's", id, len(secret.Reveal()))
	}
}

// TestManual: the example of the manual is one that works, and a form as good as the
// built-in platforms'.
func TestManual(t *testing.T) {
	t.Parallel()
	manual, err := os.ReadFile("../../../docs/custom-platforms.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(manual), "```yaml\n")
	example, rest, _ := strings.Cut(rest, "```")
	_, rest, _ = strings.Cut(rest, "```yaml\n")
	rules, _, _ := strings.Cut(rest, "```")
	path := fileOf(t, example+rules)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "acme.secret"), []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := custom.Load([]string{path}, options())
	if err != nil {
		t.Fatal(err)
	}
	platformtest.Spec(t, list[0], time.Time{})
	spec := list[0].Spec()
	if spec.Pick != platform.PickMany || spec.Targets[0].Kind != "page" || spec.ProbeEvery != 12*time.Hour || len(spec.Scopes) != 4 {
		t.Errorf("got %+v", spec)
	}
	want := platform.Rule{Word: "token_revoked", Class: platform.ClassPermanent, Reason: platform.ReasonRevoked}
	if got := spec.RefreshRules[0]; got != want {
		t.Errorf("first rule: got %+v, want the file's %+v", got, want)
	}
}

// TestWrongFiles: each mistake is told with its line and key, and quotes nothing.
func TestWrongFiles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"hunter2: x", "hunter2: there is no such key"},
		{"client_secret: hunter2", "9: client_secret: a secret does not stand in this file"},
		{"identity: {url: \"https://acme.example/me\", subject: /id, hunter: hunter2}", "8: hunter: there is no such key"},
		{"identity: {url: \"https://acme.example/me\"}", "8: identity.subject: is missing"},
		{"identity: {subject: /id}", "8: identity.url: is missing"},
		{"identity: {url: \"https://acme.example/me\", subject: hunter2}", "8: identity.subject: must be a JSON pointer"},
		{"identity: {url: \"https://acme.example/me\", subject: /a~2}", "where ~ is written as ~0"},
		{"identity: {url: \"https://acme.example/me\", subject: /id, kind: hunter2}", "identity.kind: must be one of profile, page"},
		{"identity: hunter2", "8: identity: must be of another kind"},
		{"dpop: hunter2", "dpop: must be of another kind"},
		{"revocation: user_app\nrevoke_replaced: true", "revoke_replaced: goes with the revocation \"token\" alone"},
		{"id: -", ": id: is missing"},
		{"id: facebook", "id: is the name of a platform"},
		{"id: youtube", "id: is the name of a platform"},
		{"id: Hunter2", "id: must be 2 to 31"},
		{"name: \"\"", "name: is missing"},
		{"client_id: hunter 2", "client_id: must be visible ASCII"},
		{"client_id: -", "client_id: is missing"},
		{"client_secret_env: -", "client_secret_env: is missing"},
		{"client_secret_env: HUNTER2", "client_secret_env: the environment variable that it names is not set"},
		{"client_secret_env: TWO_WORDS", "client_secret_env: must be visible ASCII"},
		{"client_secret_file: hunter2", "client_secret_file: stands beside client_secret_env"},
		{"client_auth: none", "client_auth: none is for a client without a secret"},
		{"client_auth: hunter2", "9: client_auth: must be basic, post or none"},
		{"pkce: hunter2", "pkce: must be s256 or none"},
		{"par: required", "par_url: is missing"},
		{"par: hunter2", "par: must be true, required or false"},
		{"token_url: -", "token_url: is missing"},
		{"token_url: http://hunter2.example/token", "8: token_url: must be https"},
		{"token_url: https://acme.example:8443/hunter2", "token_url: is on another port than 443"},
		{"token_url: https://hunter2@acme.example/token", "token_url: must be an address"},
		{"issuer: https://acme.example?hunter2", "issuer: must have no query"},
		{"scopes: [{name: \"a b\", feature: post}]", "scopes.0: must have a name"},
		{"scopes: [{name: a, feature: hunter2}]", "scopes.0: feature must be one of post"},
		{"scopes: [{name: a, feature: post}, {name: a, feature: post}]", "scopes.1: stands there twice"},
		{"scopes: [hunter2]", "scopes: must be of another kind"},
		{"authorize_params: {state: hunter2}", "authorize_params.state: follows from the other keys"},
		{"access_lifetime: hunter2", "access_lifetime: must be a duration"},
		{"access_lifetime: 99999999d", "access_lifetime: must be a duration"},
		{"access_lifetime: -5m", "access_lifetime: must be a duration"},
		{"refresh: -", "refresh.model: must be rotating"},
		{"refresh: {model: rotating_with_grace}", "refresh.grace: belongs to the model"},
		{"refresh: {model: rotating, grace: 30s}", "refresh.grace: belongs to the model"},
		{"refresh: {model: renewing}", "refresh.grant_type: and parameter belong"},
		{"refresh: {model: renewing, grant_type: hunter2}", "refresh.grant_type: and parameter belong"},
		{"refresh: {model: none, grant_type: a, parameter: hunter2}", "refresh.grant_type: and parameter belong"},
		{"revocation: hunter2", "revocation: must be token, user_app or none"},
		{"targets: {id: /id}", "targets.url: is missing"},
		{"targets: {url: \"https://acme.example/pages\"}", "targets.id: is missing"},
		{"targets: {url: \"https://acme.example/pages\", id: /id, next: \"\"}", "targets.next: is missing"},
		{"targets: {url: \"https://acme.example/pages\", id: /id, pick: hunter2}", "targets.pick: must be one or many"},
		{"refresh_rules: [{class: transient}]", "refresh_rules.0: must have a word"},
		{"refresh_rules: [{word: hunter2, class: fine}]", "refresh_rules.0: must be class transient"},
		{"call_rules: [{status: 400, class: permanent}]", "call_rules.0: reason must be one of revoked"},
		{"call_rules: [{status: 400, class: transient, reason: revoked}]", "call_rules.0: has a reason"},
		{"probe_every: hunter2", "probe_every: must be a duration"},
		{"documentation: hunter2", "documentation: must be an address"},
		{"client_id: *hunter2", "is not YAML"},
		{"---", "holds a second document"},
		{"- hunter2", "is not YAML"},
	} {
		path := file(t, c.line)
		_, err := custom.Load([]string{path}, options())
		switch {
		case err == nil:
			t.Errorf("%s: got no error, want %q", c.line, c.want)
		case !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path):
			t.Errorf("%s: got %v, want %s and %q", c.line, err, path, c.want)
		case strings.Contains(strings.ReplaceAll(err.Error(), "hunter2: there is no such key", ""), "hunter2"):
			t.Errorf("%s: the value is quoted: %v", c.line, err)
		}
	}
}

func TestWhatMayStand(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{
		{"client_auth: none", "client_secret_env: -"},
		{"token_url: http://127.0.0.1:9/token"},
		{"issuer: https://acme.example/tenant/", "authorize_url: -", "token_url: -", "identity: {subject: /sub}", "par: required"},
		{"access_lifetime: 60d", "refresh: {model: rotating_with_grace, grace: 30s, lifetime: 90d}", "probe_every: off"},
		{"refresh: {model: renewing, grant_type: th_refresh_token, parameter: access_token}"},
	} {
		if _, err := custom.Load([]string{file(t, lines...)}, options()); err != nil {
			t.Errorf("%q: got %v", lines, err)
		}
	}
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	load := func() (ids []string, err error) {
		list, err := custom.Load([]string{dir}, options())
		for _, p := range list {
			ids = append(ids, p.Spec().ID)
		}
		return ids, err
	}
	if _, err := load(); err == nil || !strings.Contains(err.Error(), "holds no .yaml file") {
		t.Errorf("empty: got %v", err)
	}
	if _, err := custom.Load([]string{dir + "/nowhere"}, options()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("missing: got %v", err)
	}
	for name, id := range map[string]string{"b.yml": "second", "a.yaml": "first", "notes.txt": "none", ".hidden.yaml": "none"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.Replace(least, "id: acme", "id: "+id, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if ids, err := load(); err != nil || fmt.Sprint(ids) != "[first second]" {
		t.Errorf("got %v, %v, want first and second", ids, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "c.yaml"), []byte(strings.Replace(least, "id: acme", "id: first", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := load(); err == nil || !strings.Contains(err.Error(), "c.yaml:1: id: "+filepath.Join(dir, "a.yaml")+" defines it already") {
		t.Errorf("twice: got %v", err)
	}
}
