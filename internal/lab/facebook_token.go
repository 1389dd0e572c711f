package lab

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// token exchanges a code, or a short user token for a long one.
func (f *facebook) token(r *http.Request) (reply, error) {
	if name := repeated(r.Form); name != "" {
		return reply{}, graphError(http.StatusBadRequest, 100, 0, "(#100) The parameter "+name+" was sent more than once.")
	}
	app, err := f.client(r.Form)
	if err != nil {
		return reply{}, err
	}
	switch grantType := r.Form.Get("grant_type"); grantType {
	case "", "authorization_code":
		return f.exchangeCode(app, r.Form)
	case "fb_exchange_token":
		return f.exchangeToken(app, r.Form.Get("fb_exchange_token"))
	default:
		return reply{}, graphError(http.StatusBadRequest, 100, 0, "(#100) The Lab has no grant_type "+grantType)
	}
}

// client reads the credentials from query or body; HTTP Basic is not looked at.
func (f *facebook) client(form url.Values) (App, error) {
	if form.Get("client_id") == "" {
		return App{}, graphError(http.StatusBadRequest, 101, 0, "Missing client_id parameter.")
	}
	app, known := f.lab.apps[appKey{f.dialog.Platform, form.Get("client_id")}]
	if !known {
		return App{}, graphError(http.StatusBadRequest, 101, 0, "Error validating application. Cannot get application info due to a system error.")
	}
	if !sameSecret(form.Get("client_secret"), app.ClientSecret) {
		return App{}, graphError(http.StatusBadRequest, 1, 0, "Error validating client secret.")
	}
	return app, nil
}

func (f *facebook) exchangeCode(app App, form url.Values) (reply, error) {
	c := f.lab.code(app, form.Get("code"))
	err := f.checkCode(c, form)
	g, outcome := f.lab.judgeCode(c, err != nil)
	f.lab.redeemed(RedeemCode, app.ClientID, form.Get("code"), g, outcome)
	if err != nil {
		return reply{}, err
	}
	c.used = true
	return f.issue(c.grant, false, f.lab.now().Add(fbShortLife)), nil
}

func (f *facebook) checkCode(c *code, form url.Values) error {
	switch {
	case form.Get("redirect_uri") == "":
		return graphError(http.StatusBadRequest, 191, 0, "Missing redirect_uri parameter.")
	case c == nil || c.grant.ended != "":
		return graphError(http.StatusBadRequest, 100, 0, "Invalid verification code format.")
	case c.used:
		return graphError(http.StatusBadRequest, 100, 36009, "This authorization code has been used.")
	case !f.lab.now().Before(c.expires):
		return graphError(http.StatusBadRequest, 100, 36007, "This authorization code has expired.")
	case form.Get("redirect_uri") != c.redirectURI:
		return graphError(http.StatusBadRequest, 100, 36008, "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request")
	}
	return nil
}

// exchangeToken lengthens a token. Nobody has settled whether exchanging a long one
// again gains time, so here it gains none: the new token ends when the old one does.
func (f *facebook) exchangeToken(app App, value string) (reply, error) {
	t, err := f.exchangeable(app, value)
	g, outcome := f.judgeExchange(app, value, err != nil)
	f.lab.redeemed(RedeemExchange, app.ClientID, value, g, outcome)
	if err != nil {
		return reply{}, err
	}
	expires := f.lab.now().Add(fbLongLife)
	if t.long {
		expires = t.expires
	}
	return f.issue(t.grant, true, expires), nil
}

func (f *facebook) exchangeable(app App, value string) (*token, error) {
	t, err := f.live(value)
	if err == nil && (t.kind != userToken || t.grant.clientID != app.ClientID) {
		return nil, graphError(http.StatusBadRequest, 190, 0, "Invalid OAuth access token: it was not issued to a person by this application.")
	}
	return t, err
}

// judgeExchange says what is to be logged of a token that is exchanged.
func (f *facebook) judgeExchange(app App, value string, refused bool) (*grant, RedeemOutcome) {
	t := f.lab.token(f.dialog.Platform, value, userToken, pageToken)
	switch {
	case t == nil:
		return nil, RedeemUnknown
	case t.kind != userToken || t.grant.clientID != app.ClientID:
		return t.grant, RedeemRefused
	case t.grant.ended != "":
		return t.grant, RedeemRevoked
	case refused:
		return t.grant, RedeemExpired
	}
	return t.grant, RedeemOK
}

// issue answers with a new user token. There is no refresh token and no scope.
func (f *facebook) issue(g *grant, long bool, expires time.Time) reply {
	t := f.lab.issueToken(&token{value: "EAA" + random(6), kind: userToken, grant: g, long: long, expires: expires})
	return jsonReply(http.StatusOK, "ok", struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
	}{t.value, "bearer", int64(expires.Sub(f.lab.now()) / time.Second)})
}

// live is the token of that value, or Meta's code 190 and the reason as its subcode.
func (f *facebook) live(value string) (*token, error) {
	t := f.lab.token(f.dialog.Platform, value, userToken, pageToken)
	if t == nil {
		return nil, graphError(http.StatusBadRequest, 190, 0, "Invalid OAuth access token - Cannot parse access token")
	}
	now := f.lab.now()
	switch {
	case t.grant.ended != "":
		return nil, f.over(t.grant)
	case t.expired(now):
		return nil, graphError(http.StatusBadRequest, 190, 463, fmt.Sprintf("Error validating access token: Session has expired on %s. The current time is %s.",
			t.expires.UTC().Format(time.RFC850), now.UTC().Format(time.RFC850)))
	case t.page != nil && f.lab.target(t.grant, t.page.ID) == targetGone:
		return nil, invisible(t.page.ID)
	case t.page != nil && !f.lab.ticked(t.grant, t.page.ID):
		return nil, graphError(http.StatusBadRequest, 190, 492, "Error validating access token: the person no longer gives this application access to the page.")
	}
	return t, nil
}

// over tells by its subcode of 190 how an authorization came to its end.
func (f *facebook) over(g *grant) error {
	subcode, message := 458, "The user has not authorized application "+g.clientID+"."
	switch g.ended {
	case endPassword:
		subcode, message = 460, "The session has been invalidated because the user changed their password or Facebook has changed the session for security reasons."
	case endCheckpoint:
		subcode, message = 459, "You cannot access the app till you log in to www.facebook.com and follow the instructions given."
	case endLoggedOut:
		subcode, message = 467, "The session is invalid because the user logged out."
	}
	return graphError(http.StatusBadRequest, 190, subcode, "Error validating access token: "+message)
}

// graphError is Meta's error body; subcode 0 is left out.
func graphError(status, code, subcode int, message string) error {
	type body struct {
		Message string `json:"message"`
		Type    string `json:"type"`
		Code    int    `json:"code"`
		Subcode int    `json:"error_subcode,omitempty"`
		TraceID string `json:"fbtrace_id"`
	}
	outcome := fmt.Sprint(code)
	if subcode != 0 {
		outcome = fmt.Sprintf("%d/%d", code, subcode)
	}
	return refusal{jsonReply(status, outcome, map[string]body{
		"error": {message, "OAuthException", code, subcode, "A" + random(1)[:22]},
	})}
}
