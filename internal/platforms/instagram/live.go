package instagram

import (
	"context"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
)

var (
	_ platform.Refresher = instagram{}
	_ platform.Prober    = instagram{}
	_ platform.Revoker   = instagram{}
	_ platform.Verifier  = instagram{}
)

// Refresh exchanges the user token for another one.
func (i instagram) Refresh(ctx context.Context, env platform.Env, req platform.RefreshRequest) (platform.Token, error) {
	return meta.Refresh(ctx, env, i.Spec(), req)
}

// view: a target is the account that a page shows, and keeps the page's id beside its token.
var view = meta.View{
	Fields: "id,tasks,instagram_business_account{id}",
	Shows: func(p meta.Page, t platform.Target) bool {
		return linked(p) && p.Instagram.ID == t.ExternalID && (t.Credentials.Extra.Empty() || p.ID == t.Credentials.Extra.Reveal())
	},
	Page: func(t platform.Target) string { return t.Credentials.Extra.Reveal() },
}

// Probe proves the consent, and each target by the token of its page.
func (i instagram) Probe(ctx context.Context, c *platform.Client, targets []platform.Target) (platform.Proof, error) {
	return meta.New(c, i.version).Probe(ctx, targets, view)
}

// Revoke takes the app off the person's account.
func (i instagram) Revoke(ctx context.Context, env platform.Env, req platform.RevokeRequest) error {
	return meta.Revoke(ctx, env, i.version, req)
}

// IssuedTo asks Meta whose app the token is of.
func (i instagram) IssuedTo(ctx context.Context, c *platform.Client) (ours, known bool, err error) {
	return meta.IssuedTo(ctx, c, i.version)
}
