package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/config"
)

var ids = []string{"facebook", "x"}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "patchbay.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheEnvironmentWinsOverTheFile(t *testing.T) {
	t.Parallel()
	path := file(t, `
# one comment
public_url: https://file.example.com
trusted_proxies: [10.0.0.0/8, "192.0.2.7"]
max_connections: 100
x: {client_id: 77e10, client_secret: 0123}
facebook:
  version: v25.0
  client_id:
log_level:
`)
	c, err := config.Load(env(map[string]string{"PATCHBAY_PUBLIC_URL": "https://env.example.com", "PATCHBAY_LISTEN": " "}), path, ids)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.PublicURL, "https://env.example.com"; got != want {
		t.Errorf("public URL: got %s, want %s", got, want)
	}
	if x := c.Apps["x"]; x.ClientID != "77e10" || x.ClientSecret.Reveal() != "0123" || len(c.Apps) != 1 {
		t.Errorf("app: got %q and %d apps, want the text as it is written, and one", x.ClientID, len(c.Apps))
	}
	if len(c.TrustedProxies) != 2 || c.TrustedProxies[1].String() != "192.0.2.7/32" || c.MaxConnections != 100 || c.FacebookVersion != "v25.0" {
		t.Errorf("got %v, %d, %s", c.TrustedProxies, c.MaxConnections, c.FacebookVersion)
	}
	if c.Listen != "127.0.0.1:8080" || c.IsSet("PATCHBAY_LISTEN") || !c.IsSet("PATCHBAY_MAX_CONNECTIONS") {
		t.Errorf("got %q, want the default, since spaces set nothing", c.Listen)
	}
}

func TestWrongFilesAreToldWithoutTheirText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"publik_url: https://hunter2.example.com":   `there is no setting "publik_url"`,
		"x:\n  client_idd: hunter2":                 `there is no setting "x.client_idd"`,
		"PUBLIC_URL: https://hunter2.example.com":   `there is no setting "PUBLIC_URL"`,
		"x: {client_id: hunter2}\nx_client_id: b":   `is set twice`,
		"x:\n  client_id: hunter2\n  client_id: b":  `has the key "client_id" twice, at line 3`,
		"public_url: {a: {b: hunter2}}":             `there is no setting "public_url.a.b"`,
		"public_url: {}":                            `"public_url" must be a value`,
		"x:\n  client_secret: *hunter2":             "is not YAML",
		"x:\n  client_secret: \"hunter2":            "is not YAML, near line",
		"- hunter2":                                 "must hold lines such as",
		"hunter2":                                   "must hold lines such as",
		"a: &hunter2 b\nlog_level: *hunter2":        "something other than plain text at line 2",
		"trusted_proxies: [{hunter2: 1}]":           "something other than plain text at line 1",
		"trusted_proxies: hunter2":                  "PATCHBAY_TRUSTED_PROXIES: must be networks",
		"listen: hunter2":                           "PATCHBAY_LISTEN: must be an address",
		"log_level: hunter2":                        "PATCHBAY_LOG_LEVEL: must be debug, info, warn or error",
		"max_connections: hunter2":                  "PATCHBAY_MAX_CONNECTIONS: must be a whole number",
		"x: {client_secret: hunter2}":               "PATCHBAY_X_CLIENT_ID, PATCHBAY_X_CLIENT_SECRET: set both or neither",
		"database_url: mysql://root:hunter2@host/d": "PATCHBAY_DATABASE_URL: must begin with",
	} {
		_, err := config.Load(env(nil), file(t, text), ids)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(strings.ReplaceAll(err.Error(), `"public_url.a.b"`, ""), "hunter2") {
			t.Errorf("%q: got %v, want %q and nothing of the values", text, err, want)
		}
	}
	missing := filepath.Join(t.TempDir(), "nowhere.yaml")
	if _, err := config.Load(env(nil), missing, ids); err == nil || !strings.Contains(err.Error(), missing+" does not exist") {
		t.Errorf("got %v, want that %s does not exist", err, missing)
	}
	for _, empty := range []string{"", "# nothing\n", "---\n"} {
		if _, err := config.Load(env(nil), file(t, empty), ids); err != nil {
			t.Errorf("%q: got %v, want an empty file to do", empty, err)
		}
	}
}

func TestEverythingWrongIsToldAtOnce(t *testing.T) {
	t.Parallel()
	_, err := config.Load(env(map[string]string{"PATCHBAY_PUBLIC_URL": "a", "PATCHBAY_X_CLIENT_ID": "b"}), file(t, "listen: c\nd: e"), ids)
	var names []string
	for _, p := range config.Problems(err) {
		names = append(names, p.Name)
	}
	want := []string{"configuration file", "PATCHBAY_PUBLIC_URL", "PATCHBAY_LISTEN", "PATCHBAY_X_CLIENT_ID, PATCHBAY_X_CLIENT_SECRET"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestSettingsAreShownWithoutSecrets(t *testing.T) {
	t.Parallel()
	c, err := config.Load(env(map[string]string{
		"PATCHBAY_KEY": "hunter2", "PATCHBAY_X_CLIENT_ID": "client", "PATCHBAY_X_CLIENT_SECRET": "hunter2",
		"PATCHBAY_DATABASE_URL": "postgres://user:hunter2@db:5432/patchbay?sslmode=require&password=hunter2",
	}), "", ids)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, s := range c.Settings {
		if s.Source != config.FromDefault {
			got[s.Name] = s.Value
		}
	}
	want := map[string]string{
		"PATCHBAY_KEY": "[secret]", "PATCHBAY_X_CLIENT_ID": "client", "PATCHBAY_X_CLIENT_SECRET": "[secret]",
		"PATCHBAY_DATABASE_URL": "postgres://user@db:5432/patchbay",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
	for _, odd := range []string{"postgres:// hunter2", "postgres:///db?password=hunter2"} {
		if shown := config.ShowDatabase(odd); strings.Contains(shown, "hunter2") {
			t.Errorf("%s: got %s", odd, shown)
		}
	}
}
