package bluesky

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// tokenAnswer is RFC 6749 §5.1 with the protocol's sub, the account's DID.
type tokenAnswer struct {
	Access    string `json:"access_token"`
	Refresh   string `json:"refresh_token"`
	Type      string `json:"token_type"`
	Scope     string `json:"scope"`
	Subject   string `json:"sub"`
	ExpiresIn int64  `json:"expires_in"` // seconds
}

// Exchange redeems the code at the server that the attempt began with. Tokens are
// opaque: nothing is read out of them.
func (p *Platform) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	s, b, err := p.decodeSession(req.Private)
	if err != nil {
		return platform.Token{}, err
	}
	b.nonce = s.IssuerNonce
	resp, err := b.post(ctx, env, s.Token, func() (url.Values, error) {
		form := url.Values{
			"grant_type": {"authorization_code"}, "code": {req.Code.Reveal()},
			"redirect_uri": {loopbackRedirect(req.RedirectURI)}, "code_verifier": {req.Verifier.Reveal()},
		}
		return form, p.authenticate(form, req.App, s.Issuer)
	})
	if err != nil {
		return platform.Token{}, err
	}
	if resp.Status != http.StatusOK {
		return platform.Token{}, refusal("code exchange", resp)
	}
	var answer tokenAnswer
	if err := json.Unmarshal(resp.Body, &answer); err != nil {
		return platform.Token{}, platform.ErrUnavailable.Because(errors.New("code exchange: the answer is not JSON")) // the cause might quote it
	}
	s.IssuerNonce = b.nonce
	return p.token(env, s, answer)
}

// token checks the answer. A sub other than the account that was asked for means
// that the server speaks for somebody it has no say over, or that the person
// signed in as another account there; neither may become this grant.
func (p *Platform) token(env platform.Env, s session, a tokenAnswer) (platform.Token, error) {
	granted := strings.Fields(a.Scope)
	switch {
	case !strings.EqualFold(a.Type, "DPoP"):
		return platform.Token{}, platform.ErrTokenKind.Because(errors.New("token_type is not DPoP"))
	case a.Access == "":
		return platform.Token{}, platform.ErrTokenKind.Because(errors.New("no access token"))
	case a.Subject != s.DID:
		return platform.Token{}, platform.ErrOtherAccount.Because(errors.New("sub is not the account that was asked for"))
	case !slices.Contains(granted, "atproto"):
		return platform.Token{}, platform.ErrScopesMissing.Because(errors.New("atproto was not granted"))
	}
	credentials := platform.Credentials{Access: vault.NewSecret(a.Access), Refresh: vault.NewSecret(a.Refresh), Extra: s.encode()}
	lifetime := time.Duration(a.ExpiresIn) * time.Second
	if lifetime <= 0 {
		lifetime = p.Spec().AccessLifetime // expires_in is only recommended; access tokens do expire
	}
	credentials.ExpiresAt = env.Now().Add(lifetime).UTC()
	return platform.Token{Credentials: credentials, Scopes: granted, Subject: a.Subject}, nil
}
