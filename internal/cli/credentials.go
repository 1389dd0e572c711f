package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// DefaultDataDir is where dev keeps its database and credentials.
const DefaultDataDir = "./patchbay-data"

const (
	envURL = "PATCHBAY_URL"
	envKey = "PATCHBAY_API_KEY"
)

// Credentials are how a command reaches a server, and what dev leaves for the
// others. Printing them shows no key; marshalling does, so only the file and dev's
// own first output do that.
type Credentials struct {
	BaseURL     string `json:"base_url"` // such as http://127.0.0.1:8080, without a path
	APIKey      string `json:"api_key"`
	WorkspaceID int64  `json:"workspace_id"` // 0: not known

	path string // the file they came from; empty: no file
}

func (c Credentials) String() string   { return "credentials for " + redacted(c.BaseURL) }
func (c Credentials) GoString() string { return c.String() }

// CredentialsPath is the file that dev leaves in its data directory.
func CredentialsPath(dir string) string { return filepath.Join(dir, "credentials.json") }

// WriteCredentials leaves credentials in dir for the other commands: mode 0600,
// replaced in one step, so that a reader sees the old file or the new one.
func WriteCredentials(dir string, c Credentials) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	temp, err := os.CreateTemp(dir, ".credentials-*") // CreateTemp's mode is 0600
	if err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	defer func() { _ = os.Remove(temp.Name()) }() // nothing is left to remove after the rename
	_, err = temp.Write(append(body, '\n'))
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	if err := os.Rename(temp.Name(), CredentialsPath(dir)); err != nil {
		return fmt.Errorf("credentials: %w", err)
	}
	return nil
}

// ReadCredentials takes address and key from PATCHBAY_URL and PATCHBAY_API_KEY,
// else from the file that dev left in dir. Its errors say what to do.
func ReadCredentials(getenv func(string) string, dir string) (Credentials, error) {
	return findCredentials(getenv(envURL), getenv(envKey), dir)
}

// findCredentials completes what was given from the file. The file's key goes to
// the file's server only, never to another address that was given.
func findCredentials(baseURL, key, dir string) (Credentials, error) {
	given := Credentials{BaseURL: trimURL(baseURL), APIKey: strings.TrimSpace(key)}
	if given.BaseURL != "" && given.APIKey != "" {
		return given, nil
	}
	if given.APIKey != "" {
		return Credentials{}, noCredentials("an API key is given, but no address", "set "+envURL+" too, such as http://127.0.0.1:8080")
	}
	left, err := readFile(dir)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Credentials{}, err
	case given.BaseURL != "" && given.BaseURL != left.BaseURL:
		return Credentials{}, noCredentials("no API key for "+redacted(given.BaseURL), "set "+envKey)
	case err != nil:
		return Credentials{}, noCredentials("no server and key to use: "+CredentialsPath(dir)+" does not exist",
			"start one with `patchbay dev`, point --data at its data directory, or set "+envURL+" and "+envKey)
	}
	return left, nil
}

func readFile(dir string) (Credentials, error) {
	path := CredentialsPath(dir)
	body, err := os.ReadFile(path)
	if err != nil {
		return Credentials{}, &exitError{exitUnauthorized, err.Error(), "set " + envURL + " and " + envKey, err}
	}
	c := Credentials{path: path}
	if json.Unmarshal(body, &c) != nil || c.BaseURL == "" || c.APIKey == "" { // the decoder's error could quote the key
		return Credentials{}, noCredentials(path+" holds no base_url and api_key", "start `patchbay dev` once more, which writes it")
	}
	c.BaseURL = trimURL(c.BaseURL)
	return c, nil
}

func noCredentials(what, next string) error {
	return &exitError{code: exitUnauthorized, what: what, next: next}
}

func trimURL(s string) string { return strings.TrimRight(strings.TrimSpace(s), "/") }

// openMode describes a credentials file that others can read; empty: all is well.
func openMode(path string) string {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return fmt.Sprintf("warning: others can read the API key in %s (mode %04o) — chmod 600 it, and change the key if this machine is shared",
		path, info.Mode().Perm())
}

// serverFlags say which server a command talks to.
type serverFlags struct {
	URL    string `name:"url" group:"Which server:" placeholder:"URL" help:"The server's address (default: $$PATCHBAY_URL, else what dev left in --data)."`
	APIKey string `name:"api-key" group:"Which server:" placeholder:"KEY" help:"API key. Prefer $$PATCHBAY_API_KEY: other users of this machine can read arguments."`
	Data   string `name:"data" group:"Which server:" type:"path" placeholder:"DIR" default:"./patchbay-data" help:"Data directory of a local dev server (default: ${default})."`
}

// client makes the client of the server that the flags, the environment or dev name.
func (f serverFlags) client(w *World) (*client, error) {
	c, err := findCredentials(cmp.Or(f.URL, w.Getenv(envURL)), cmp.Or(f.APIKey, w.Getenv(envKey)), f.Data)
	if err != nil {
		return nil, err
	}
	if warning := openMode(c.path); warning != "" {
		fmt.Fprintln(w.Stderr, "patchbay: "+warning)
	}
	return newClient(c)
}
