package once_test

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The answers that are kept hold links and keys: nobody reads them in the database.
func TestKeptAnswersAreSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		var secrets []string
		for _, r := range routes {
			a := w.post(t, w.Key, w.here.of(r), r.body, "canary-idempotency-key").want(t, http.StatusCreated, "")
			secrets = append(secrets, a.made(t).secrets()...)
		}
		// Two keys, two links, and what an endpoint's messages are signed with.
		if len(secrets) != 5 || w.count(t, "replies") != len(routes) {
			t.Fatalf("got %d secrets in %d answers: the test is broken", len(secrets), w.count(t, "replies"))
		}
		secrets = append(secrets, "canary-client-secret", "canary-idempotency-key")
		text := w.text(t)
		for i, secret := range secrets {
			for form, written := range map[string]string{
				"as it is": secret, "hex": hex.EncodeToString([]byte(secret)), "base64": strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret)), "="),
			} {
				if strings.Contains(text, written) {
					t.Errorf("the database tells secret %d %s", i, form)
				}
			}
		}
	})
}

// text is all of the database: every row, and of a file every byte.
func (w *world) text(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for row := range w.db.Dump(t) {
		all.WriteString(row.Text + "\n")
	}
	path, ok := strings.CutPrefix(w.DSN, "sqlite:")
	if !ok {
		return all.String()
	}
	names, err := filepath.Glob(path + "*")
	if err != nil || len(names) == 0 {
		t.Fatalf("no database file: %v", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(b)
	}
	return all.String()
}
