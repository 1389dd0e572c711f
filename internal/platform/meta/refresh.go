package meta

import (
	"context"
	"errors"
	"net/http"
	"net/url"

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

// Revoke takes the app off the person's account, and with it every token of that consent,
// pages' included. A consent that is already over is no error.
// https://developers.facebook.com/docs/facebook-login/guides/permissions/request-revoke
func Revoke(ctx context.Context, env platform.Env, version string, req platform.RevokeRequest) error {
	c := &platform.Client{Env: env, App: req.App, Credentials: req.Credentials}
	node := req.Subject
	if node == "" {
		node = "me"
	}
	address := New(c, version).address("/"+url.PathEscape(node)+"/permissions", nil)
	call, err := http.NewRequestWithContext(ctx, http.MethodDelete, address, nil)
	if err != nil {
		return platform.ErrUnavailable.Because(errors.New("the address is not a URL")) // err would quote it
	}
	call.Header.Set("Authorization", "Bearer "+req.Credentials.Access.Reveal())
	call.Header.Set("Accept", "application/json")
	resp, err := env.HTTP.Do(call)
	if err != nil {
		return platform.ErrUnavailable.Because(err)
	}
	e, refused := readGraphError(CallRules(), resp, env.Now())
	switch {
	case !refused:
		return unexpected(resp, env.Now())
	case e.refusal.Class == platform.ClassPermanent:
		return nil
	default:
		return e
	}
}
