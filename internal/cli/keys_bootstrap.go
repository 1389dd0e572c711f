package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
)

// KeysBootstrapCmd makes the first workspace and its key, or one more key of a workspace
// whose last one is lost.
type KeysBootstrapCmd struct {
	Name      string `name:"name" placeholder:"NAME" help:"The new workspace's name, which people see on the connect pages."`
	Another   bool   `name:"another" help:"Make one more workspace, though there is one."`
	Workspace int64  `name:"workspace" placeholder:"ID" help:"Make no workspace, but one more key of this one: the way back when its last key is lost."`
	JSON      bool   `name:"json" help:"Print one JSON object, and nothing else on standard output."`

	keyFileFlag
	settingsFlags
}

// Help is shown by --help.
func (*KeysBootstrapCmd) Help() string {
	return `Makes a workspace with its default owner, and an API key with all scopes, the operator's (workspaces:admin) included.
The key is shown once: the database keeps its hash only. The database must be there ("patchbay migrate" or "patchbay serve
--migrate" makes it); a running server needs no restart. More keys, with fewer scopes: POST /v1/keys.

The workspace's audit log tells of it as the operator's deed: at once where the settings or --file name the key file, else when
the server next starts or the key is first used.

With --workspace it makes such a key in a workspace that is there, for whoever lost the last one. This needs the key file. The keys of before go on working: revoke the lost one (DELETE /v1/keys/ID).

Examples:

    patchbay keys bootstrap --name "My application"
    patchbay keys bootstrap --name "My application" --data /var/lib/patchbay
    PATCHBAY_DATABASE_URL=postgres://… patchbay keys bootstrap --name Acme --json | jq -r .api_key > key.txt
    patchbay keys bootstrap --workspace 1

Exit codes: 0 made, 1 another error or there is a workspace already, 2 wrong usage or settings.
`
}

// Validate is called by the parser.
func (c *KeysBootstrapCmd) Validate() error {
	switch {
	case c.Workspace < 0:
		return errors.New("--workspace: must be a workspace's id, such as 1")
	case c.Workspace == 0 && c.Name == "":
		return errors.New("--name: must be given, or --workspace for a key of a workspace that is there")
	case c.Workspace != 0 && (c.Name != "" || c.Another):
		return errors.New("--workspace: makes no workspace, so it takes neither --name nor --another")
	}
	return nil
}

// Run makes them.
func (c *KeysBootstrapCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.database(w, "keys bootstrap")
	if err != nil {
		return err
	}
	made, err := c.make(ctx, cfg)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(w.Stdout, struct {
			WorkspaceID int64  `json:"workspace_id"`
			Name        string `json:"name"`
			KeyID       int64  `json:"key_id"`
			APIKey      string `json:"api_key"`
		}{made.ID, made.Name, made.Key.ID, made.Secret.Reveal()})
	}
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, `Workspace %d, %q, with an API key that may do everything:

    %s

It is shown this once. Keep it where your other secrets are, and try it:

    PATCHBAY_URL=%s PATCHBAY_API_KEY=… patchbay channels list
`, made.ID, clean(made.Name), p.bold(made.Secret.Reveal()), cmp.Or(cfg.PublicURL, "https://connect.example.com"))
	if c.Workspace != 0 {
		fmt.Fprintf(w.Stdout, "\nIt is key %d. The keys of before go on working: GET /v1/keys lists them, DELETE /v1/keys/ID revokes one.\n", made.Key.ID)
	}
	return nil
}

func (c *KeysBootstrapCmd) make(ctx context.Context, cfg config.Config) (made connect.CreatedWorkspace, err error) {
	keys, _, err := c.keyring(cfg)
	if c.Workspace == 0 {
		if c.File == "" && (cfg.KeyFile == "" && cfg.Key.Empty() || errors.Is(err, fs.ErrNotExist)) {
			keys, err = nil, nil // the server begins the audit log, with the key that is its own
		}
		if err != nil {
			return made, err
		}
		made, err = app.Bootstrap(ctx, cfg, keys, c.Name, c.Another)
		return made, keysErrorOrNil(ctx, err)
	}
	if err != nil {
		return made, err
	}
	made, err = app.BootstrapKey(ctx, cfg, keys, c.Workspace)
	return made, keysErrorOrNil(ctx, err)
}

func keysErrorOrNil(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return keysError(ctx, err)
}
