package lab

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// token exchanges a code. There is nothing to refresh.
func (li *linkedIn) token(r *http.Request) (reply, error) {
	app, err := li.client(r)
	if err != nil {
		return reply{}, err
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		return li.exchange(app, r.PostForm)
	case "refresh_token":
		return reply{}, tokenError(http.StatusBadRequest, "invalid_grant", "The provided authorization grant or refresh token is invalid, expired or revoked.")
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
	if c == nil || c.used || !li.lab.now().Before(c.expires) || form.Get("redirect_uri") != c.redirectURI {
		return reply{}, tokenError(http.StatusBadRequest, "invalid_request",
			"Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists")
	}
	c.used = true
	access := li.lab.issueToken(&token{value: "AQ" + random(6), kind: userToken, grant: c.grant, scopes: c.grant.granted, expires: li.lab.now().Add(liAccessLife)})
	return jsonReply(http.StatusOK, "ok", struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string `json:"scope"` // by commas, though asked for by spaces
		TokenType   string `json:"token_type"`
	}{access.value, int(liAccessLife / time.Second), strings.Join(c.grant.granted, ","), "Bearer"}), nil
}

// revoke ends one token, and says the same for one that was never there.
func (li *linkedIn) revoke(r *http.Request) (reply, error) {
	app, err := li.client(r)
	if err != nil {
		return reply{}, err
	}
	if r.PostForm.Get("token") == "" {
		return reply{}, liMissing("token")
	}
	if t := li.lab.token("linkedin", r.PostForm.Get("token"), userToken); t != nil && t.grant.clientID == app.ClientID {
		t.revoked = true
	}
	return jsonReply(http.StatusOK, "ok", struct{}{}), nil
}

func liMissing(name string) error {
	return tokenError(http.StatusBadRequest, "invalid_request", `A required parameter "`+name+`" is missing`)
}
