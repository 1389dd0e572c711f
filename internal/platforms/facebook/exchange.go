package facebook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// Exchange turns the code into a short-lived user token (an hour or two) and that at
// once into a long-lived one (60 days): page tokens last only if they were read with
// a long-lived token. Neither answer has a refresh token, scopes or the person's id.
func (f facebook) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	resp, err := platform.PostCode(ctx, env, f.Spec(), req)
	if err != nil {
		return platform.Token{}, err
	}
	short, err := f.readToken(env, resp)
	if err != nil {
		return platform.Token{}, err
	}
	resp, err = f.lengthen(ctx, env, req.App, short)
	if err != nil {
		return platform.Token{}, err
	}
	return f.readToken(env, resp)
}

// lengthen asks for a long-lived token. The documentation knows GET only, so the app
// secret travels in the query, as everywhere in Meta's own libraries.
// https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived
func (f facebook) lengthen(ctx context.Context, env platform.Env, app platform.App, short platform.Token) (*httpx.Response, error) {
	q := url.Values{
		"grant_type":        {"fb_exchange_token"},
		"client_id":         {app.ClientID},
		"client_secret":     {app.ClientSecret.Reveal()},
		"fb_exchange_token": {short.Credentials.Access.Reveal()},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.Spec().TokenURL+"?"+q.Encode(), nil)
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
func (f facebook) readToken(env platform.Env, resp *httpx.Response) (platform.Token, error) {
	if e, ok := readGraphError(resp); ok {
		return platform.Token{}, e.exchangeFault()
	}
	token, err := platform.ReadToken(f.Spec(), resp, env.Now())
	token.Scopes = nil // asked at /me/permissions
	return token, err
}

// exchangeFault classes a refusal of a code or of the short token. Here code 1 with a
// 400 is a wrong app secret, not the "unknown error" that it is elsewhere, and code
// 100 is about the code, told apart by the subcode.
func (e graphError) exchangeFault() error {
	class := e.class()
	switch {
	case e.passing():
		class = platform.ErrUnavailable
	case e.Code == codeParameter && (e.Subcode == subcodeCodeExpired || e.Subcode == subcodeCodeUsed):
		class = platform.ErrCodeExpired
	case e.Code == codeUnknown && e.status < http.StatusInternalServerError, e.Code == codeParameter, e.Code == codeApplication, e.Code == codeRedirect:
		class = platform.ErrRejected
	}
	return e.fault(class)
}

func (e graphError) fault(class *fault.Error) error {
	return class.Because(fmt.Errorf("graph error %d/%d with status %d", e.Code, e.Subcode, e.status))
}
