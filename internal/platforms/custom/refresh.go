package custom

import (
	"context"
	"net/url"

	"patchbay/internal/platform"
)

// renewal is the request that renews an access token by itself: there is no RFC for it.
type renewal struct{ grantType, parameter string }

// refreshRules are what words beside those of RFC 6749 §5.2 mean for a refresh. A proof
// that is refused is mostly about this machine's clock (RFC 9449 §11.1).
var refreshRules = []platform.Rule{{Word: "invalid_dpop_proof", Class: platform.ClassConfiguration}}

// Refresh is RFC 6749 §6 at the server's address, with the consent's key.
func (p *Platform) Refresh(ctx context.Context, env platform.Env, req platform.RefreshRequest) (platform.Token, error) {
	e, err := p.endpoints(ctx, env)
	if err != nil {
		return platform.Token{}, err
	}
	key, err := decodeKey(req.Credentials.Extra)
	if err != nil {
		return platform.Token{}, platform.Refuse(platform.ClassPermanent, platform.ReasonTokenKind, err)
	}
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {req.Credentials.Refresh.Reveal()}}
	if p.spec.Refresh == platform.RefreshRenewing {
		form = url.Values{"grant_type": {p.renew.grantType}, p.renew.parameter: {req.Credentials.Access.Reveal()}}
	}
	resp, err := p.post(ctx, env, req.App, e.Token, form, key)
	if err != nil {
		return platform.Token{}, err
	}
	return platform.ReadRefreshed(p.answering(e, key), resp, env.Now())
}

// Lease is Bearer, or DPoP with the consent's key.
func (p *Platform) Lease(c platform.Credentials) (platform.Leased, error) {
	if c.Extra.Empty() {
		return platform.Leased{Type: "Bearer"}, nil
	}
	return platform.Leased{Type: "DPoP", Key: c.Extra}, nil
}
