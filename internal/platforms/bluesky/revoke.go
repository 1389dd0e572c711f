package bluesky

import (
	"context"
	"net/url"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// Revoke ends the session where it was opened: at the revocation endpoint, if the
// authorization server named one (else ErrNoWay), or for an app password's by
// deleteSession. A session that is already over is no error.
// https://atproto.com/specs/oauth
func (p *Platform) Revoke(ctx context.Context, env platform.Env, req platform.RevokeRequest) error {
	s, b, err := p.decodeSession(req.Credentials.Extra)
	if err != nil { // nothing that it could be revoked with
		return platform.NoWay()
	}
	if b != nil && s.Revocation == "" {
		return platform.NoWay()
	}
	resp, err := p.revoke(ctx, env, s, b, req)
	if err != nil {
		return err
	}
	if no := platform.RefreshRefusal(p.Spec(), resp, env.Now()); no != nil && no.Class != platform.ClassPermanent {
		return no
	}
	return nil
}

// revoke sends the one request. Ending the refresh token ends the session at both.
func (p *Platform) revoke(ctx context.Context, env platform.Env, s session, b *binding, req platform.RevokeRequest) (*httpx.Response, error) {
	if b == nil {
		return procedure(ctx, env, s.PDS+"/xrpc/com.atproto.server.deleteSession", nil, req.Credentials.Refresh)
	}
	b.nonce = s.IssuerNonce
	return b.post(ctx, env, s.Revocation, func() (url.Values, error) {
		form := url.Values{"token": {req.Credentials.Refresh.Reveal()}, "token_type_hint": {"refresh_token"}}
		if req.Credentials.Refresh.Empty() {
			form = url.Values{"token": {req.Credentials.Access.Reveal()}, "token_type_hint": {"access_token"}}
		}
		return form, p.authenticate(form, req.App, s.Issuer)
	})
}
