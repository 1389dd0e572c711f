package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What the Lab's Mastodon servers refuse, and where that is written:
//
//	a registration without a name, with a redirect URI that is not absolute, or with a
//	scope that the server does not have (422)                                apps [1], doorkeeper.rb [2]
//	several redirect URIs as a list, before 4.3                              apps [1]
//	any registration, at the closed server (422)                             apps [1]
//	discovery, before 4.3 (404)                                              oauth [3]
//	unknown client, redirect URI not registered byte for byte, scopes beyond
//	those registered, a challenge method other than S256: on a page, never
//	by a redirect                                                            oauth [3], Doorkeeper [4]
//	a code after ten minutes, a second time, of another client, with another
//	redirect URI or verifier; a verifier without a challenge (400)           oauth [3], Doorkeeper [4]
//	a client that is unknown or has another secret (401 invalid_client)      oauth [3]
//	scopes beyond those registered for an app's own token (400)              oauth [3]
//	revoking another client's token (403)                                    oauth [3]
//	the app of a dead token (401), and before 4.3 of one without read (403)  apps [1]
//	the account with a dead token (401), an app's own token (422), or without
//	profile, read or read:accounts (403)                                     base_controller.rb [5]
//
// A second consent of the same person for the same scopes is answered with the same
// token, since Mastodon reuses them [2]. An id is unique on its server only: the same
// persona has the same id on each.
//
// [1] https://docs.joinmastodon.org/methods/apps/
// [2] https://github.com/mastodon/mastodon/blob/v4.5.3/config/initializers/doorkeeper.rb
// [3] https://docs.joinmastodon.org/methods/oauth/
// [4] https://github.com/doorkeeper-gem/doorkeeper
// [5] https://github.com/mastodon/mastodon/blob/v4.5.3/app/controllers/api/base_controller.rb
//
// Stricter than Mastodon: state is required, redirect URIs have no query. Milder: the
// consent page is always shown, force_login or not; rate limits are not counted.

const (
	mastodonNew    = "mastodon.example"        // as 4.4: discovery, PKCE, profile
	mastodonOld    = "old.mastodon.example"    // as 4.2: none of these
	mastodonClosed = "closed.mastodon.example" // as 4.4, takes no apps

	mastodonCodeLife = 10 * time.Minute
	mastodonNameMax  = 60

	appToken tokenKind = "APP" // a client's own, by the client credentials grant
)

// MastodonServers is the host names of the Lab's Mastodon servers. They stand at
// /lab/mastodon/<host>, in the place of https://<host>.
func MastodonServers() []string { return []string{mastodonNew, mastodonOld, mastodonClosed} }

// mastodon is the fake Mastodon servers. Each is a platform of its own for clients,
// grants and tokens: nothing of one is known at another.
type mastodon struct {
	lab     *Lab
	dialogs map[string]*dialog // by host
	issued  map[reuseKey]*token
}

func newMastodon(l *Lab) *mastodon {
	m := &mastodon{lab: l, dialogs: map[string]*dialog{}, issued: map[reuseKey]*token{}}
	for _, host := range MastodonServers() {
		m.dialogs[host] = m.dialog(host)
	}
	return m
}

// mastodonKey is under which name clients and tokens of a server are kept.
func mastodonKey(host string) string { return "mastodon/" + host }

func (m *mastodon) dialog(host string) *dialog {
	d := &dialog{
		Platform: mastodonKey(host), Name: host, Personas: mastodonPersonas(), crowd: mastodonCrowd, AllOrNothing: true,
		scopes: mastodonScopes(host), separator: " ", codeLife: mastodonCodeLife,
		denial: url.Values{"error": {"access_denied"}, "error_description": {"The resource owner or authorization server denied the request."}},
		failure: func(p *problem) url.Values {
			return url.Values{"error": {p.code}, "error_description": {p.message}}
		},
		newCode: func() string { return random(2)[:43] },
		consent: func(c consent) *grant {
			return m.lab.newGrant(&grant{platform: mastodonKey(host), clientID: c.clientID, persona: c.persona, granted: c.granted})
		},
	}
	d.check = func(req *request, q url.Values) *problem { return checkMastodonRequest(d, host, req, q) }
	return d
}

func mastodonScopes(host string) []scope {
	scopes := []scope{
		{"read", "Read all your account's data", false},
		{"read:accounts", "See accounts information", false},
		{"read:statuses", "See all posts", false},
		{"read:notifications", "See your notifications", false},
		{"write", "Modify all your account's data", false},
		{"write:statuses", "Publish posts", false},
		{"write:media", "Upload media files", false},
		{"write:follows", "Follow people", false},
		{"follow", "Modify account relationships", false},
		{"push", "Receive your push notifications", false},
	}
	if host != mastodonOld {
		scopes = append(scopes, scope{"profile", "Read only your account's profile information", false})
	}
	return scopes
}

