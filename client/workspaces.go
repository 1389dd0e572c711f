package client

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// NewWorkspace makes a tenant.
type NewWorkspace struct {
	Name               string   `json:"name"`                           // shown on the connect pages
	RequireRedirectURL bool     `json:"require_redirect_url,omitempty"` // for MarketingBlocks' redirectUrl
	AllowedRedirects   []string `json:"allowed_redirects,omitempty"`    // the only redirect URLs, exactly; empty: any usable one
	HeadlessConnect    *bool    `json:"headless_connect,omitempty"`     // links that lead straight to a platform; nil: allowed
	BouncePage         bool     `json:"bounce_page,omitempty"`          // such links lead over a page of the server's
}

// WorkspaceChange changes what is not nil.
type WorkspaceChange struct {
	Name               *string   `json:"name,omitempty"`
	RequireRedirectURL *bool     `json:"require_redirect_url,omitempty"`
	AllowedRedirects   *[]string `json:"allowed_redirects,omitempty"`
	HeadlessConnect    *bool     `json:"headless_connect,omitempty"`
	BouncePage         *bool     `json:"bounce_page,omitempty"`
}

// Workspace is a tenant of the server.
type Workspace struct {
	ID                 int64     `json:"id"`
	Key                Secret    `json:"key,omitzero"` // its first API key; in the answer to Create only
	Name               string    `json:"name"`
	RequireRedirectURL bool      `json:"require_redirect_url"`
	AllowedRedirects   []string  `json:"allowed_redirects"`
	HeadlessConnect    bool      `json:"headless_connect"` // links may lead straight to a platform
	BouncePage         bool      `json:"bounce_page"`      // such links lead over a page of the server's
	CreatedAt          time.Time `json:"created_at"`
}

// Workspaces are the server's tenants.
type Workspaces struct{ w *wire }

// Create makes a workspace with its first key; scope workspaces:admin, the operator's.
func (s *Workspaces) Create(ctx context.Context, n NewWorkspace, options ...CreateOption) (Workspace, error) {
	return create[Workspace](ctx, s.w, "/v1/workspaces", n, options)
}

// List reads one page: the key's own workspace, or with workspaces:admin every one.
// Scope workspaces:read.
func (s *Workspaces) List(ctx context.Context, options ListOptions) (Page[Workspace], error) {
	return list[Workspace](ctx, s.w, "/v1/workspaces", options.query())
}

// All yields every workspace that List would, asking for a page at a time. It ends after
// an error.
func (s *Workspaces) All(ctx context.Context) iter.Seq2[Workspace, error] {
	return every[Workspace](ctx, s.w, "/v1/workspaces", nil)
}

// Get reads a workspace; scope workspaces:read.
func (s *Workspaces) Get(ctx context.Context, id int64) (Workspace, error) {
	return get[Workspace](ctx, s.w, fmt.Sprintf("/v1/workspaces/%d", id))
}

// Update changes a workspace; scope workspaces:write.
func (s *Workspaces) Update(ctx context.Context, id int64, change WorkspaceChange) (Workspace, error) {
	return patch[Workspace](ctx, s.w, fmt.Sprintf("/v1/workspaces/%d", id), change)
}
