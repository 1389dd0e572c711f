package cli

import (
	"cmp"
	"context"
	"fmt"

	"patchbay/internal/app"
)

// KeysBootstrapCmd makes the first workspace and its key.
type KeysBootstrapCmd struct {
	Name    string `name:"name" required:"" placeholder:"NAME" help:"The workspace's name, which people see on the connect pages."`
	Another bool   `name:"another" help:"Make one more workspace, though there is one."`
	JSON    bool   `name:"json" help:"Print one JSON object, and nothing else on standard output."`

	settingsFlags
}

// Help is shown by --help.
func (*KeysBootstrapCmd) Help() string {
	return `Makes a workspace with its default owner, and an API key with all scopes, the operator's (workspaces:admin) included.
The key is shown once: the database keeps its hash only. The database must be there ("patchbay migrate" or "patchbay serve
--migrate" makes it); a running server needs no restart. More keys, with fewer scopes: POST /v1/keys.

Examples:

    patchbay keys bootstrap --name "My application"
    patchbay keys bootstrap --name "My application" --data /var/lib/patchbay
    PATCHBAY_DATABASE_URL=postgres://… patchbay keys bootstrap --name Acme --json | jq -r .api_key > key.txt

Exit codes: 0 made, 1 another error or there is a workspace already, 2 wrong usage or settings.
`
}

// Run makes them.
func (c *KeysBootstrapCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.database(w, "keys bootstrap")
	if err != nil {
		return err
	}
	made, err := app.Bootstrap(ctx, cfg, c.Name, c.Another)
	if err != nil {
		return keysError(ctx, err)
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
`, made.ID, made.Name, p.bold(made.Secret.Reveal()), cmp.Or(cfg.PublicURL, "https://connect.example.com"))
	return nil
}
