package api

import "patchbay/internal/connect"

type newWorkspaceJSON struct {
	Name               string   `json:"name" minLength:"1" maxLength:"255" example:"Bakers United" doc:"Shown to people on the connect pages."`
	RequireRedirectURL bool     `json:"require_redirect_url,omitempty" doc:"Makes MarketingBlocks' redirectUrl required, as its error table has it."`
	AllowedRedirects   []string `json:"allowed_redirects,omitempty" maxItems:"100" example:"[\"https://app.example/connected\"]" doc:"The only redirect URLs that may be used, exactly. Empty: any usable one."`
}

func (n *newWorkspaceJSON) core() connect.Workspace {
	return connect.Workspace{Name: n.Name, RequireRedirectURL: n.RequireRedirectURL, AllowedRedirects: n.AllowedRedirects}
}

type workspaceChangeJSON struct {
	Name               *string   `json:"name,omitempty" minLength:"1" maxLength:"255" example:"Bakers United" doc:"Shown to people on the connect pages."`
	RequireRedirectURL *bool     `json:"require_redirect_url,omitempty" doc:"Makes MarketingBlocks' redirectUrl required."`
	AllowedRedirects   *[]string `json:"allowed_redirects,omitempty" maxItems:"100" example:"[\"https://app.example/connected\"]" doc:"The only redirect URLs that may be used, exactly. Empty: any usable one."`
}

func (c *workspaceChangeJSON) core() connect.WorkspaceChange {
	return connect.WorkspaceChange{Name: c.Name, RequireRedirectURL: c.RequireRedirectURL, AllowedRedirects: c.AllowedRedirects}
}

type workspaceJSON struct {
	ID                 int64    `json:"id" example:"1" doc:"The workspace's id."`
	Key                string   `json:"key,omitempty" example:"pb_5Gk2…" doc:"Its first API key, which may do everything inside it. Told only in the answer that creates the workspace."`
	Name               string   `json:"name" example:"Bakers United" doc:"Shown to people on the connect pages."`
	RequireRedirectURL bool     `json:"require_redirect_url" example:"false" doc:"Whether MarketingBlocks' redirectUrl is required."`
	AllowedRedirects   []string `json:"allowed_redirects" nullable:"false" example:"[\"https://app.example/connected\"]" doc:"The only redirect URLs that may be used; empty: any usable one."`
	CreatedAt          string   `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was made."`
}

type workspacePageJSON struct {
	Data       []workspaceJSON `json:"data" nullable:"false" doc:"Workspaces by ascending id: the key's own, or with workspaces:admin all."`
	NextCursor *string         `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

func toWorkspace(w connect.Workspace) workspaceJSON {
	return workspaceJSON{
		ID: w.ID, Name: w.Name, RequireRedirectURL: w.RequireRedirectURL, AllowedRedirects: listed(w.AllowedRedirects), CreatedAt: stamp(w.CreatedAt),
	}
}

func toCreatedWorkspace(made connect.CreatedWorkspace) workspaceJSON {
	body := toWorkspace(made.Workspace)
	body.Key = made.Secret.Reveal()
	return body
}
