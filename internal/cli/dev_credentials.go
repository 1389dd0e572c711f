package cli

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/app"
	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// credentials are the workspace and key of this data directory: made at the first
// start, and again when the file is gone or its key no longer works here.
func (c *DevCmd) credentials(ctx context.Context, w *World, a *app.App, baseURL string) (Credentials, error) {
	workspace, err := a.Service.FirstWorkspace(ctx)
	if errors.Is(err, fault.NotFound) {
		workspace, err = a.Service.CreateWorkspace(ctx, connect.Workspace{Name: "My application"})
	}
	if err != nil {
		return Credentials{}, fmt.Errorf("workspace: %w", err)
	}
	workspace.RequireRedirectURL, workspace.AllowedRedirects = c.RequireRedirectURL, c.AllowRedirect
	if err := a.Service.UpdateWorkspace(ctx, workspace); err != nil {
		return Credentials{}, wrongSetting("--allow-redirect: " + fault.From(err).Message)
	}
	none := func(string) string { return "" } // the file alone counts here
	kept, err := ReadCredentials(none, c.Data)
	if err == nil {
		caller, authErr := a.Service.Authenticate(ctx, vault.NewSecret(kept.APIKey))
		if authErr == nil && caller.WorkspaceID == workspace.ID {
			kept.BaseURL, kept.WorkspaceID = baseURL, workspace.ID
			return kept, WriteCredentials(c.Data, kept)
		}
	}
	_, key, err := a.Service.CreateKey(ctx, connect.Key{WorkspaceID: workspace.ID, Name: "patchbay dev", Scopes: connect.Scopes()})
	if err != nil {
		return Credentials{}, fmt.Errorf("API key: %w", err)
	}
	made := Credentials{BaseURL: baseURL, APIKey: key.Reveal(), WorkspaceID: workspace.ID}
	return made, WriteCredentials(c.Data, made)
}
