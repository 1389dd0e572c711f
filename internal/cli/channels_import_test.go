package cli_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The tokens of these tests all hold this word, and no output may.
const tokenCanary = "tok3n"

// importer answers like the API: refuses tokens that hold "bad", is too busy for the first
// question of those that hold "busy", and echoes tokens in its refusals.
func importer(t *testing.T, seen *[]map[string]any) http.Handler {
	busy := map[string]bool{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			t.Errorf("request: %v", err)
		}
		*seen = append(*seen, in)
		token, _ := in["access_token"].(string)
		switch {
		case strings.Contains(token, "bad"):
			refuse(409, `"code":"conflict","reason":"app_other","detail":"The token `+token+` is of another app."`).ServeHTTP(w, r)
		case strings.Contains(token, "busy") && !busy[token]:
			busy[token] = true
			refuse(429, `"code":"rate_limited","detail":"Slow down."`).ServeHTTP(w, r)
		case strings.Contains(token, "stranger"):
			refuse(401, `"code":"unauthenticated","detail":"no"`).ServeHTTP(w, r)
		default:
			dry, _ := in["dry_run"].(bool)
			channel := "5"
			if dry {
				channel = "null"
			}
			fmt.Fprintf(w, `{"platform":"x","subject":"2244","name":"Corner bakery","app":"by_use","scopes_granted":["tweet.read"],"scopes_missing":["tweet.write"],
				"targets":[{"kind":"profile","external_id":"2244","name":"Corner bakery","blocked":null,"wanted":true,"channel_id":%s}],"channels":[],"dry_run":%t}`, channel, dry)
		}
	})
}

func set(token string) string {
	return fmt.Sprintf(`{"platform":"x","owner":"user_42","access_token":"%s-%s"}`, tokenCanary, token)
}

func TestChannelsImport(t *testing.T) {
	t.Parallel()
	lines := strings.Join([]string{set("a"), "", set("bad"), "not json " + tokenCanary, set("busy"), `{"platform":"x","` + tokenCanary + `":1}`, `{"owner":"user_42","access_token":"` + tokenCanary + `"}`, set("c")}, "\n")
	for name, tt := range map[string]struct {
		args  string
		term  terminal
		code  int
		calls int
		said  []string
	}{
		"one":                  {"", terminal{stdin: set("a")}, 0, 1, []string{"Imported: Corner bakery at x", "works with your app", "tweet.write", "channel 5"}},
		"one, over many lines": {"", terminal{stdin: "{\n\"platform\": \"x\",\n\"access_token\": \"" + tokenCanary + "\"\n}\n"}, 0, 1, []string{"channel 5"}},
		"one, dry":             {"--dry-run", terminal{stdin: set("a")}, 0, 1, []string{"Would be imported", "will try its refresh token", "a new one", "Nothing was changed"}},
		"one, refused":         {"", terminal{stdin: set("bad")}, 3, 1, []string{"refused: The token [secret] is of another app", "nothing was kept"}},
		"many":                 {"", terminal{stdin: lines}, 3, 4, []string{"1     x         user_42  Corner bakery  1         imported", "3     x", "refused: The token [secret] is of another app", "4 ", "no JSON object", "5     x", "a member that is not known", "names no platform", "3 of 7 imported, 4 refused", "4 of 7 were refused"}},
		"many, all good":       {"", terminal{stdin: set("a") + "\n" + set("b") + "\n"}, 0, 2, []string{"2 of 2 imported, 0 refused"}},
		"many, dry":            {"--dry-run", terminal{stdin: set("a") + "\n" + set("b") + "\n"}, 0, 2, []string{"would be imported"}},
		"filled in":            {"--platform x", terminal{stdin: `{"access_token":"` + tokenCanary + `","owner":null}`}, 0, 1, []string{"channel 5"}},
		"from the environment": {"--platform x --owner u", terminal{env: map[string]string{"PATCHBAY_IMPORT_ACCESS_TOKEN": tokenCanary, "PATCHBAY_IMPORT_REFRESH_TOKEN": tokenCanary + "2"}}, 0, 1, []string{"channel 5"}},
		"the key is refused":   {"", terminal{stdin: set("a") + "\n" + set("stranger") + "\n" + set("c")}, 6, 2, []string{"stopped after 1 of 3", "does not accept the API key", "imported"}},
		"a terminal":           {"", terminal{interactive: true}, 2, 0, []string{"standard input is a terminal"}},
		"nothing":              {"", terminal{stdin: "\n \n"}, 2, 0, []string{"the input is empty"}},
		"no such file":         {"--file /nonexistent/tokens", terminal{}, 2, 0, []string{"/nonexistent/tokens"}},
		"an array":             {"", terminal{stdin: "[" + set("a") + "]"}, 3, 0, []string{"no JSON object"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, seen := newFakeAPI(t), []map[string]any{}
			f.handler["POST /v1/channels/import"] = importer(t, &seen)
			got := f.runOn(t, t.Context(), tt.term, append([]string{"channels", "import"}, strings.Fields(tt.args)...)...)
			calls := len(seen)
			if name == "many" {
				calls-- // the one that was too busy at first
			}
			if got.code != tt.code || calls != tt.calls {
				t.Errorf("got exit %d after %d calls, want %d after %d\n%s%s", got.code, calls, tt.code, tt.calls, got.stdout, got.stderr)
			}
			wantContains(t, "output", got.stdout+got.stderr, tt.said...)
			wantLacks(t, "output", got.stdout+got.stderr, tokenCanary, "\x1b")
		})
	}
}

