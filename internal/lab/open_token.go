package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// client is the confidential client of a form request, known by HTTP Basic or by the
// body, and never by both (RFC 6749 section 2.3).
func (o *open) client(r *http.Request) (App, error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	id, secret, basic := r.BasicAuth()
	if basic {
		id = unescape(id)
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	app, known := o.lab.apps[appKey{"open", id}]
	switch {
	case strings.TrimSpace(strings.ToLower(kind)) != "application/x-www-form-urlencoded":
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "The Content-Type must be application/x-www-form-urlencoded.")
	case repeated(r.PostForm) != "":
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "The parameter "+repeated(r.PostForm)+" was sent more than once.")
	case basic && (r.PostForm.Has("client_secret") || r.PostForm.Has("client_id") && r.PostForm.Get("client_id") != id):
		return App{}, tokenError(http.StatusBadRequest, "invalid_request", "The client authenticated in two ways.")
	case !known || !sameSecret(secret, app.ClientSecret) && !(basic && sameSecret(unescape(secret), app.ClientSecret)):
		no := jsonReply(http.StatusUnauthorized, "invalid_client", map[string]string{"error": "invalid_client", "error_description": "Client authentication failed."})
		no.header.Set("WWW-Authenticate", `Basic realm="`+r.PathValue("host")+`"`)
		return App{}, refusal{no}
	}
	app.Platform = openKey(r.PathValue("host"))
	return app, nil
}

func (o *open) token(r *http.Request) (reply, error) {
	app, err := o.client(r)
	if err != nil {
		return reply{}, err
	}
	s := o.servers[r.PathValue("host")]
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		return o.exchange(s, app, r)
	case "refresh_token":
		return o.refresh(s, app, r.PostForm)
	case "":
		return reply{}, openMissing("grant_type")
	}
	return reply{}, tokenError(http.StatusBadRequest, "unsupported_grant_type", "The grant_type is not supported.")
}

func (o *open) exchange(s *openServer, app App, r *http.Request) (reply, error) {
	form := r.PostForm
	for _, name := range []string{"code", "redirect_uri", "code_verifier"} {
		if form.Get(name) == "" {
			return reply{}, openMissing(name)
		}
	}
	c := o.lab.code(app, form.Get("code"))
	refused := c == nil || c.used || c.grant.ended != "" || !o.lab.now().Before(c.expires) ||
		form.Get("redirect_uri") != c.redirectURI || !c.verified(form.Get("code_verifier"))
	g, outcome := o.lab.judgeCode(c, refused)
	o.lab.redeemed(RedeemCode, app.ClientID, form.Get("code"), g, outcome)
	if outcome == RedeemReuse {
		o.lab.end(g, endReuse)
	}
	if refused {
		return reply{}, openInvalid("The authorization code is invalid, expired, used, or was issued for another request.")
	}
	c.used = true
	body := o.issue(s, g, g.granted, o.newRefresh(s, g))
	if slices.Contains(g.granted, "openid") {
		body["id_token"] = o.key.sign(o.issuer(r), app.ClientID, g.persona.ID, c.nonce, o.lab.now())
	}
	return jsonReply(http.StatusOK, "ok", body), nil
}

// refresh answers by the server's model.
func (o *open) refresh(s *openServer, app App, form url.Values) (reply, error) {
	value := form.Get("refresh_token")
	if value == "" {
		return reply{}, openMissing("refresh_token")
	}
	t, g, outcome := o.lab.judgeRefresh(openKey(s.host), app.ClientID, value)
	scopes, known := narrowed(g, form.Get("scope"))
	if outcome == RedeemOK && !known {
		o.lab.redeemed(RedeemRefresh, app.ClientID, value, g, RedeemRefused)
		return reply{}, tokenError(http.StatusBadRequest, "invalid_scope", "The scope exceeds what was granted.")
	}
	if outcome == RedeemReuse && s.again(g, value, o.lab.now()) {
		outcome = RedeemGrace
	}
	o.lab.redeemed(RedeemRefresh, app.ClientID, value, g, outcome)
	switch outcome {
	case RedeemOK:
		return jsonReply(http.StatusOK, "ok", o.renew(s, t, scopes)), nil
	case RedeemGrace:
		return jsonReply(http.StatusOK, "ok", o.answer(g.last.access, g.last.refresh)), nil
	case RedeemReuse:
		o.lab.end(g, endReuse)
	}
	return reply{}, openInvalid("The refresh token is invalid, expired, revoked or was used before.")
}

