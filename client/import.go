package client

import (
	"context"
	"time"
)

// ImportRequest brings tokens that another program got with your app.
type ImportRequest struct {
	Platform     string
	Owner        string // external id; empty: the key's owner, else the default one. An unknown one is made
	OwnerName    string // of an owner that is made
	Server       string // origin, where each account has its own (Mastodon); else empty
	AccessToken  Secret
	RefreshToken Secret    // zero: there is none
	ExpiresAt    time.Time // of the access token; zero: not known
	Scopes       []string  // granted, as far as you know
	Targets      []string  // the platform's ids of what becomes channels; empty: everything that can be chosen
	DryRun       bool      // asks the platform, and changes nothing here or there
}

type importBody struct {
	Platform     string    `json:"platform"`
	Owner        string    `json:"owner,omitempty"`
	OwnerName    string    `json:"owner_name,omitempty"`
	Server       string    `json:"server,omitempty"`
	AccessToken  string    `json:"access_token"`
	RefreshToken string    `json:"refresh_token,omitempty"`
	ExpiresAt    time.Time `json:"expires_at,omitzero"`
	Scopes       []string  `json:"scopes,omitempty"`
	Targets      []string  `json:"targets,omitempty"`
	DryRun       bool      `json:"dry_run,omitempty"`
}

// AppProof is how it is known that tokens were issued to your app.
type AppProof string

// The proofs.
const (
	AppProven   AppProof = "proven"   // the platform said so
	AppByUse    AppProof = "by_use"   // the refresh token works with your app (in a dry run: it will be tried)
	AppUnproven AppProof = "unproven" // the platform does not say, and there is nothing to refresh with
)

// Imported is what an import found, and did unless it was a dry run.
type Imported struct {
	Platform      string           `json:"platform"`
	Subject       string           `json:"subject"` // the platform's id of the account that consented
	Name          string           `json:"name"`
	App           AppProof         `json:"app"`
	ScopesGranted []string         `json:"scopes_granted"` // nil: the platform does not tell, and you did not
	ScopesMissing []string         `json:"scopes_missing"`
	Targets       []ImportedTarget `json:"targets"`  // what the tokens reach
	Channels      []Channel        `json:"channels"` // what was connected; empty in a dry run
	DryRun        bool             `json:"dry_run"`
}

// ImportedTarget is one thing that the tokens reach.
type ImportedTarget struct {
	Kind       string `json:"kind"`
	ExternalID string `json:"external_id"` // the platform's id of it
	Name       string `json:"name"`
	Blocked    string `json:"blocked"` // stable slug of why it cannot become a channel; empty: it can
	Wanted     bool   `json:"wanted"`
	ChannelID  int64  `json:"channel_id"` // that it is, or became; 0: none
}

// Import verifies tokens with the platform and connects what they reach; tokens of another
// app, of nobody, or without a required permission are refused. From then on only this
// server may refresh them. Scope channels:write.
func (c *Channels) Import(ctx context.Context, r ImportRequest) (Imported, error) {
	return post[Imported](ctx, c.w, "/v1/channels/import", importBody{
		Platform: r.Platform, Owner: r.Owner, OwnerName: r.OwnerName, Server: r.Server, AccessToken: r.AccessToken.Reveal(),
		RefreshToken: r.RefreshToken.Reveal(), ExpiresAt: r.ExpiresAt, Scopes: r.Scopes, Targets: r.Targets, DryRun: r.DryRun,
	})
}
