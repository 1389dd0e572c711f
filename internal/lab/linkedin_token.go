package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// token exchanges a code, or refreshes.
func (li *linkedIn) token(r *http.Request) (reply, error) {
	app, err := li.client(r)
	if err != nil {
		return reply{}, err
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		return li.exchange(app, r.PostForm)
	case "refresh_token":
		return li.refresh(app, r.PostForm)
	case "":
		return reply{}, liMissing("grant_type")
	}
	return reply{}, tokenError(http.StatusBadRequest, "unsupported_grant_type", "The grant_type is not supported.")
}

// client reads the credentials from the body; HTTP Basic is not looked at. A code_verifier
// is taken for the mark of another kind of client, which this one then is not.
func (li *linkedIn) client(r *http.Request) (App, error) {
	form := r.PostForm
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if strings.TrimSpace(strings.ToLower(kind)) != "application/x-www-form-urlencoded" {
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "The Content-Type must be application/x-www-form-urlencoded.")
	}
	if name := repeated(form); name != "" {
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "The parameter "+name+" was sent more than once.")
	}
	for _, name := range []string{"client_id", "client_secret"} {
		if form.Get(name) == "" {
			return App{}, liMissing(name)
		}
	}
	app, known := li.lab.apps[appKey{"linkedin", form.Get("client_id")}]
	if !known || !sameSecret(form.Get("client_secret"), app.ClientSecret) || form.Has("code_verifier") {
		return App{}, tokenError(http.StatusUnauthorized, "invalid_client", "Client authentication failed")
	}
	return app, nil
}

func (li *linkedIn) exchange(app App, form url.Values) (reply, error) {
	for _, name := range []string{"code", "redirect_uri"} {
		if form.Get(name) == "" {
			return reply{}, liMissing(name)
		}
	}
	c := li.lab.code(app, form.Get("code"))
	refused := c == nil || c.used || c.grant.ended != "" || !li.lab.now().Before(c.expires) || form.Get("redirect_uri") != c.redirectURI
	g, outcome := li.lab.judgeCode(c, refused)
	li.lab.redeemed(RedeemCode, app.ClientID, form.Get("code"), g, outcome)
	if refused {
		return reply{}, tokenError(http.StatusBadRequest, "invalid_request",
			"Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists")
	}
	c.used = true
	return li.issue(g, li.firstRefresh(g)), nil
}

// firstRefresh is the refresh token of a new consent, or nil for an application that gets none.
func (li *linkedIn) firstRefresh(g *grant) *token {
	if !li.refreshes(g) {
		return nil
	}
	return li.lab.issueToken(&token{value: "AQ" + random(6), kind: refreshToken, grant: g, expires: li.lab.now().Add(liRefreshLife)})
}

// refreshes tells whether an application is given refresh tokens. LinkedIn gives them to
// approved partners; here, those are the ones whose consents reach for organizations,
// unless POST /lab/linkedin says otherwise.
func (li *linkedIn) refreshes(g *grant) bool {
	if li.refreshTokens != nil {
		return *li.refreshTokens
	}
	return slices.ContainsFunc(g.granted, func(s string) bool { return strings.Contains(s, "_organization_") })
}

// refresh answers with a new access token and the same refresh token, whose end does not
// move: near it the access token ends no later.
func (li *linkedIn) refresh(app App, form url.Values) (reply, error) {
	value := form.Get("refresh_token")
	if value == "" {
		return reply{}, liMissing("refresh_token")
	}
	t, g, outcome := li.lab.judgeRefresh("linkedin", app.ClientID, value)
	li.lab.redeemed(RedeemRefresh, app.ClientID, value, g, outcome)
	if outcome != RedeemOK {
		return reply{}, tokenError(http.StatusBadRequest, "invalid_grant", "The provided authorization grant or refresh token is invalid, expired or revoked.")
	}
	return li.issue(g, t), nil
}

func (li *linkedIn) issue(g *grant, refresh *token) reply {
	now := li.lab.now()
	body := struct {
		AccessToken    string `json:"access_token"`
		ExpiresIn      int64  `json:"expires_in"`
		RefreshToken   string `json:"refresh_token,omitempty"`
		RefreshExpires int64  `json:"refresh_token_expires_in,omitempty"`
		Scope          string `json:"scope"` // by commas, though asked for by spaces
		TokenType      string `json:"token_type"`
	}{Scope: strings.Join(g.granted, ","), TokenType: "Bearer"}
	expires := now.Add(liAccessLife)
	if refresh != nil {
		body.RefreshToken, body.RefreshExpires = refresh.value, int64(refresh.expires.Sub(now)/time.Second)
		if expires.After(refresh.expires) {
			expires = refresh.expires
		}
	}
	access := li.lab.issueToken(&token{value: "AQ" + random(6), kind: userToken, grant: g, scopes: g.granted, expires: expires})
	body.AccessToken, body.ExpiresIn = access.value, int64(expires.Sub(now)/time.Second)
	return jsonReply(http.StatusOK, "ok", body)
}

// revoke ends an access token, or with a refresh token everything of that consent, and
// says the same for one that was never there. Another application's is refused.
func (li *linkedIn) revoke(r *http.Request) (reply, error) {
	app, err := li.client(r)
	if err != nil {
		return reply{}, err
	}
	if r.PostForm.Get("token") == "" {
		return reply{}, liMissing("token")
	}
	if !li.lab.endToken(app.ClientID, li.lab.token("linkedin", r.PostForm.Get("token"), userToken, refreshToken)) {
		return reply{}, tokenError(http.StatusBadRequest, "unauthorized_client", "The token was issued to another application.")
	}
	return jsonReply(http.StatusOK, "ok", struct{}{}), nil
}

func liMissing(name string) error {
	return tokenError(http.StatusBadRequest, "invalid_request", `A required parameter "`+name+`" is missing`)
}

// setRefreshTokens is POST /lab/linkedin {"refresh_tokens": true}: whether consents from now
// on come with one. null leaves it to their scopes.
func (li *linkedIn) setRefreshTokens(r *http.Request) (any, error) {
	var in struct {
		RefreshTokens *bool `json:"refresh_tokens"`
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	li.lab.mu.Lock()
	defer li.lab.mu.Unlock()
	li.refreshTokens = in.RefreshTokens
	li.lab.changed()
	return nil, nil
}
