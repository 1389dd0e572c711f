package platform

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"

	"patchbay/internal/httpx"
	"patchbay/internal/vault"
)

// Refresher refreshes in the platform's own way (Bluesky: DPoP, or a session of an app
// password; Meta: another exchange of the access token).
type Refresher interface {
	// Refresh renews the credentials with one request that the platform acts on. What
	// comes back may lack what did not change: see Refresh. Errors are read by RefusalOf.
	Refresh(ctx context.Context, env Env, req RefreshRequest) (Token, error)
}

// RefreshRequest is a grant's credentials, to be renewed.
type RefreshRequest struct {
	App         App
	Credentials Credentials
	Subject     string // whose they are
}

// Refreshable tells whether a refresh can renew these credentials without the person.
func Refreshable(spec Spec, c Credentials) bool {
	switch spec.Refresh {
	case RefreshNone, "":
		return false
	case RefreshRenewing:
		return !c.Access.Empty()
	default:
		return !c.Refresh.Empty()
	}
}

// Refresh renews credentials: the platform's own way where it has one (Refresher), else
// the refresh request of RFC 6749 §6, posted exactly once. What the answer leaves out
// stays as it was: the refresh token, its end, and the platform's own. Scopes are nil
// when the answer does not tell. Errors are read by RefusalOf.
func Refresh(ctx context.Context, env Env, p Platform, req RefreshRequest) (Token, error) {
	token, err := refreshOnce(ctx, env.asking(), p, req)
	if err != nil {
		return Token{}, err
	}
	if token.Subject != "" && req.Subject != "" && token.Subject != req.Subject {
		return Token{}, ErrTokenKind.Because(errors.New("the refreshed token names another subject"))
	}
	old, now := req.Credentials, &token.Credentials
	if now.Refresh.Empty() {
		now.Refresh, now.RefreshExpiresAt = old.Refresh, old.RefreshExpiresAt
	}
	if now.RefreshExpiresAt.IsZero() && now.Refresh.Equal(old.Refresh) {
		now.RefreshExpiresAt = old.RefreshExpiresAt
	}
	if now.Extra.Empty() {
		now.Extra = old.Extra
	}
	if len(token.Scopes) == 0 { // RFC 6749 §3.3 has no empty scope: this does not tell
		token.Scopes = nil
	}
	return token, nil
}

func refreshOnce(ctx context.Context, env Env, p Platform, req RefreshRequest) (Token, error) {
	if own, ok := p.(Refresher); ok {
		return own.Refresh(ctx, env, req)
	}
	resp, err := PostRefresh(ctx, env, p.Spec(), req)
	if err != nil {
		return Token{}, err
	}
	return ReadRefreshed(p.Spec(), resp, env.Now())
}

// PostRefresh sends the request of RFC 6749 §6 once and returns the answer, whatever its
// status. Refreshers that only read the answer differently build on it.
func PostRefresh(ctx context.Context, env Env, spec Spec, req RefreshRequest) (*httpx.Response, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {req.Credentials.Refresh.Reveal()}}
	header, err := authenticate(spec, req.App, form)
	if err != nil {
		return nil, err
	}
	return PostForm(ctx, env, spec.TokenURL, form, header)
}

// ReadRefreshed reads the answer to a refresh as ReadToken reads that to a code, and
// classes a refusal by the Spec's RefreshRules and RFC 6749's words. A token_type that is
// left out is the one of before. An answer with a 2xx status that holds no usable token is
// ambiguous.
func ReadRefreshed(spec Spec, resp *httpx.Response, now time.Time) (Token, error) {
	if no := RefreshRefusal(spec, resp, now); no != nil {
		return Token{}, no
	}
	token, err := readToken(spec, resp, now, cmp.Or(spec.TokenType, bearer))
	if err != nil {
		return Token{}, &Refusal{Class: ClassTransient, Ambiguous: true, cause: err}
	}
	return token, nil
}

// RefreshRefusal is ReadRefusal for a refresh: by the Spec's RefreshRules, then RFC 6749's.
func RefreshRefusal(spec Spec, resp *httpx.Response, now time.Time) *Refusal {
	no := ReadRefusal(append(append([]Rule{}, spec.RefreshRules...), refreshRules...), resp, now)
	if no != nil && no.Class == ClassTransient && resp.Status < 300 && holdsToken(resp.Body) { // an error beside tokens
		no.Ambiguous = true
	}
	return no
}

// Leased is how an application uses an access token that it is lent.
type Leased struct {
	Type   string       // of RFC 6750 or RFC 9449: "Bearer", "DPoP"
	Server string       // origin of the API that it is for, where each account has its own; otherwise empty
	Key    vault.Secret // private DPoP key as a JWK, without which the token is worthless; otherwise empty
}

// Leaser is implemented where an access token alone is not enough to call the platform.
type Leaser interface {
	Lease(c Credentials) (Leased, error)
}

// Lease tells how an access token is used: as the platform says (Leaser), else as a
// Bearer token, at the app's server where every server has apps of its own.
func Lease(p Platform, app App, c Credentials) (Leased, error) {
	if own, ok := p.(Leaser); ok {
		return own.Lease(c)
	}
	return Leased{Type: "Bearer", Server: app.Server}, nil
}
