package client

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// NewApp brings an OAuth client that you registered at a platform.
type NewApp struct {
	Platform     string
	Name         string // empty: the platform's name
	ClientID     string // as the platform shows it
	ClientSecret Secret // sealed by the server and never told again
}

// AppChange changes what is set.
type AppChange struct {
	Name         string // empty: as it is
	ClientSecret Secret // the new one, after it was changed at the platform; zero: as it is
}

// App is an OAuth client of the workspace's own at a platform.
type App struct {
	ID          int64     `json:"id"`
	Platform    string    `json:"platform"`
	Name        string    `json:"name"`
	ClientID    string    `json:"client_id"`
	RedirectURI string    `json:"redirect_uri"` // register it at the platform, exactly; it never changes
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	RetiredAt   time.Time `json:"retired_at,omitzero"` // zero while it is in use
	Trouble     *Trouble  `json:"trouble"`             // what keeps the platform from serving it; nil: nothing
}

// Apps are OAuth clients of your own, in place of the server's.
type Apps struct{ w *wire }

// The secret of a request leaves its type here, next to the call that needs it.
type appBody struct {
	Platform     string `json:"platform,omitempty"`
	Name         string `json:"name,omitempty"`
	ClientID     string `json:"client_id,omitempty"`
	ClientSecret string `json:"client_secret,omitempty"`
}

// Create brings an app: the workspace's people consent to it from now on. [Conflict] when
// the workspace has one in use at the platform. Scope apps:write.
func (a *Apps) Create(ctx context.Context, n NewApp, options ...CreateOption) (App, error) {
	return create[App](ctx, a.w, "/v1/apps", appBody{n.Platform, n.Name, n.ClientID, n.ClientSecret.Reveal()}, options)
}

// List reads one page, retired apps too; scope apps:read.
func (a *Apps) List(ctx context.Context, options ListOptions) (Page[App], error) {
	return list[App](ctx, a.w, "/v1/apps", options.query())
}

// All yields every app, asking for a page at a time. It ends after an error.
func (a *Apps) All(ctx context.Context) iter.Seq2[App, error] {
	return every[App](ctx, a.w, "/v1/apps", nil)
}

// Get reads an app; scope apps:read.
func (a *Apps) Get(ctx context.Context, id int64) (App, error) {
	return get[App](ctx, a.w, fmt.Sprintf("/v1/apps/%d", id))
}

// Update changes an app; scope apps:write.
func (a *Apps) Update(ctx context.Context, id int64, change AppChange) (App, error) {
	return patch[App](ctx, a.w, fmt.Sprintf("/v1/apps/%d", id), appBody{Name: change.Name, ClientSecret: change.ClientSecret.Reveal()})
}

// Retire ends new consents with an app; its channels keep working. Scope apps:write.
func (a *Apps) Retire(ctx context.Context, id int64) (App, error) {
	return remove[App](ctx, a.w, fmt.Sprintf("/v1/apps/%d", id))
}
