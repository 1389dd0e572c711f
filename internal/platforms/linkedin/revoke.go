package linkedin

import (
	"context"

	"patchbay/internal/platform"
)

// Revoke ends the access token, and the refresh token where there is one: nothing says
// that ending one ends the other.
func (l linkedin) Revoke(ctx context.Context, env platform.Env, req platform.RevokeRequest) error {
	for _, token := range []platform.Credentials{{Refresh: req.Credentials.Refresh}, {Access: req.Credentials.Access}} {
		if token == (platform.Credentials{}) {
			continue
		}
		one := platform.RevokeRequest{App: req.App, Credentials: token, Subject: req.Subject}
		if err := platform.PostRevoke(ctx, env, l.Spec(), one); err != nil {
			return err
		}
	}
	return nil
}