func TestChannelsImportSends(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	calls := f.answer("POST /v1/channels/import", 200, `{"targets":[],"channels":[]}`)
	term := terminal{stdin: `{"access_token":"a","platform":"facebook","expires_at":"2036-03-01T00:00:00Z","targets":["9"]}`}
	f.runOn(t, t.Context(), term, strings.Fields("channels import --platform x --owner u --owner-name U --server https://m.example --scope a --scope b --target 1 --dry-run")...)
	wantCall(t, calls, `{"access_token":"a","platform":"facebook","expires_at":"2036-03-01T00:00:00Z","targets":["9"],"owner":"u","owner_name":"U","server":"https://m.example","scopes":["a","b"],"dry_run":true}`)
}

func TestChannelsImportJSON(t *testing.T) {
	t.Parallel()
	f, seen := newFakeAPI(t), []map[string]any{}
	f.handler["POST /v1/channels/import"] = importer(t, &seen)
	got := f.runOn(t, t.Context(), terminal{stdin: set("a") + "\n" + set("bad") + "\n" + set("b")}, "channels", "import", "--json")
	lines := strings.Split(strings.TrimSpace(got.stdout), "\n")
	if len(lines) != 3 || got.code != 3 {
		t.Fatalf("got %d lines and exit %d, want 3 and 3:\n%s", len(lines), got.code, got.stdout)
	}
	wantContains(t, "first line", lines[0], `{"line":1,"imported":{"platform":"x"`)
	wantContains(t, "second line", lines[1], `{"line":2,"error":"The token [secret] is of another app"}`)
	wantLacks(t, "output", got.stdout+got.stderr, tokenCanary)
}

func TestChannelsImportFile(t *testing.T) {
	t.Parallel()
	f, seen := newFakeAPI(t), []map[string]any{}
	f.handler["POST /v1/channels/import"] = importer(t, &seen)
	path := filepath.Join(t.TempDir(), "tokens.jsonl")
	if err := os.WriteFile(path, []byte("\ufeff"+set("a")+"\r\n"+set("b")+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got := f.run(t, "channels", "import", "--file", path)
	if got.code != 0 || len(seen) != 2 {
		t.Errorf("got exit %d after %d calls, want 0 after 2\n%s", got.code, len(seen), got.stderr)
	}
	wantLacks(t, "stderr", got.stderr, "others can read")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	wantContains(t, "stderr", f.run(t, "channels", "import", "--file", path).stderr, "others can read the tokens", "chmod 600")
	both := terminal{env: map[string]string{"PATCHBAY_IMPORT_ACCESS_TOKEN": tokenCanary}}
	if got := f.runOn(t, t.Context(), both, "channels", "import", "--file", path); got.code != 2 {
		t.Errorf("tokens from two places: got exit %d, want 2", got.code)
	}
}

func TestChannelsImportProgress(t *testing.T) {
	t.Parallel()
	f, seen := newFakeAPI(t), []map[string]any{}
	f.handler["POST /v1/channels/import"] = importer(t, &seen)
	got := f.runOn(t, t.Context(), terminal{columns: 200, stdin: set("a") + "\n" + set("b")}, "channels", "import")
	wantContains(t, "stderr", got.stderr, "1 of 2, 0 refused", "\r\x1b[K")
}
