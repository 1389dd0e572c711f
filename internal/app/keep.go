package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"patchbay/internal/vault"
)

// KeptSecret reads a 0600 file, or makes it with a new secret in it. What it answers
// is on the disk: the file appears whole or not at all, and of several that make it at
// once one wins and all answer that one's.
func KeptSecret(path string, generate func() (vault.Secret, error)) (vault.Secret, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeSecret(path, generate); err == nil {
			text, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return vault.Secret{}, fmt.Errorf("kept secret: %w", err)
	}
	return vault.NewSecret(string(text)), nil
}

func makeSecret(path string, generate func() (vault.Secret, error)) error {
	secret, err := generate()
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.WriteString(secret.Reveal())
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
