package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Doorkeeper's sentences.
const (
	doorkeeperClient  = "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."
	doorkeeperGrant   = "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the authorization request, or was issued to another client."
	doorkeeperScope   = "The requested scope is invalid, unknown, or malformed."
	doorkeeperRequest = "The request is missing a required parameter, includes an unsupported parameter value, or is otherwise malformed."
)

// client is the app of a form request: HTTP Basic, or both parameters.
func (m *mastodon) client(r *http.Request) (App, bool) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	app, known := m.lab.apps[appKey{mastodonKey(r.PathValue("host")), id}] // neither has a character that Basic would escape
	return app, known && sameSecret(secret, app.ClientSecret)
}

func (m *mastodon) token(r *http.Request) (reply, error) {
	switch r.PostForm.Get("grant_type") {
	case "authorization_code", "client_credentials":
	case "":
		return reply{}, tokenError(http.StatusBadRequest, "invalid_request", doorkeeperRequest)
	default:
		return reply{}, tokenError(http.StatusBadRequest, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
	}
	app, known := m.client(r)
	switch {
	case !known:
		return reply{}, tokenError(http.StatusUnauthorized, "invalid_client", doorkeeperClient)
	case r.PostForm.Get("grant_type") == "client_credentials":
		return m.credentials(app, r.PostForm)
	}
	return m.exchange(r.PathValue("host"), app, r.PostForm)
}

// credentials gives the app a token of its own; no grant of a person is behind it.
func (m *mastodon) credentials(app App, form url.Values) (reply, error) {
	scopes := strings.Fields(form.Get("scope"))
	for _, name := range scopes {
		if !slices.Contains(app.Scopes, name) {
			return reply{}, tokenError(http.StatusBadRequest, "invalid_scope", doorkeeperScope)
		}
	}
	if len(scopes) == 0 && slices.Contains(app.Scopes, "read") {
		scopes = []string{"read"}
	}
	return m.issue(appToken, &grant{platform: app.Platform, clientID: app.ClientID, granted: scopes}), nil
}

func (m *mastodon) exchange(host string, app App, form url.Values) (reply, error) {
	if form.Get("code") == "" || form.Get("redirect_uri") == "" {
		return reply{}, tokenError(http.StatusBadRequest, "invalid_request", doorkeeperRequest)
	}
	c := m.lab.code(app, form.Get("code"))
	verifier := form.Get("code_verifier")
	refused := c == nil || c.used || c.grant.ended != "" || !m.lab.now().Before(c.expires) || form.Get("redirect_uri") != c.redirectURI ||
		c.challenge != "" && !c.verified(verifier) ||
		c.challenge == "" && verifier != "" && host != mastodonOld
	g, outcome := m.lab.judgeCode(c, refused)
	m.lab.redeemed(RedeemCode, app.ClientID, form.Get("code"), g, outcome)
	if refused {
		return reply{}, tokenError(http.StatusBadRequest, "invalid_grant", doorkeeperGrant)
	}
	c.used = true
	return m.issue(userToken, g), nil
}

// issue answers with the living token of the same kind, person, client and scopes
// where there is one, else with a new one. It never expires.
func (m *mastodon) issue(kind tokenKind, g *grant) reply {
	key := reuseOf(kind, g)
	issued := m.issued[key]
	if issued == nil || issued.revoked || issued.grant.ended != "" {
		if g.id == 0 { // a client's own
			m.lab.newGrant(g)
		}
		issued = m.lab.issueToken(&token{value: random(2)[:43], kind: kind, grant: g, scopes: g.granted})
		m.issued[key] = issued
	}
	return jsonReply(http.StatusOK, "ok", map[string]any{
		"access_token": issued.value, "token_type": "Bearer", "scope": strings.Join(issued.scopes, " "), "created_at": issued.issued.Unix(),
	})
}

// reuseKey is for what Mastodon issues a token once.
type reuseKey struct {
	platform, clientID, persona string
	kind                        tokenKind
	scopes                      string
}

func reuseOf(kind tokenKind, g *grant) reuseKey {
	return reuseKey{g.platform, g.clientID, g.persona.Key, kind, strings.Join(g.granted, " ")}
}

// adopt knows the tokens of a consent again that was kept.
func (m *mastodon) adopt(g *grant) {
	for _, t := range append(slices.Clone(g.access), g.others...) {
		m.issued[reuseOf(t.kind, g)] = t
	}
}

// revoke says the same for a token that was never there (RFC 7009 section 2.2).
func (m *mastodon) revoke(r *http.Request) (reply, error) {
	app, known := m.client(r)
	t := m.lab.token(mastodonKey(r.PathValue("host")), r.PostForm.Get("token"), userToken, appToken)
	if !known || r.PostForm.Get("token") == "" || !m.lab.endToken(app.ClientID, t) {
		return reply{}, tokenError(http.StatusForbidden, "unauthorized_client", "You are not authorized to revoke this token")
	}
	return jsonReply(http.StatusOK, "ok", struct{}{}), nil
}

// living is the token of that value, a person's or an app's own.
func (m *mastodon) living(host, value string) (*token, error) {
	t := m.lab.token(mastodonKey(host), value, userToken, appToken)
	switch {
	case t == nil || t.grant.ended == endForgotten:
		return nil, mastodonError(http.StatusUnauthorized, "The access token is invalid")
	case t.revoked || t.grant.ended != "":
		return nil, mastodonError(http.StatusUnauthorized, "The access token was revoked")
	}
	return t, nil
}

// verifyCredentials is the account of the token.
func (m *mastodon) verifyCredentials(r *http.Request) (reply, error) {
	host := r.PathValue("host")
	t, err := m.living(host, bearer(r))
	switch {
	case err != nil:
		return reply{}, err
	case !slices.ContainsFunc([]string{"profile", "read", "read:accounts"}, func(s string) bool { return slices.Contains(t.scopes, s) }):
		return reply{}, mastodonError(http.StatusForbidden, "This action is outside the authorized scopes")
	case t.kind == appToken:
		return reply{}, mastodonError(http.StatusUnprocessableEntity, "This method requires an authenticated user")
	}
	return jsonReply(http.StatusOK, "ok", m.account(host, t.grant.persona)), nil
}

// account is the CredentialAccount entity, without what nobody asks for.
func (m *mastodon) account(host string, p persona) map[string]any {
	name := p.Name
	if p.Key == "second" {
		name = ""
	}
	picture := m.lab.pictureURL(p.Name)
	return map[string]any{
		"id": p.ID, "username": p.Account.Username, "acct": p.Account.Username, "display_name": name,
		"locked": false, "bot": false, "discoverable": true, "group": false, "created_at": "2022-11-05T00:00:00.000Z",
		"note": "<p>" + strconv.Itoa(p.Account.Posts) + " posts</p>", "url": "https://" + host + "/@" + p.Account.Username, "uri": "https://" + host + "/users/" + p.Account.Username,
		"avatar": picture, "avatar_static": picture, "header": picture, "header_static": picture,
		"followers_count": p.Account.Followers, "following_count": p.Account.Following, "statuses_count": p.Account.Posts,
		"last_status_at": "2026-11-20", "emojis": []any{}, "fields": []any{},
	}
}
