package meta

import (
	"context"

	"patchbay/internal/platform"
)

// Refresh exchanges the long-lived user token for another one, which is all there is: Meta
// gives no refresh token. Whether that gains time is not documented, and implementations
// disagree; the answer's own end is what counts, and it may be the old one. An expired
// token cannot be exchanged. Page tokens stay as they are.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
func Refresh(ctx context.Context, env platform.Env, spec platform.Spec, req platform.RefreshRequest) (platform.Token, error) {
	resp, err := lengthen(ctx, env, spec, req.App, req.Credentials.Access)
	if err != nil {
		return platform.Token{}, err
	}
	if e, ok := readGraphError(spec.RefreshRules, resp, env.Now()); ok {
		return platform.Token{}, e
	}
	lifetime := spec.AccessLifetime
	spec.AccessLifetime = 0 // nothing is assumed here
	token, err := platform.ReadRefreshed(spec, resp, env.Now())
	if err != nil {
		return platform.Token{}, err
	}
	token.Scopes = nil // asked at /me/permissions
	switch c := &token.Credentials; {
	case !c.ExpiresAt.IsZero():
	case c.Access.Equal(req.Credentials.Access): // the same token: nothing was gained
		c.ExpiresAt = req.Credentials.ExpiresAt
	default:
		c.ExpiresAt = env.Now().Add(lifetime)
	}
	return token, nil
}
