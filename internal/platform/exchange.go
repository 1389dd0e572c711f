package platform

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"patchbay/internal/httpx"
)

// Exchange turns the authorization code into credentials: the platform's own way
// where it has one (Exchanger), else the token request of RFC 6749 §4.1.3. The code
// is posted exactly once, whatever the answer: it is single use, and a second post
// makes some servers revoke what the first one gave.
func Exchange(ctx context.Context, env Env, p Platform, req ExchangeRequest) (Token, error) {
	env = env.asking()
	if own, ok := p.(Exchanger); ok {
		return own.Exchange(ctx, env, req)
	}
	resp, err := PostCode(ctx, env, p.Spec(), req)
	if err != nil {
		return Token{}, err
	}
	return ReadToken(p.Spec(), resp, env.Now())
}

// SignIn opens a session with a password that the person made for us; its errors are those
// of PasswordSigner.
func SignIn(ctx context.Context, env Env, p PasswordSigner, req SignInRequest) (Token, error) {
	return p.SignIn(ctx, env.asking(), req)
}

// PostCode sends the token request of RFC 6749 §4.1.3 once and returns the answer,
// whatever its status. Exchangers that only read the answer differently build on it.
func PostCode(ctx context.Context, env Env, spec Spec, req ExchangeRequest) (*httpx.Response, error) {
	form := url.Values{
		"grant_type":   {"authorization_code"},
		"code":         {req.Code.Reveal()},
		"redirect_uri": {req.RedirectURI},
	}
	if spec.PKCE == PKCES256 {
		form.Set("code_verifier", req.Verifier.Reveal())
	}
	header, err := authenticate(spec, req.App, form)
	if err != nil {
		return nil, err
	}
	return PostForm(ctx, env, spec.TokenURL, form, header)
}

// authenticate presents our app in the one way that the Spec names. It never tries
// another one after a refusal: the code would be spent.
func authenticate(spec Spec, app App, form url.Values) (http.Header, error) {
	switch spec.ClientAuth {
	case AuthBasic:
		return http.Header{"Authorization": {BasicAuth(app)}}, nil
	case AuthPost:
		form.Set("client_id", app.ClientID)
		form.Set("client_secret", app.ClientSecret.Reveal())
		return nil, nil
	case AuthNone:
		form.Set("client_id", app.ClientID)
		return nil, nil
	default:
		return nil, fmt.Errorf("token request to %s: client authentication %q needs an Exchanger", spec.ID, spec.ClientAuth)
	}
}

// BasicAuth is the Authorization header of an app. RFC 6749 §2.3.1 wants both parts
// form-encoded first, which http.Request.SetBasicAuth does not do.
func BasicAuth(app App) string {
	pair := url.QueryEscape(app.ClientID) + ":" + url.QueryEscape(app.ClientSecret.Reveal())
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
}

// PostForm posts a form once to a real address with further headers (nil: none) and
// returns the answer, whatever its status. Errors are ErrUnavailable; their chain
// holds the *httpx.CallError that tells whether the form may have arrived.
func PostForm(ctx context.Context, env Env, address string, form url.Values, header http.Header) (*httpx.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, ErrUnavailable.Because(errors.New("the address is not a URL")) // err would quote it
	}
	for name, values := range header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := env.HTTP.Do(req)
	if err != nil {
		return nil, ErrUnavailable.Because(err)
	}
	return resp, nil
}
