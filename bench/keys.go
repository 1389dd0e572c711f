package main

import (
	"os"
	"path/filepath"

	"patchbay/internal/vault"
)

const keyFile = "keyset.json" // as dev calls it

// makeKeys makes the key file of a data directory before the program would, and a vault
// of it: what is filled in must be sealed as the program seals.
func makeKeys(data string) (*vault.Vault, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	file := vault.NewKeyFile(filepath.Join(data, keyFile))
	if _, err := file.Make(); err != nil {
		return nil, err
	}
	return vault.Watch(file.Text)
}

// copyKeys gives another process of the same database its data directory.
func copyKeys(from, to string) error {
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	return copyFile(filepath.Join(from, keyFile), filepath.Join(to, keyFile))
}
