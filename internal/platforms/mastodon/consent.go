package mastodon

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"patchbay/internal/platform"
)

// Authorize sends the person to their server's consent page. Without force_login the
// server sends whoever consented before straight back, as the account that happens to
// be signed in there: nobody could see which, nor connect a second one.
// https://docs.joinmastodon.org/methods/oauth/#authorize
func (p *Platform) Authorize(ctx context.Context, env platform.Env, req platform.AuthorizeRequest) (platform.Authorization, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s, err := discover(ctx, env, req.App.Server)
	if err != nil {
		return platform.Authorization{}, err
	}
	address, err := platform.AuthorizeURL(s.spec(), req, url.Values{"force_login": {"true"}})
	if err != nil {
		return platform.Authorization{}, err
	}
	return platform.Authorization{URL: address, Issuer: s.Issuer, Private: s.encode()}, nil
}

// Exchange redeems the code at the server that the attempt began with. An app that
// the server forgot meanwhile is no fault of the operator.
func (p *Platform) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	s, err := decodeServer(req.Private)
	if err != nil {
		return platform.Token{}, err
	}
	resp, err := platform.PostCode(ctx, env, s.spec(), req)
	if err != nil {
		return platform.Token{}, err
	}
	if oauthError(resp) == "invalid_client" {
		return platform.Token{}, fmt.Errorf("code exchange at %s: %w", s.Origin, platform.ErrClientUnknown)
	}
	token, err := platform.ReadToken(s.spec(), resp, env.Now())
	if err != nil {
		return platform.Token{}, err
	}
	if slices.Contains(token.Scopes, oldProfile) && !slices.Contains(token.Scopes, profile) {
		token.Scopes = append(token.Scopes, profile) // the same permission, as the Spec names it
	}
	return token, nil
}
