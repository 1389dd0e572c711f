package meta

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// Switch tells people where to sign out: Meta has no page for choosing an account.
// auth_type=reauthenticate asks whoever is signed in for the password again, which keeps the wrong account from being taken without
// a word, and from where people can go to another; but apps "should not rely upon
// re-authentication" for switching, so people are also told where to sign out.
// https://developers.facebook.com/docs/facebook-login/guides/advanced/re-authentication
func Switch() platform.Switch { return platform.Switch{SignOutURL: DialogOrigin + "/"} }

// Authorize is the dialog's address. It adds auth_type=rerequest when a permission was
// declined before: without it the dialog does not ask for that one a second time. For
// reauthenticate see Switch; the parameter is a list.
// https://developers.facebook.com/docs/facebook-login/web/permissions/
func Authorize(spec platform.Spec, req platform.AuthorizeRequest) (platform.Authorization, error) {
	var types []string
	if req.Again {
		types = append(types, "rerequest")
	}
	if req.Switch {
		types = append(types, "reauthenticate")
	}
	var extra url.Values
	if types != nil {
		extra = url.Values{"auth_type": {strings.Join(types, ",")}}
	}
	address, err := platform.AuthorizeURL(spec, req, extra)
	return platform.Authorization{URL: address}, err
}

// Exchange turns the code into a short-lived user token (an hour or two) and that at
// once into a long-lived one (60 days): page tokens last only if they were read with
// a long-lived token. Neither answer has a refresh token, scopes or the person's id.
func Exchange(ctx context.Context, env platform.Env, spec platform.Spec, req platform.ExchangeRequest) (platform.Token, error) {
	resp, err := platform.PostCode(ctx, env, spec, req)
	if err != nil {
		return platform.Token{}, err
	}
	short, err := readToken(env, spec, resp)
	if err != nil {
		return platform.Token{}, err
	}
	resp, err = lengthen(ctx, env, spec, req.App, short.Credentials.Access)
	if err != nil {
		return platform.Token{}, err
	}
	return readToken(env, spec, resp)
}

// lengthen asks for a long-lived token. The documentation knows GET only, so the app
// secret travels in the query, as everywhere in Meta's own libraries.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
func lengthen(ctx context.Context, env platform.Env, spec platform.Spec, app platform.App, token vault.Secret) (*httpx.Response, error) {
	q := url.Values{
		"grant_type":        {"fb_exchange_token"},
		"client_id":         {app.ClientID},
		"client_secret":     {app.ClientSecret.Reveal()},
		"fb_exchange_token": {token.Reveal()},
	}
	// A GET without a body is sent again by net/http itself when a kept connection turns out
	// to be dead. With one, though it is empty, it is sent once.
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, spec.TokenURL+"?"+q.Encode(), struct{ io.Reader }{strings.NewReader("")})
	if err != nil {
		return nil, platform.ErrUnavailable.Because(errors.New("the token address is not a URL")) // err would quote the secret
	}
	req.Header.Set("Accept", "application/json")
	resp, err := env.HTTP.Do(req)
	if err != nil {
		return nil, platform.ErrUnavailable.Because(err)
	}
	return resp, nil
}

// readToken reads the common shape, and refusals in the Graph API's shape.
func readToken(env platform.Env, spec platform.Spec, resp *httpx.Response) (platform.Token, error) {
	if e, ok := readGraphError(RefreshRules(), resp, env.Now()); ok {
		return platform.Token{}, e.exchangeFault()
	}
	token, err := platform.ReadToken(spec, resp, env.Now())
	token.Scopes = nil // asked at /me/permissions
	return token, err
}
