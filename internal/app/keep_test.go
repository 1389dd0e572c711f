package app_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"patchbay/internal/app"
	"patchbay/internal/vault"
)

func TestOfManyMakersOneWinsAndAllKnow(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key")
	var made atomic.Int64
	var got [16]string
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			secret, err := app.KeptSecret(path, func() (vault.Secret, error) {
				return vault.NewSecret("key " + strconv.FormatInt(made.Add(1), 10)), nil
			})
			if err != nil {
				t.Error(err)
			}
			got[i] = secret.Reveal()
		})
	}
	wg.Wait()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if got[i] != string(text) {
			t.Errorf("maker %d: got %q, want what the file holds, %q", i, got[i], text)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, %v, want 0600", info.Mode(), err)
	}
	if rest, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".new-*")); len(rest) != 0 {
		t.Errorf("left behind: %v", rest)
	}
}
