package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// KeyFile is a keyset in a file that only its owner reads. Programs that use the keys
// read it; one at a time changes it.
type KeyFile struct{ path string }

// NewKeyFile names a file; nothing is opened yet.
func NewKeyFile(path string) *KeyFile { return &KeyFile{path} }

// Path is the file's.
func (f *KeyFile) Path() string { return f.path }

// Text is what the file holds.
func (f *KeyFile) Text() ([]byte, error) {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return text, nil
}

// Keyset is what the file holds, read.
func (f *KeyFile) Keyset() (Keyset, error) {
	text, err := f.Text()
	if err != nil {
		return Keyset{}, err
	}
	set, err := ParseKeyset(text)
	if err != nil {
		return Keyset{}, fmt.Errorf("key file %s: %w", f.path, err)
	}
	return set, nil
}

// Make writes a new keyset of one key, mode 0600; fs.ErrExist where there is a file.
func (f *KeyFile) Make() (Keyset, error) {
	text, err := NewKeyset()
	if err != nil {
		return Keyset{}, err
	}
	file, err := os.CreateTemp(filepath.Dir(f.path), ".new-*") // 0600
	if err != nil {
		return Keyset{}, fmt.Errorf("key file: %w", err)
	}
	defer os.Remove(file.Name())
	if err := writeAll(file, text); err != nil {
		return Keyset{}, fmt.Errorf("key file: %w", err)
	}
	if err := os.Link(file.Name(), f.path); err != nil { // unlike a rename, never over another
		return Keyset{}, fmt.Errorf("key file: %w", err)
	}
	if err := syncDir(filepath.Dir(f.path)); err != nil {
		return Keyset{}, fmt.Errorf("key file: %w", err)
	}
	return f.Keyset()
}

// ErrKeyFileInUse is what Lock answers while another process changes the file.
var ErrKeyFileInUse = errors.New("another process is changing the key file")

// Lock keeps other processes from changing the file until unlock, or until this one
// ends; ErrKeyFileInUse where one has it. It leaves an empty file beside it,
// whose name ends in .lock. Reading needs no lock.
func (f *KeyFile) Lock() (unlock func(), err error) {
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the key file: %w", err)
	}
	if err := flock(lock); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = lock.Close() }, nil
}

// Replace writes another keyset over the file: its readers see the old one or the new
// one, and after a power cut the new one stands. The file's mode and owner stay.
// Whoever read it before must hold the lock since.
func (f *KeyFile) Replace(set Keyset) error {
	text, err := set.JSON()
	if err != nil {
		return err
	}
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	if err := replace(path, text); err != nil {
		return fmt.Errorf("key file: %w", err)
	}
	return nil
}

// replace always writes the same file first, so that those who are killed here leave
// one file behind and the next one takes it away.
func replace(path string, text []byte) error {
	old, err := os.Stat(path)
	if err != nil {
		return err
	}
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(giveTo(file, old), file.Chmod(old.Mode().Perm()))
	if err = errors.Join(err, writeAll(file, text)); err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return syncDir(filepath.Dir(path))
}

func writeAll(file *os.File, text []byte) error {
	_, err := file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
