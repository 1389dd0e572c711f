package lab

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// token exchanges a code or rotates a refresh token.
func (x *twitter) token(r *http.Request) (reply, error) {
	app, err := x.client(r)
	if err != nil {
		return reply{}, err
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		return x.exchange(app, r.PostForm)
	case "refresh_token":
		return x.refresh(app, r.PostForm)
	case "":
		return reply{}, missing("grant_type")
	}
	return reply{}, tokenError(http.StatusBadRequest, "unsupported_grant_type", "The grant_type is not supported.")
}

// client is the confidential client of a form request, known by HTTP Basic alone.
func (x *twitter) client(r *http.Request) (App, error) {
	id, secret, sent := r.BasicAuth()
	app, known := x.lab.apps[appKey{"x", unescape(id)}]
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	switch {
	case strings.TrimSpace(strings.ToLower(kind)) != "application/x-www-form-urlencoded":
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "The Content-Type must be application/x-www-form-urlencoded.")
	case !sent || !known || !sameSecret(unescape(secret), app.ClientSecret) && !sameSecret(secret, app.ClientSecret):
		return App{}, tokenError(http.StatusUnauthorized, "unauthorized_client", "Missing valid authorization header")
	case repeated(r.PostForm) != "":
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "Parameter ["+repeated(r.PostForm)+"] was sent more than once.")
	case r.PostForm.Has("client_secret") || r.PostForm.Has("client_id") && r.PostForm.Get("client_id") != app.ClientID:
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "Client credentials belong in the authorization header alone.")
	}
	return app, nil
}

// unescape undoes the form encoding that RFC 6749 section 2.3.1 asks of both halves
// of Basic credentials and that many clients leave out.
func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func (x *twitter) exchange(app App, form url.Values) (reply, error) {
	for _, name := range []string{"code", "redirect_uri", "code_verifier"} {
		if form.Get(name) == "" {
			return reply{}, missing(name)
		}
	}
	c := x.lab.code(app, form.Get("code"))
	err := x.checkCode(c, form)
	g, outcome := x.lab.judgeCode(c, err != nil)
	x.lab.redeemed(RedeemCode, app.ClientID, form.Get("code"), g, outcome)
	if err != nil {
		return reply{}, err
	}
	c.used = true
	return x.issue(c.grant), nil
}

func (x *twitter) checkCode(c *code, form url.Values) error {
	switch {
	case c == nil || c.used || c.grant.ended != "" || !x.lab.now().Before(c.expires):
		return invalid("Value passed for the authorization code was invalid.")
	case form.Get("redirect_uri") != c.redirectURI:
		return invalid("Value passed for the redirect uri did not match the uri of the authorization code.")
	case !c.verified(form.Get("code_verifier")):
		return invalid("Value passed for the code verifier did not match the code challenge.")
	}
	return nil
}

// refresh rotates. A refresh token that was used before tells of a thief or a lost
// race, and ends everything that came from that consent.
func (x *twitter) refresh(app App, form url.Values) (reply, error) {
	value := form.Get("refresh_token")
	if value == "" {
		return reply{}, missing("refresh_token")
	}
	t, g, outcome := x.lab.judgeRefresh("x", app.ClientID, value)
	x.lab.redeemed(RedeemRefresh, app.ClientID, value, g, outcome)
	if outcome == RedeemReuse {
		x.lab.end(g, endReuse)
	}
	if outcome != RedeemOK {
		return reply{}, invalid("Value passed for the token was invalid.")
	}
	x.lab.spend(t)
	return x.issue(g), nil
}

// tokenBody is X's token answer.
type tokenBody struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	AccessToken  string `json:"access_token"`
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

func (x *twitter) issue(g *grant) reply {
	access := x.lab.issueToken(&token{value: random(4), kind: userToken, grant: g, scopes: g.granted, expires: x.lab.now().Add(xAccessLife)})
	body := tokenBody{TokenType: "bearer", ExpiresIn: int(xAccessLife / time.Second), AccessToken: access.value, Scope: strings.Join(g.granted, " ")}
	if g.has("offline.access") {
		body.RefreshToken = x.lab.issueToken(&token{value: random(4), kind: refreshToken, grant: g}).value
	}
	return jsonReply(http.StatusOK, "ok", body)
}

// revoke ends an access token, or with a refresh token everything of that consent. It says
// the same for a token that was never there (RFC 7009 section 2.2), and no for another
// client's (section 2.1).
func (x *twitter) revoke(r *http.Request) (reply, error) {
	app, err := x.client(r)
	if err != nil {
		return reply{}, err
	}
	if r.PostForm.Get("token") == "" {
		return reply{}, missing("token")
	}
	if !x.lab.endToken(app.ClientID, x.lab.token("x", r.PostForm.Get("token"), userToken, refreshToken)) {
		return reply{}, tokenError(http.StatusBadRequest, "unauthorized_client", "The token was issued to another client.")
	}
	return jsonReply(http.StatusOK, "ok", map[string]bool{"revoked": true}), nil
}

func tokenError(status int, code, description string) error {
	return refusal{jsonReply(status, code, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{code, description})}
}

func invalid(description string) error {
	return tokenError(http.StatusBadRequest, "invalid_request", description)
}

func missing(name string) error { return invalid("Missing required parameter [" + name + "].") }
