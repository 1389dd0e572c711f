package cli_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"patchbay/internal/cli"
)

func TestCredentialsFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, asked := newFakeAPI(t), []string{}
	f.handler["GET /v1/channels"] = pages(t, 1, 200, &asked)
	for range 2 { // a second start replaces the file
		if err := cli.WriteCredentials(dir, cli.Credentials{BaseURL: f.URL + "/", APIKey: testKey, WorkspaceID: 1}); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(cli.CredentialsPath(dir))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode: got %v (%v), want 0600", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files: got %v, want the credentials alone", left)
	}
	got := runIn(t, t.Context(), terminal{}, "channels", "list", "--data", dir)
	if got.code != 0 || got.stderr != "" {
		t.Errorf("got exit %d, %q; want 0 and nothing to say", got.code, got.stderr)
	}

	if err := os.Chmod(cli.CredentialsPath(dir), 0o644); err != nil {
		t.Fatal(err)
	}
	got = runIn(t, t.Context(), terminal{}, "channels", "list", "--data", dir)
	wantContains(t, "stderr", got.stderr, "warning", "0644", "chmod 600")
	got = runIn(t, t.Context(), terminal{env: map[string]string{"PATCHBAY_URL": f.URL}}, "channels", "list", "--data", dir)
	if got.code != 0 {
		t.Errorf("the file's key for the file's server: got exit %d, want 0\n%s", got.code, got.stderr)
	}
}

func TestCredentialsNotFound(t *testing.T) {
	t.Parallel()
	dev, broken := t.TempDir(), t.TempDir()
	if err := cli.WriteCredentials(dev, cli.Credentials{BaseURL: "http://127.0.0.1:1", APIKey: testKey}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cli.CredentialsPath(broken), []byte(`{"api_key":"`+testKey+`"`), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		dir  string
		env  map[string]string
		want []string
		code int
	}{
		"nothing":                  {t.TempDir(), nil, []string{"does not exist", "patchbay dev", "PATCHBAY_URL and PATCHBAY_API_KEY"}, 6},
		"an address alone":         {t.TempDir(), map[string]string{"PATCHBAY_URL": "https://x.example"}, []string{"no API key for https://x.example", "PATCHBAY_API_KEY"}, 6},
		"another server's address": {dev, map[string]string{"PATCHBAY_URL": "https://x.example"}, []string{"no API key for https://x.example"}, 6},
		"a key alone":              {dev, map[string]string{"PATCHBAY_API_KEY": testKey}, []string{"no address", "PATCHBAY_URL"}, 6},
		"a broken file":            {broken, nil, []string{"holds no base_url and api_key", "patchbay dev"}, 6},
		"no address at all":        {dev, map[string]string{"PATCHBAY_URL": "localhost:8080", "PATCHBAY_API_KEY": testKey}, []string{"not usable", "http://127.0.0.1:8080"}, 2},
		"an address with a path":   {dev, map[string]string{"PATCHBAY_URL": "http://127.0.0.1:1/v1", "PATCHBAY_API_KEY": testKey}, []string{"without a path"}, 2},
		"a password in it":         {dev, map[string]string{"PATCHBAY_URL": "http://me:" + testKey + "@127.0.0.1:1", "PATCHBAY_API_KEY": "k"}, []string{"me:xxxxx@"}, 7},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := runIn(t, t.Context(), terminal{env: tt.env}, "channels", "list", "--data", tt.dir)
			if got.code != tt.code {
				t.Errorf("exit code: got %d, want %d", got.code, tt.code)
			}
			wantContains(t, "stderr", got.stderr, append(tt.want, "patchbay: ", " — ")...)
		})
	}
}

func TestCredentialsFlagsBeatEnvironment(t *testing.T) {
	t.Parallel()
	f, asked := newFakeAPI(t), []string{}
	f.handler["GET /v1/channels"] = pages(t, 1, 200, &asked)
	wrong := terminal{env: map[string]string{"PATCHBAY_URL": "http://127.0.0.1:1", "PATCHBAY_API_KEY": "wrong"}}
	if got := runIn(t, t.Context(), wrong, "channels", "list", "--url", f.URL, "--api-key", testKey); got.code != 0 {
		t.Errorf("exit code: got %d, want 0\n%s", got.code, got.stderr)
	}
}

func TestCredentialsNeverPrint(t *testing.T) {
	t.Parallel()
	c := cli.Credentials{BaseURL: "http://127.0.0.1:8080", APIKey: testKey}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if got := fmt.Sprintf(format, c); strings.Contains(got, testKey) {
			t.Errorf("%s: got %s, want no key", format, got)
		}
	}
}
