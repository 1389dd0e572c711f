package bluesky

import (
	"context"
	"crypto/ecdsa"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platform/dpop"
	"patchbay/internal/vault"
)

// binding is a DPoP key (RFC 9449) with the newest nonce of one server. Each
// server has nonces of its own, so each conversation has its own binding. They are kept
// with the session, where a dpop.Sender forgets them with the process.
type binding struct {
	p     *Platform
	key   *ecdsa.PrivateKey
	nonce string
}

// proof binds one request to the key; with an access token also to that token.
func (b *binding) proof(method, address string, access vault.Secret) (string, error) {
	key, err := dpop.FromPrivate(b.key)
	if err != nil {
		return "", err
	}
	return key.Sign(dpop.Proof{Method: method, Address: address, Access: access, Nonce: b.nonce, At: b.p.wallClock()})
}

// post sends a form to the authorization server. form is called for every try, since
// an assertion may be used once.
func (b *binding) post(ctx context.Context, env platform.Env, address string, form func() (url.Values, error)) (*httpx.Response, error) {
	return b.twice(env, vault.Secret{}, func() (*http.Request, error) {
		values, err := form()
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(values.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return req, nil
	})
}

// get calls the data server with the access token.
func (b *binding) get(ctx context.Context, env platform.Env, address string, access vault.Secret) (*httpx.Response, error) {
	return b.twice(env, access, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, err
		}
		req.Header.Set("Authorization", "DPoP "+access.Reveal())
		return req, nil
	})
}

// twice sends, and once more if the server only wanted a newer nonce: it has done
// nothing then, so that a code sent twice this way was redeemed once.
func (b *binding) twice(env platform.Env, access vault.Secret, build func() (*http.Request, error)) (*httpx.Response, error) {
	resp, err := b.once(env, access, build)
	if err != nil || !dpop.WantsNonce(resp) {
		return resp, err
	}
	return b.once(env, access, build)
}

func (b *binding) once(env platform.Env, access vault.Secret, build func() (*http.Request, error)) (*httpx.Response, error) {
	req, err := build()
	if err != nil {
		return nil, platform.ErrRejected.Because(err)
	}
	proof, err := b.proof(req.Method, req.URL.String(), access)
	if err != nil {
		return nil, err
	}
	req.Header.Set("DPoP", proof)
	req.Header.Set("Accept", "application/json")
	resp, err := send(env, req)
	if err != nil {
		return nil, err
	}
	if nonce := resp.Header.Get("DPoP-Nonce"); nonce != "" {
		b.nonce = nonce
	}
	return resp, nil
}
