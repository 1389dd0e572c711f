package api

import "patchbay/internal/connect"

type newWorkspaceJSON struct {
	Name               string   `json:"name" minLength:"1" maxLength:"255" example:"Bakers United" doc:"Shown to people on the connect pages."`
	RequireRedirectURL bool     `json:"require_redirect_url,omitempty" doc:"Makes MarketingBlocks' redirectUrl required, as its error table has it."`
	AllowedRedirects   []string `json:"allowed_redirects,omitempty" maxItems:"100" example:"[\"https://app.example/connected\"]" doc:"The only redirect URLs that may be used, exactly. Empty: any usable one."`
	Headless           *bool    `json:"headless_connect,omitempty" default:"true" doc:"Allows links that lead straight to a platform, without a page of this server's (SmartlyQ; it answers NOT_ENABLED otherwise)."`
	BouncePage         bool     `json:"bounce_page,omitempty" doc:"Has such links lead over a page of this server's, which binds them to the first browser that opens them."`
}

func (n *newWorkspaceJSON) core() connect.Workspace {
	return connect.Workspace{
		Name: n.Name, RequireRedirectURL: n.RequireRedirectURL, AllowedRedirects: n.AllowedRedirects,
		NoHeadless: n.Headless != nil && !*n.Headless, BouncePage: n.BouncePage,
	}
}

type workspaceChangeJSON struct {
	Name               *string   `json:"name,omitempty" minLength:"1" maxLength:"255" example:"Bakers United" doc:"Shown to people on the connect pages."`
	RequireRedirectURL *bool     `json:"require_redirect_url,omitempty" doc:"Makes MarketingBlocks' redirectUrl required."`
	AllowedRedirects   *[]string `json:"allowed_redirects,omitempty" maxItems:"100" example:"[\"https://app.example/connected\"]" doc:"The only redirect URLs that may be used, exactly. Empty: any usable one."`
	Headless           *bool     `json:"headless_connect,omitempty" doc:"Allows links that lead straight to a platform."`
	BouncePage         *bool     `json:"bounce_page,omitempty" doc:"Has such links lead over a page of this server's."`
}

func (c *workspaceChangeJSON) core() connect.WorkspaceChange {
	change := connect.WorkspaceChange{
		Name: c.Name, RequireRedirectURL: c.RequireRedirectURL, AllowedRedirects: c.AllowedRedirects, BouncePage: c.BouncePage,
	}
	if c.Headless != nil {
		change.NoHeadless = new(!*c.Headless)
	}
	return change
}

type workspaceJSON struct {
	ID                 int64    `json:"id" example:"1" doc:"The workspace's id."`
	Key                string   `json:"key,omitempty" example:"pb_5Gk2…" doc:"Its first API key, which may do everything inside it. Told only in the answer that creates the workspace."`
	Name               string   `json:"name" example:"Bakers United" doc:"Shown to people on the connect pages."`
	RequireRedirectURL bool     `json:"require_redirect_url" example:"false" doc:"Whether MarketingBlocks' redirectUrl is required."`
	AllowedRedirects   []string `json:"allowed_redirects" nullable:"false" example:"[\"https://app.example/connected\"]" doc:"The only redirect URLs that may be used; empty: any usable one."`
	Headless           bool     `json:"headless_connect" example:"true" doc:"Whether links may lead straight to a platform, without a page of this server's."`
	BouncePage         bool     `json:"bounce_page" example:"false" doc:"Whether such links lead over a page of this server's."`
	CreatedAt          string   `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was made."`
}

type workspacePageJSON struct {
	Data       []workspaceJSON `json:"data" nullable:"false" doc:"Workspaces by ascending id: the key's own, or with workspaces:admin all."`
	NextCursor *string         `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

func toWorkspace(w connect.Workspace) workspaceJSON {
	return workspaceJSON{
		ID: w.ID, Name: w.Name, RequireRedirectURL: w.RequireRedirectURL, AllowedRedirects: listed(w.AllowedRedirects),
		Headless: !w.NoHeadless, BouncePage: w.BouncePage, CreatedAt: stamp(w.CreatedAt),
	}
}

func toCreatedWorkspace(made connect.CreatedWorkspace) workspaceJSON {
	body := toWorkspace(made.Workspace)
	body.Key = made.Secret.Reveal()
	return body
}
