package bluesky

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"

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
	token, err := platform.ReadRefreshed(p.Spec(), resp, env.Now())
	if err != nil {
		return platform.Token{}, err
	}
	s.IssuerNonce = b.nonce
	return renewed(s, token, resp.Body)
}

// renewed checks what came for the refresh token, which is spent: little is refused, and
// what the answer leaves out, scopes included, is as it was.
func renewed(s session, token platform.Token, body []byte) (platform.Token, error) {
	var answer struct {
		Subject string `json:"sub"`
	}
	_ = json.Unmarshal(bytes.TrimPrefix(body, byteOrderMark), &answer) // it was read once
	switch {
	case answer.Subject != s.DID:
		return platform.Token{}, platform.ErrOtherAccount.Because(errors.New("refresh: sub is not the account"))
	case len(token.Scopes) > 0 && !slices.Contains(token.Scopes, "atproto"):
		return platform.Token{}, platform.ErrScopesMissing.Because(errors.New("refresh: atproto is no longer granted"))
	}
	token.Subject, token.Credentials.Extra = s.DID, s.encode()
	return token, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

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
	if json.Unmarshal(bytes.TrimPrefix(resp.Body, byteOrderMark), &a) != nil || !platform.Sendable(a.Access) {
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
