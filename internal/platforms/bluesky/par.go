package bluesky

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// Authorize finds the account's servers and pushes the request to them
// (RFC 9126), so that the address the person opens carries nothing but a reference.
func (p *Platform) Authorize(ctx context.Context, env platform.Env, req platform.AuthorizeRequest) (platform.Authorization, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second) // a person waits, for servers a stranger named
	defer cancel()
	if req.App.ClientID == "" {
		return platform.Authorization{}, platform.ErrRejected.Because(errors.New("the public address must be https without a port, or http on loopback"))
	}
	who, err := p.account(ctx, env, req.Input)
	if err != nil {
		return platform.Authorization{}, err
	}
	server, err := p.discover(ctx, env, who.PDS)
	if err != nil {
		return platform.Authorization{}, err
	}
	key, err := newKey()
	if err != nil {
		return platform.Authorization{}, err
	}
	b := &binding{p: p, key: key}
	requestURI, err := p.push(ctx, env, b, server, req, who)
	if err != nil {
		return platform.Authorization{}, err
	}
	s := session{
		Key: encodeKey(key).Reveal(), DID: who.DID.String(), Handle: who.Handle, PDS: who.PDS,
		Issuer: server.Issuer, Token: server.Token, Revocation: server.Revocation, IssuerNonce: b.nonce,
	}
	query := url.Values{"client_id": {req.App.ClientID}, "request_uri": {requestURI}}
	return platform.Authorization{URL: server.Authorization + "?" + query.Encode(), Issuer: server.Issuer, Private: s.encode()}, nil
}

// push sends the pushed authorization request and returns its request_uri.
func (p *Platform) push(ctx context.Context, env platform.Env, b *binding, server authServer, req platform.AuthorizeRequest, who account) (string, error) {
	hint := who.Handle
	if hint == "" {
		hint = who.DID.String()
	}
	resp, err := b.post(ctx, env, server.PAR, func() (url.Values, error) {
		form := url.Values{
			"response_type": {"code"}, "redirect_uri": {loopbackRedirect(req.RedirectURI)}, "scope": {scopes},
			"state": {req.State}, "code_challenge": {challenge(req.Verifier)}, "code_challenge_method": {"S256"},
			"login_hint": {hint},
		}
		return form, p.authenticate(form, req.App, server.Issuer)
	})
	if err != nil {
		return "", err
	}
	var answer struct {
		RequestURI string `json:"request_uri"`
	}
	if resp.Status != http.StatusCreated && resp.Status != http.StatusOK {
		return "", refusal("pushed authorization request", resp)
	}
	if err := json.Unmarshal(resp.Body, &answer); err != nil || answer.RequestURI == "" {
		return "", platform.ErrUnavailable.Because(errors.New("pushed authorization request: no request_uri in the answer"))
	}
	return answer.RequestURI, nil
}

// challenge is PKCE S256 (RFC 7636 §4.2).
func challenge(verifier vault.Secret) string {
	sum := sha256.Sum256([]byte(verifier.Reveal()))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
