package cli

import (
	"errors"
	"fmt"
	"io/fs"

	"patchbay/internal/vault"
)

// KeysNewCmd makes a key file.
type KeysNewCmd struct {
	File string `name:"file" required:"" type:"path" placeholder:"FILE" help:"Where to make it. It must not exist yet, and its directory must."`
}

// Help is shown by --help.
func (*KeysNewCmd) Help() string {
	return `The file (mode 0600) holds an AES-256-GCM key as a Tink keyset. A server needs it to seal and open the tokens in its
database; without it they are lost, and everybody has to connect again. Keep a copy away from the server and away from the
database's backups: whoever has both has the tokens.

Examples:

    patchbay keys new --file /etc/patchbay/keyset.json
    sudo -u patchbay patchbay keys new --file /etc/patchbay/keyset.json     # the server must be able to read it

Exit codes: 0 made, 1 another error, 2 there is a file already, or no directory for it.
`
}

// Run makes the file and says what comes next.
func (c *KeysNewCmd) Run(w *World) error {
	if err := noDirectory(c.File); err != nil {
		return err
	}
	made, err := vault.NewKeyFile(c.File).Make()
	if errors.Is(err, fs.ErrExist) {
		return &exitError{
			code: exitUsage, what: c.File + " exists already, and it may be the only key to a database", cause: err,
			next: "choose another name, or exchange its key with `patchbay keys rotate`",
		}
	}
	if err != nil {
		return err
	}
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, `%s made, with key %s. Only you can read it.

Next:
  1. Copy it to a safe place, away from the database's backups. Lost is lost: nobody can open the tokens without it.
  2. Start the server with it:       PATCHBAY_KEY_FILE=%s patchbay serve --migrate
  3. Make the first API key:         patchbay keys bootstrap --name "My application"

`, p.bold(c.File), made.Primary(), c.File)
	return nil
}