// mastodonPersonas have the same ids on every server, as two servers may give out.
func mastodonPersonas() []persona {
	return []persona{
		{
			Key: "creator", ID: "109876543210987654", Name: "Creator account",
			About:   "An account with followers.",
			Account: &account{Username: "lab_creator", Followers: 3907, Following: 214, Posts: 1288},
		},
		{
			Key: "second", ID: "109876543210987655", Name: "Second account",
			About:   "Another account of the same server, without a display name: to connect two, or to come back as the wrong one.",
			Account: &account{Username: "lab_second", Followers: 12, Following: 30, Posts: 4},
		},
	}
}

func (m *mastodon) platform() *platform {
	hosts := strings.Join(MastodonServers(), " ")
	shown := *m.dialogs[mastodonNew] // what the index says of all of them
	shown.Name = "Mastodon"
	return &platform{ID: "mastodon", Dialog: &shown, Servers: MastodonServers(), adopt: m.adopt, endpoints: []endpoint{
		{http.MethodGet, hosts, "/.well-known/oauth-authorization-server", m.discovery},
		{http.MethodPost, hosts, "/api/v1/apps", m.register},
		{http.MethodGet, hosts, "/oauth/authorize", m.authorize},
		{http.MethodPost, hosts, "/oauth/authorize", m.authorize},
		{http.MethodPost, hosts, "/oauth/token", m.token},
		{http.MethodPost, hosts, "/oauth/revoke", m.revoke},
		{http.MethodGet, hosts, "/api/v1/accounts/verify_credentials", m.verifyCredentials},
		{http.MethodGet, hosts, "/api/v1/apps/verify_credentials", m.verifyApp},
		{http.MethodPost, hosts, "/forget", m.forget}, // the Lab's own
	}}
}

// discovery is RFC 8414, since 4.3. Mastodon's issuer is its root address, with the slash.
func (m *mastodon) discovery(r *http.Request) (reply, error) {
	host := r.PathValue("host")
	if host == mastodonOld {
		return reply{
			status: http.StatusNotFound, outcome: "404", header: http.Header{"Content-Type": {"text/html; charset=utf-8"}},
			body: []byte("<!DOCTYPE html><html><body><h1>The page you are looking for isn't here.</h1></body></html>"),
		}, nil
	}
	base := "https://" + host
	var scopes []string
	for _, s := range m.dialogs[host].scopes {
		scopes = append(scopes, s.Name)
	}
	return jsonReply(http.StatusOK, "ok", map[string]any{
		"issuer": base + "/", "authorization_endpoint": base + "/oauth/authorize", "token_endpoint": base + "/oauth/token",
		"revocation_endpoint": base + "/oauth/revoke", "userinfo_endpoint": base + "/oauth/userinfo",
		"scopes_supported": scopes, "response_types_supported": []string{"code"}, "response_modes_supported": []string{"query", "fragment", "form_post"},
		"grant_types_supported":                 []string{"authorization_code", "client_credentials"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"}, "service_documentation": "https://docs.joinmastodon.org/",
		"app_registration_endpoint": base + "/api/v1/apps",
	}), nil
}

func (m *mastodon) authorize(r *http.Request) (reply, error) {
	return m.lab.authorize(m.dialogs[r.PathValue("host")])(r)
}

// checkMastodonRequest shows every fault on a page: Doorkeeper redirects denials only.
func checkMastodonRequest(d *dialog, host string, req *request, q url.Values) *problem {
	if _, sent := q["scope"]; !sent {
		q.Set("scope", "read") // the default
	}
	for _, name := range strings.Split(q.Get("scope"), " ") {
		known := slices.ContainsFunc(d.scopes, func(s scope) bool { return s.Name == name })
		if !known || !slices.Contains(req.App.Scopes, name) {
			return &problem{param: "scope", onPage: true, message: "The requested scope is invalid, unknown, or malformed."}
		}
	}
	if host == mastodonOld || q.Get("code_challenge") == "" {
		return nil
	}
	req.challenge, req.method = q.Get("code_challenge"), q.Get("code_challenge_method")
	if req.method != "S256" || !s256Challenge.MatchString(req.challenge) {
		return &problem{param: "code_challenge_method", onPage: true, message: "The code challenge method must be S256."}
	}
	return nil
}
