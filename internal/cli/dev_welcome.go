package cli

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"patchbay/internal/config"
)

// welcome says that the server is ready and where to go next.
func (c *DevCmd) welcome(w *World, cfg config.Config, cred Credentials) func() {
	return func() {
		if c.JSON {
			line, _ := json.Marshal(cred) // strings and a number always marshal
			fmt.Fprintln(w.Stdout, string(line))
			return
		}
		lab := cfg.PublicURL
		if cfg.LabURL != "" {
			lab = cfg.LabURL
		}
		fmt.Fprintf(w.Stdout, `
  Patchbay is ready at %[1]s

    API key       %[2]s
    Workspace     %[3]d
    Kept in       %[4]s (only you can read it)

  Connect a pretend account now, in another terminal:

    go run ./cmd/patchbay connect%[5]s

  or with curl:

    curl -s %[1]s/v1/sessions \
      -H 'Authorization: Bearer %[2]s' \
      -H 'Content-Type: application/json' -d '{}'

  and open the connect_url that it answers. The accounts are played by the Lab:
  %[6]s/lab/ tells who they are.

  API reference %[1]s/docs
  Stop with Ctrl-C.
`, cfg.PublicURL, cred.APIKey, cred.WorkspaceID, filepath.Join(c.Data, "credentials.json"), c.dataFlag(), lab)
	}
}

// dataFlag repeats --data for the other commands where it is not the default.
func (c *DevCmd) dataFlag() string {
	if here, err := filepath.Abs("patchbay-data"); err == nil && here == c.Data {
		return ""
	}
	return " --data " + c.Data
}
