package client

import (
	"context"
	"net/url"
	"time"
)

// Platform is how a platform works, as read from its public documentation. Addresses are
// always the real ones.
type Platform struct {
	ID              string            `json:"id"`
	Name            string            `json:"name"`
	Configured      bool              `json:"configured"` // the server has an app there, so that people can connect
	Trouble         *Trouble          `json:"trouble"`    // what keeps the platform from serving that app; nil: nothing
	AuthorizeURL    string            `json:"authorize_url"`
	TokenURL        string            `json:"token_url"`
	RevokeURL       string            `json:"revoke_url"`
	ScopeSeparator  string            `json:"scope_separator"`
	PKCE            string            `json:"pkce"`        // none, s256
	ClientAuth      string            `json:"client_auth"` // basic, post, none, private_key_jwt
	Scopes          []PlatformScope   `json:"scopes"`
	GrantedScopes   string            `json:"granted_scopes"` // token_response, endpoint
	DenialErrors    []string          `json:"denial_errors"`
	RefreshModel    string            `json:"refresh_model"` // rotating, rotating_with_grace, renewing_access_token, stable, none
	Lifetimes       Lifetimes         `json:"lifetimes"`
	RevocationReach string            `json:"revocation_reach"` // none, token, user_app
	Version         string            `json:"version"`          // of its API, in use
	Versions        []PlatformVersion `json:"versions"`         // newest first
	Input           string            `json:"input"`            // what the person types first, such as "handle"
	Targets         []PlatformTarget  `json:"targets"`
	Pick            string            `json:"pick"`        // one, many: targets that one consent may turn into channels
	SetupGuide      string            `json:"setup_guide"` // Markdown; in the answer to Get only
	Sources         []string          `json:"sources"`     // the public documents all this was read from
}

// Trouble is how a platform treats an app, where it does not treat it well.
type Trouble struct {
	Reason string    `json:"reason"` // platform_unavailable, rate_limited, app_rejected
	Since  time.Time `json:"since"`
}

// PlatformScope is a scope that we ask for.
type PlatformScope struct {
	Name     string `json:"name"`
	Feature  string `json:"feature"`  // what it unlocks
	Required bool   `json:"required"` // no channel works without it
}

// Lifetimes are how long things live at a platform, in seconds; nil: not documented, or
// for ever.
type Lifetimes struct {
	Code         *int64 `json:"code"`
	AccessToken  *int64 `json:"access_token"`
	RefreshToken *int64 `json:"refresh_token"`
}

// PlatformVersion is a version of a platform's API.
type PlatformVersion struct {
	Name     string `json:"name"`
	Released string `json:"released"` // 2006-01-02; empty: not known
	EndsAt   string `json:"ends_at"`  // 2006-01-02; empty: not announced
}

// PlatformTarget is a kind of thing that a consent can reach.
type PlatformTarget struct {
	Kind string `json:"kind"`
	Role string `json:"role"` // account: may become a channel; destination: hangs below one
}

// PlatformList is every platform of a server.
type PlatformList struct {
	Data []Platform `json:"data"`
}

// Platforms are what can be connected.
type Platforms struct{ w *wire }

// List reads them all; scope platforms:read.
func (p *Platforms) List(ctx context.Context) (PlatformList, error) {
	return get[PlatformList](ctx, p.w, "/v1/platforms")
}

// Get reads one platform, with its setup guide; scope platforms:read.
func (p *Platforms) Get(ctx context.Context, id string) (Platform, error) {
	return get[Platform](ctx, p.w, "/v1/platforms/"+url.PathEscape(id))
}