// narrowed is the scopes that a refresh asks for, and whether the consent has them all.
func narrowed(g *grant, asked string) ([]string, bool) {
	if g == nil || asked == "" {
		return nil, true
	}
	scopes := strings.Fields(asked)
	return scopes, !slices.ContainsFunc(scopes, func(s string) bool { return !g.has(s) })
}

// again says whether a spent token is answered as it was.
func (s *openServer) again(g *grant, value string, now time.Time) bool {
	return g.ended == "" && g.last != nil && g.last.spent == keyOfSpent(value) && now.Sub(g.last.at) < s.grace
}

func (o *open) renew(s *openServer, t *token, scopes []string) map[string]any {
	g := t.grant
	if scopes == nil {
		scopes = g.granted
	}
	if !s.rotates {
		return o.issue(s, g, scopes, nil)
	}
	o.lab.spend(t)
	next := o.newRefresh(s, g)
	body := o.issue(s, g, scopes, next)
	if s.grace > 0 {
		g.last = &rotation{spent: keyOfSpent(t.value), at: o.lab.now(), access: g.access[len(g.access)-1], refresh: next}
	}
	return body
}

func (o *open) newRefresh(s *openServer, g *grant) *token {
	t := &token{value: random(2), kind: refreshToken, grant: g}
	if s.refresh > 0 {
		t.expires = o.lab.now().Add(s.refresh)
	}
	return o.lab.issueToken(t)
}

func (o *open) issue(s *openServer, g *grant, scopes []string, refresh *token) map[string]any {
	access := o.lab.issueToken(&token{value: random(2), kind: userToken, grant: g, scopes: slices.Clone(scopes), expires: o.lab.now().Add(s.access)})
	return o.answer(access, refresh)
}

// answer is RFC 6749 section 5.1. A refresh token that stays is not repeated.
func (o *open) answer(access, refresh *token) map[string]any {
	now := o.lab.now()
	body := map[string]any{
		"access_token": access.value, "token_type": "Bearer", "expires_in": int64(access.expires.Sub(now) / time.Second), "scope": strings.Join(access.scopes, " "),
	}
	if refresh != nil {
		body["refresh_token"] = refresh.value
		if !refresh.expires.IsZero() {
			body["refresh_token_expires_in"] = int64(refresh.expires.Sub(now) / time.Second)
		}
	}
	return body
}

// revoke is RFC 7009: an access token ends alone, a refresh token with all of its consent.
func (o *open) revoke(r *http.Request) (reply, error) {
	app, err := o.client(r)
	if err != nil {
		return reply{}, err
	}
	value := r.PostForm.Get("token")
	if value == "" {
		return reply{}, openMissing("token")
	}
	if !o.lab.endToken(app.ClientID, o.lab.token(app.Platform, value, userToken, refreshToken)) {
		return reply{}, tokenError(http.StatusBadRequest, "unauthorized_client", "The token was issued to another client.")
	}
	return reply{status: http.StatusOK, outcome: "ok"}, nil
}

// introspect is RFC 7662. A client is told of its own tokens: another one's is not active for it.
func (o *open) introspect(r *http.Request) (reply, error) {
	app, err := o.client(r)
	if err != nil {
		return reply{}, err
	}
	value := r.PostForm.Get("token")
	if value == "" {
		return reply{}, openMissing("token")
	}
	t := o.lab.token(app.Platform, value, userToken, refreshToken)
	if t == nil || t.grant.clientID != app.ClientID || t.revoked || t.grant.ended != "" || t.expired(o.lab.now()) {
		return jsonReply(http.StatusOK, "ok", map[string]bool{"active": false}), nil
	}
	body := map[string]any{"active": true, "client_id": app.ClientID, "sub": t.grant.persona.ID, "iss": o.issuer(r), "iat": t.issued.Unix()}
	if t.kind == userToken {
		body["token_type"], body["scope"] = "Bearer", strings.Join(t.scopes, " ")
	}
	if !t.expires.IsZero() {
		body["exp"] = t.expires.Unix()
	}
	return jsonReply(http.StatusOK, "ok", body), nil
}

func openInvalid(description string) error {
	return tokenError(http.StatusBadRequest, "invalid_grant", description)
}

func openMissing(name string) error {
	return tokenError(http.StatusBadRequest, "invalid_request", "The parameter "+name+" is missing.")
}
