package bluesky

import (
	"context"
	"net/url"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// Revoke ends the session where it was opened: at the revocation endpoint, if the
// authorization server named one, or for an app password's by deleteSession. A session
// that is already over is no error.
func (p *Platform) Revoke(ctx context.Context, env platform.Env, req platform.RevokeRequest) error {
	s, b, err := p.decodeSession(req.Credentials.Extra)
	if err != nil {
		return platform.Refuse(platform.ClassTransient, "", err)
	}
	resp, err := p.revoke(ctx, env, s, b, req)
	if err != nil || resp == nil {
		return err
	}
	if no := platform.RefreshRefusal(p.Spec(), resp, env.Now()); no != nil && no.Class != platform.ClassPermanent {
		return no
	}
	return nil
}

// revoke sends the one request; there is no answer where there is no way to ask.
func (p *Platform) revoke(ctx context.Context, env platform.Env, s session, b *binding, req platform.RevokeRequest) (*httpx.Response, error) {
	switch {
	case b == nil:
		return procedure(ctx, env, s.PDS+"/xrpc/com.atproto.server.deleteSession", nil, req.Credentials.Refresh)
	case s.Revocation == "":
		return nil, nil
	}
	b.nonce = s.IssuerNonce
	return b.post(ctx, env, s.Revocation, func() (url.Values, error) {
		form := url.Values{"token": {req.Credentials.Refresh.Reveal()}, "token_type_hint": {"refresh_token"}}
		return form, p.authenticate(form, req.App, s.Issuer)
	})
}
