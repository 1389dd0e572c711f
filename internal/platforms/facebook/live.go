package facebook

import (
	"context"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
)

var (
	_ platform.Refresher = facebook{}
	_ platform.Prober    = facebook{}
	_ platform.Revoker   = facebook{}
	_ platform.Verifier  = facebook{}
)

// Refresh exchanges the user token for another one.
func (f facebook) Refresh(ctx context.Context, env platform.Env, req platform.RefreshRequest) (platform.Token, error) {
	return meta.Refresh(ctx, env, f.Spec(), req)
}

// view: a target is a page.
var view = meta.View{
	Fields: "id,tasks",
	Shows:  func(p meta.Page, t platform.Target) bool { return p.ID == t.ExternalID },
	Page:   func(t platform.Target) string { return t.ExternalID },
}

// Probe proves the consent, and each target by the token of its page.
func (f facebook) Probe(ctx context.Context, c *platform.Client, targets []platform.Target) (platform.Proof, error) {
	return meta.New(c, f.version).Probe(ctx, targets, view)
}

// Revoke takes the app off the person's account.
func (f facebook) Revoke(ctx context.Context, env platform.Env, req platform.RevokeRequest) error {
	return meta.Revoke(ctx, env, f.version, req)
}

// IssuedTo asks Meta whose app the token is of.
func (f facebook) IssuedTo(ctx context.Context, c *platform.Client) (ours, known bool, err error) {
	return meta.IssuedTo(ctx, c, f.version)
}
