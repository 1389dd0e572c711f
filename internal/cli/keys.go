package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"patchbay/internal/config"
	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// KeysCmd is `patchbay keys`.
type KeysCmd struct {
	New       KeysNewCmd       `cmd:"" help:"Make the key file that seals every token in the database."`
	Bootstrap KeysBootstrapCmd `cmd:"" help:"Make the first workspace and its API key."`
	Rotate    KeysRotateCmd    `cmd:"" help:"Exchange the key in the key file, while servers run."`
	Status    KeysStatusCmd    `cmd:"" help:"Show the keys, what is sealed under each, and which servers hold them."`
}

// Help is shown by --help.
func (*KeysCmd) Help() string {
	return `Two kinds of keys begin here: the key file, with which a server seals the tokens in its database, and the first API key,
with which an application calls the server. docs/keys.md tells the life of the key file: keeping it, exchanging it, losing it.

Examples:

    patchbay keys new --file /etc/patchbay/keyset.json
    patchbay keys bootstrap --name "My application"
    patchbay keys rotate
    patchbay keys status
`
}

// devKeyFile is what dev calls its key file, in its data directory.
const devKeyFile = "keyset.json"

// keyFileFlag says which key file a command works on.
type keyFileFlag struct {
	File string `name:"file" type:"path" placeholder:"FILE" help:"Key file (default: $$PATCHBAY_KEY_FILE, else keyset.json in the data directory, where \"patchbay dev\" has it)."`
}

// find names the key file, which must be there.
func (f keyFileFlag) find(cfg config.Config) (*vault.KeyFile, error) {
	path := filepath.Join(cfg.DataDir, devKeyFile)
	switch {
	case f.File != "":
		path = f.File
	case cfg.KeyFile != "":
		path = cfg.KeyFile
	case !cfg.Key.Empty():
		return nil, &exitError{
			code: exitUsage, what: "the key stands in PATCHBAY_KEY, which this command cannot change",
			next: "write it into a file, name that with --file, and take one --step after the other: docs/keys.md",
		}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, &exitError{
			code: exitUsage, what: "there is no key file " + path, cause: err,
			next: "name it with --file or PATCHBAY_KEY_FILE, or make one with `patchbay keys new`",
		}
	}
	return vault.NewKeyFile(path), nil
}

// keysError says what to do about what keeps a key command from its end.
func keysError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exitError{code: exitInterrupted, what: "interrupted", next: "nothing is lost: run it again, and it goes on where it stopped", cause: err}
	}
	if errors.Is(err, vault.ErrKeyFileInUse) {
		return &exitError{code: exitOther, what: "another process is changing the key file", next: "one `patchbay keys rotate` at a time", cause: err}
	}
	f := fault.From(err)
	next := map[string]string{
		"instances_not_ready": "give each server the key file as it is now, or wait longer with --timeout; `patchbay keys status` shows what each holds",
		"instance_unseen":     "start it again and stop it, wait for an hour, or use --force when it is gone for good",
		"key_in_use":          "`patchbay keys rotate --step reseal`",
		"workspace_exists":    "make one more with --another, or one more key for that one with --workspace",
		"wrong_key":           "name the file that the server uses with --file or PATCHBAY_KEY_FILE",
		"no_workspace":        "name one of these with --workspace, or make one with --name",
		"migrations_pending":  "run `patchbay migrate`",
		"no_database":         "run `patchbay migrate` to make it, or name the data directory with --data or the file with PATCHBAY_DATABASE_URL",
	}[f.Reason]
	if errors.Is(f, fault.Internal) || next == "" {
		return maintainError(ctx, err)
	}
	return &exitError{code: exitOther, what: strings.TrimSuffix(f.Message, "."), next: next, cause: err}
}
