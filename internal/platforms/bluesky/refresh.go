package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// Refresh redeems the refresh token, which works once: at the authorization server that
// gave it, with the key that it is bound to, or for an app password's session at the
// account's data server. A request that the server only wants with a newer nonce was not
// acted on, and is sent a second time; no other one is.
// https://atproto.com/specs/oauth
func (p *Platform) Refresh(ctx context.Context, env platform.Env, req platform.RefreshRequest) (platform.Token, error) {
	s, b, err := p.decodeSession(req.Credentials.Extra)
	if err != nil {
		return platform.Token{}, platform.Refuse(platform.ClassTransient, "", err) // and nothing was sent
	}
	if b == nil {
		return p.refreshSession(ctx, env, s, req.Credentials.Refresh)
	}
	b.nonce = s.IssuerNonce
	resp, err := b.post(ctx, env, s.Token, func() (url.Values, error) {
		form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {req.Credentials.Refresh.Reveal()}}
		return form, p.authenticate(form, req.App, s.Issuer)
	})
	if err != nil {
		return platform.Token{}, err
	}
	if no := platform.RefreshRefusal(p.Spec(), resp, env.Now()); no != nil {
		return platform.Token{}, no
	}
	var answer tokenAnswer
	if json.Unmarshal(resp.Body, &answer) != nil {
		return platform.Token{}, platform.ErrUnavailable.Because(errors.New("refresh: the answer is not JSON")) // the cause might quote it
	}
	s.IssuerNonce = b.nonce
	return p.token(env, s, answer)
}

// refreshSession is com.atproto.server.refreshSession. An account that is inactive
// meanwhile is told by a probe: the new pair has to be kept all the same.
func (p *Platform) refreshSession(ctx context.Context, env platform.Env, s session, refresh vault.Secret) (platform.Token, error) {
	resp, err := procedure(ctx, env, s.PDS+"/xrpc/com.atproto.server.refreshSession", nil, refresh)
	if err != nil {
		return platform.Token{}, err
	}
	if no := platform.RefreshRefusal(p.Spec(), resp, env.Now()); no != nil {
		return platform.Token{}, no
	}
	var a sessionAnswer
	if json.Unmarshal(resp.Body, &a) != nil || a.Access == "" || a.Refresh == "" {
		return platform.Token{}, platform.ErrUnavailable.Because(errors.New("refreshSession: not the expected JSON")) // the cause might quote it
	}
	if a.DID != s.DID {
		return platform.Token{}, platform.ErrOtherAccount.Because(errors.New("refreshSession: the session is another account's"))
	}
	return platform.Token{
		Credentials: platform.Credentials{
			Access: vault.NewSecret(a.Access), Refresh: vault.NewSecret(a.Refresh),
			ExpiresAt: p.sessionEnd(env, a.Access), Extra: s.encode(),
		},
		Subject: s.DID,
	}, nil
}
