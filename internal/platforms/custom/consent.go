package custom

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"

	"patchbay/internal/platform"
	"patchbay/internal/platform/dpop"
	"patchbay/internal/vault"
)

// Authorize makes the authorization request of RFC 6749 §4.1.1 and, where the file or
// the server wants it, pushes it first (RFC 9126). A key that binds the tokens is made
// here, and bound to the code too (RFC 9449 §10).
func (p *Platform) Authorize(ctx context.Context, env platform.Env, req platform.AuthorizeRequest) (platform.Authorization, error) {
	e, err := p.endpoints(ctx, env)
	if err != nil {
		return platform.Authorization{}, err
	}
	key, err := p.newKey()
	if err != nil {
		return platform.Authorization{}, err
	}
	address, err := p.request(e, key, req)
	if err != nil {
		return platform.Authorization{}, err
	}
	if p.pushes(e) {
		if address, err = p.push(ctx, env, e, key, req.App, address); err != nil {
			return platform.Authorization{}, err
		}
	}
	return platform.Authorization{URL: address, Issuer: e.Issuer, Private: encodeKey(key)}, nil
}

// request is the address of the consent page.
func (p *Platform) request(e endpoints, key *dpop.Key, req platform.AuthorizeRequest) (string, error) {
	extra := url.Values{}
	maps.Copy(extra, p.params)
	if req.Switch {
		maps.Copy(extra, p.switching)
	}
	if key != nil {
		extra.Set("dpop_jkt", key.Thumbprint())
	}
	if len(p.spec.Scopes) == 0 {
		extra["scope"] = nil // an empty one is no scope (RFC 6749 §3.3)
	}
	return platform.AuthorizeURL(p.at(e), req, extra)
}

// at is the form with the server's addresses.
func (p *Platform) at(e endpoints) platform.Spec {
	s := p.spec
	s.AuthorizeURL, s.TokenURL, s.RevokeURL = e.Authorize, e.Token, e.Revoke
	return s
}

func (p *Platform) pushes(e endpoints) bool {
	switch p.par {
	case parAlways:
		return true
	case parNever:
		return false
	case parWherePossible:
		return e.PAR != ""
	default:
		return e.PushFirst
	}
}

// push sends the parameters of an authorization request to the server and answers the
// address that stands for them.
func (p *Platform) push(ctx context.Context, env platform.Env, e endpoints, key *dpop.Key, app platform.App, address string) (string, error) {
	whole, err := url.Parse(address)
	if err != nil || e.PAR == "" {
		return "", platform.ErrRejected.Because(errors.New("pushed authorization request: the server names no endpoint for it"))
	}
	resp, err := p.post(ctx, env, app, e.PAR, whole.Query(), key)
	if err != nil {
		return "", err
	}
	if no := platform.ReadRefusal(pushRules, resp, env.Now()); no != nil {
		return "", no
	}
	var answer struct {
		RequestURI string `json:"request_uri"`
	}
	if json.Unmarshal(resp.Body, &answer) != nil || answer.RequestURI == "" {
		return "", platform.ErrUnavailable.Because(errors.New("pushed authorization request: no request_uri in the answer"))
	}
	at, err := url.Parse(e.Authorize)
	if err != nil {
		return "", platform.ErrRejected.Because(errors.New("the authorization endpoint is not a URL"))
	}
	q := at.Query()
	q.Set("client_id", app.ClientID)
	q.Set("request_uri", answer.RequestURI)
	at.RawQuery = q.Encode()
	return at.String(), nil
}

// pushRules: a request that is refused before anybody consented is a matter of the app.
var pushRules = []platform.Rule{
	{Status: http.StatusBadRequest, Class: platform.ClassConfiguration},
	{Status: http.StatusUnauthorized, Class: platform.ClassConfiguration},
	{Status: http.StatusForbidden, Class: platform.ClassConfiguration},
}

// Exchange redeems the code as RFC 6749 §4.1.3 does, with the attempt's key.
func (p *Platform) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	e, err := p.endpoints(ctx, env)
	if err != nil {
		return platform.Token{}, err
	}
	key, err := decodeKey(req.Private)
	if err != nil {
		return platform.Token{}, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {req.Code.Reveal()}, "redirect_uri": {req.RedirectURI}}
	if p.spec.PKCE == platform.PKCES256 {
		form.Set("code_verifier", req.Verifier.Reveal())
	}
	resp, err := p.post(ctx, env, req.App, e.Token, form, key)
	if err != nil {
		return platform.Token{}, err
	}
	token, err := platform.ReadToken(p.answering(e, key), resp, env.Now())
	if err != nil {
		return platform.Token{}, err
	}
	token.Credentials.Extra = req.Private
	return token, nil
}

// newKey is nil where tokens are not bound.
func (p *Platform) newKey() (*dpop.Key, error) {
	if !p.dpop {
		return nil, nil
	}
	key, err := dpop.NewKey()
	return &key, err
}

func encodeKey(key *dpop.Key) vault.Secret {
	if key == nil {
		return vault.Secret{}
	}
	return key.JWK()
}

// decodeKey reads a consent's key: its tokens are bound, or not, as they were when it
// began, whatever the file says by now.
func decodeKey(s vault.Secret) (*dpop.Key, error) {
	if s.Empty() {
		return nil, nil
	}
	key, err := dpop.ParseJWK(s)
	return &key, err
}

// answering is the form by which a token answer is read: tokens bound to the key (RFC 9449
// §5), or plain ones. A server that gives a plain token where a bound one was asked for is
// not believed.
func (p *Platform) answering(e endpoints, key *dpop.Key) platform.Spec {
	spec := p.at(e)
	if key != nil {
		spec.TokenType = "DPoP"
	}
	return spec
}
