package custom

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"patchbay/internal/platform"
)

// Revoke is RFC 7009 at the server's address, or ErrNoWay where it has none.
func (p *Platform) Revoke(ctx context.Context, env platform.Env, req platform.RevokeRequest) error {
	if p.spec.Revocation == platform.ReachNone {
		return platform.NoWay()
	}
	e, err := p.endpoints(ctx, env)
	if err != nil {
		return err
	}
	if e.Revoke == "" {
		return platform.NoWay()
	}
	return platform.PostRevoke(ctx, env, p.at(e), req)
}

// introspectRules are about the app, which the call authenticates: what it says of the token
// stands in a 200. Many servers let no ordinary client ask.
var introspectRules = []platform.Rule{
	{Word: "invalid_client", Class: platform.ClassConfiguration},
	{Word: platform.AnyWord, Status: http.StatusUnauthorized, Class: platform.ClassConfiguration},
}

// IssuedTo asks the server's introspection endpoint (RFC 7662), where it has one and the app
// may ask there. A server that does not let the app look at a token says that it is not
// active (§2.2), as of a dead one.
func (p *Platform) IssuedTo(ctx context.Context, c *platform.Client) (ours, known bool, err error) {
	e, err := p.endpoints(ctx, c.Env)
	if err != nil || e.Introspect == "" {
		return false, false, err
	}
	form := url.Values{"token": {c.Credentials.Access.Reveal()}, "token_type_hint": {"access_token"}}
	resp, err := p.post(ctx, c.Env, c.App, e.Introspect, form, nil)
	if err != nil {
		return false, false, err
	}
	if resp.Status == http.StatusForbidden || resp.Status == http.StatusNotFound {
		return false, false, nil
	}
	if no := platform.ReadRefusal(introspectRules, resp, c.Now()); no != nil {
		return false, false, no
	}
	var body struct {
		Active   *bool
		ClientID string `json:"client_id"` // optional
	}
	switch err := platform.Decode(resp, &body); {
	case err != nil:
		return false, false, err
	case body.Active == nil:
		return false, false, platform.ErrUnavailable.Because(errors.New("introspection without active"))
	case !*body.Active:
		return false, false, platform.Refuse(platform.ClassPermanent, platform.ReasonTokenRefused, errors.New("introspection: the token is not active"))
	}
	return body.ClientID == c.App.ClientID, body.ClientID != "", nil
}
