package custom

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platform/dpop"
	"patchbay/internal/vault"
)

// post sends a form to the authorization server once, as the app, and with a proof
// where there is a key. Errors are ErrUnavailable, with the *httpx.CallError.
func (p *Platform) post(ctx context.Context, env platform.Env, app platform.App, address string, form url.Values, key *dpop.Key) (*httpx.Response, error) {
	header := http.Header{}
	switch p.spec.ClientAuth {
	case platform.AuthBasic:
		header.Set("Authorization", platform.BasicAuth(app))
	case platform.AuthPost:
		form.Set("client_id", app.ClientID)
		form.Set("client_secret", app.ClientSecret.Reveal())
	default:
		form.Set("client_id", app.ClientID)
	}
	if key == nil {
		return platform.PostForm(ctx, env, address, form, header)
	}
	resp, err := p.sender.Send(env.HTTP, *key, vault.Secret{}, func() (*http.Request, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header = header.Clone()
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept", "application/json")
		return req, nil
	})
	if err != nil {
		return nil, platform.ErrUnavailable.Because(err)
	}
	return resp, nil
}
