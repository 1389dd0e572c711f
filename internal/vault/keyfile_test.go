package vault_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"patchbay/internal/vault"
)

func TestAKeyFileIsMadeOnceAndNeverOverwritten(t *testing.T) {
	t.Parallel()
	file := vault.NewKeyFile(filepath.Join(t.TempDir(), "key.json"))
	made, err := file.Make()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.Make(); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second time: got %v, want fs.ErrExist", err)
	}
	again, err := file.Keyset()
	if err != nil || again.Primary() != made.Primary() {
		t.Errorf("afterwards: got %v, %v, want the first key", again.Primary(), err)
	}
	if info, err := os.Stat(file.Path()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: got %v, %v, want 0600", info.Mode(), err)
	}
	onlyFiles(t, filepath.Dir(file.Path()), "key.json")
}

func TestReplacingKeepsModeAndLink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	real := vault.NewKeyFile(filepath.Join(dir, "real.json"))
	set, err := real.Make()
	if err != nil {
		t.Fatal(err)
	}
	link := vault.NewKeyFile(filepath.Join(dir, "key.json"))
	if err := errors.Join(os.Symlink("real.json", link.Path()), os.Chmod(real.Path(), 0o640)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(real.Path()+".new", []byte("of one who was killed"), 0o600); err != nil {
		t.Fatal(err)
	}
	added, id, err := set.Add()
	if err := errors.Join(err, link.Replace(added)); err != nil {
		t.Fatal(err)
	}
	got, err := real.Keyset()
	if pending, _ := got.Pending(); err != nil || pending != id {
		t.Errorf("got pending %v, %v, want %v", pending, err, id)
	}
	info, err := os.Lstat(real.Path())
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("mode: got %v, %v, want 0640", info.Mode(), err)
	}
	onlyFiles(t, dir, "key.json", "real.json")
}

func TestOneAtATimeChangesAKeyFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "key.json")
	file := vault.NewKeyFile(path)
	if _, err := file.Make(); err != nil {
		t.Fatal(err)
	}
	unlock, err := file.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.NewKeyFile(path).Lock(); !errors.Is(err, vault.ErrKeyFileInUse) {
		t.Errorf("a second lock: got %v, want ErrKeyFileInUse", err)
	}
	unlock()
	if unlock, err = vault.NewKeyFile(path).Lock(); err != nil {
		t.Errorf("after it was given back: got %v", err)
	} else {
		unlock()
	}
}

func onlyFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if len(got) != len(want) {
		t.Errorf("files: got %v, want %v", got, want)
	}
}
