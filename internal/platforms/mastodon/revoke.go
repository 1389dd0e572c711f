package mastodon

import (
	"context"
	"errors"

	"patchbay/internal/platform"
)

// Revoke ends the token at the server that gave it. Since a second consent of the same
// person is answered with the same token, that ends all of them.
// https://docs.joinmastodon.org/methods/oauth/#revoke
func (p *Platform) Revoke(ctx context.Context, env platform.Env, req platform.RevokeRequest) error {
	if req.App.Server == "" {
		return platform.ErrServerInvalid.Because(errors.New("the app is of no server"))
	}
	form := spec()
	form.RevokeURL = req.App.Server + "/oauth/revoke"
	return unreachable(platform.PostRevoke(ctx, env, form, req))
}
