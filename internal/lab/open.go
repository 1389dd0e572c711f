package lab

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The platform "open" is authorization servers that follow the standards and nobody's
// habits, for platforms that an operator describes. Each host is a server of its own, and
// they differ in what a refresh does. What they refuse:
//
//	an unknown client, a redirect URI that is not registered byte for byte,
//	no state: on a page                                                     RFC 6749 4.1.2.1
//	no PKCE challenge, or another method than S256                          OAuth 2.1 4.1.1
//	a scope that is no scope-token, or separated by anything but spaces     RFC 6749 3.3
//	a client without its secret, by Basic or in the body, or by both (401)  RFC 6749 2.3
//	a code after a minute, of another client, with another redirect URI or
//	verifier; a second time, which ends what came of it                     RFC 6749 4.1.2
//	a pushed request a second time, or after 90 seconds                     RFC 9126 2.2
//	a spent refresh token, which ends its family: at once (strict), after
//	30 seconds (grace)                                                      OAuth 2.1 4.3.1
//	scopes beyond those of the consent at a refresh                         RFC 6749 6
//	revoking another client's token                                         RFC 7009 2.1
//	a dead token at userinfo (401), or one whose profile was refused (403)  RFC 6750 3.1
//
// Milder than many: any scope is one that they have, and every client is given a
// refresh token. There is no DPoP.

const (
	openStrict = "strict.open.example" // single use
	openGrace  = "grace.open.example"  // single use, and answered again for a while
	openStable = "stable.open.example" // stays

	openCodeLife = time.Minute
	openPARLife  = 90 * time.Second
)

// OpenServers is the host names of the Lab's standard authorization servers. They stand
// at /lab/open/<host>.
func OpenServers() []string { return []string{openStrict, openGrace, openStable} }

// open is the standard servers.
type open struct {
	lab     *Lab
	servers map[string]*openServer
	key     idKey
}

// openServer is one of them. Each is a platform of its own for consents and tokens, all
// know the clients of "open".
type openServer struct {
	host     string
	rotates  bool
	grace    time.Duration
	access   time.Duration // life of an access token
	refresh  time.Duration // life of a refresh token, anew with each; zero: no end
	dialog   *dialog
	pushed   map[string]pushed
	pushedAt []string // their names, oldest first
}

func newOpen(l *Lab) *open {
	o := &open{lab: l, key: newIDKey(), servers: map[string]*openServer{
		openStrict: {rotates: true},
		openGrace:  {rotates: true, grace: 30 * time.Second},
		openStable: {},
	}}
	for host, s := range o.servers {
		s.host, s.access, s.pushed = host, 2*time.Hour, map[string]pushed{}
		s.dialog = o.dialog(host)
	}
	return o
}

// openKey is under which name consents and tokens of a server are kept.
func openKey(host string) string { return "open/" + host }

func (o *open) dialog(host string) *dialog {
	return &dialog{
		Platform: openKey(host), Name: host, Personas: openPersonas(), crowd: openCrowd,
		clients: "open", anyScope: true, separator: " ", codeLife: openCodeLife,
		denial: url.Values{"error": {"access_denied"}, "error_description": {"The resource owner denied the request."}},
		check:  requireS256,
		failure: func(p *problem) url.Values {
			return url.Values{"error": {p.code}, "error_description": {p.message}}
		},
		newCode: func() string { return random(2) },
		consent: func(c consent) *grant {
			return o.lab.newGrant(&grant{platform: openKey(host), clientID: c.clientID, persona: c.persona, granted: c.granted, declined: c.declined})
		},
	}
}

func requireS256(req *request, q url.Values) *problem {
	req.challenge, req.method, req.nonce = q.Get("code_challenge"), q.Get("code_challenge_method"), q.Get("nonce")
	switch {
	case req.challenge == "":
		return &problem{param: "code_challenge", code: "invalid_request", message: "code_challenge is required."}
	case req.method != "S256" || !s256Challenge.MatchString(req.challenge):
		return &problem{param: "code_challenge_method", code: "invalid_request", message: "code_challenge_method must be S256."}
	}
	return nil
}

func (o *open) platform() *platform {
	hosts := strings.Join(OpenServers(), " ")
	shown := *o.servers[openStrict].dialog // what the index says of all of them
	shown.Name = "Standard OAuth 2.1 servers"
	return &platform{ID: "open", Dialog: &shown, Servers: OpenServers(), listed: true, endpoints: []endpoint{
		{http.MethodGet, hosts, "/.well-known/oauth-authorization-server", o.discovery},
		{http.MethodGet, hosts, "/.well-known/openid-configuration", o.discovery},
		{http.MethodGet, hosts, "/jwks.json", o.jwks},
		{http.MethodPost, hosts, "/par", o.push},
		{http.MethodGet, hosts, "/authorize", o.authorize},
		{http.MethodPost, hosts, "/authorize", o.authorize},
		{http.MethodPost, hosts, "/token", o.token},
		{http.MethodPost, hosts, "/revoke", o.revoke},
		{http.MethodPost, hosts, "/introspect", o.introspect},
		{http.MethodGet, hosts, "/userinfo", o.userinfo},
		{http.MethodPost, hosts, "/userinfo", o.userinfo},
	}}
}

// issuer is the server's identifier, under the address at which it was called.
func (o *open) issuer(r *http.Request) string {
	base := o.lab.baseURL
	if u, err := url.Parse(base); err != nil || u.Host != r.Host {
		base = "http://" + r.Host
	}
	return base + "/lab/open/" + r.PathValue("host")
}

// discovery is RFC 8414 and OpenID Connect Discovery in one.
func (o *open) discovery(r *http.Request) (reply, error) {
	issuer := o.issuer(r)
	auth := []string{"client_secret_basic", "client_secret_post"}
	return jsonReply(http.StatusOK, "ok", map[string]any{
		"issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
		"revocation_endpoint": issuer + "/revoke", "introspection_endpoint": issuer + "/introspect", "userinfo_endpoint": issuer + "/userinfo", "jwks_uri": issuer + "/jwks.json",
		"pushed_authorization_request_endpoint": issuer + "/par", "require_pushed_authorization_requests": false,
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"},
		"grant_types_supported":            []string{"authorization_code", "refresh_token"},
		"code_challenge_methods_supported": []string{"S256"}, "scopes_supported": []string{"openid", "profile", "accounts", "post", "offline_access"},
		"token_endpoint_auth_methods_supported": auth, "revocation_endpoint_auth_methods_supported": auth, "introspection_endpoint_auth_methods_supported": auth,
		"authorization_response_iss_parameter_supported": true,
		"subject_types_supported":                        []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
	}), nil
}

// authorize is the consent page, for a request in the address or a pushed one.
func (o *open) authorize(r *http.Request) (reply, error) {
	s := o.servers[r.PathValue("host")]
	d := *s.dialog
	d.issuer = o.issuer(r)
	name := r.URL.Query().Get("request_uri")
	if name == "" {
		return o.lab.authorize(&d)(r)
	}
	p, ok := s.pushed[name]
	if !ok || p.clientID != r.URL.Query().Get("client_id") || !o.lab.now().Before(p.ends) {
		return o.lab.errorPage(d.Name, "request_uri", "This request was not pushed by this client, or has ended."), nil
	}
	address := *r.URL
	address.RawQuery = p.params.Encode()
	asked := *r
	asked.URL = &address
	out, err := o.lab.authorize(&d)(&asked)
	if out.status == http.StatusFound {
		delete(s.pushed, name)
	}
	return out, err
}

// pushed is an authorization request that was sent ahead (RFC 9126).
type pushed struct {
	clientID string
	params   url.Values
	ends     time.Time
}

// push takes an authorization request in, if it is one that would be shown.
func (o *open) push(r *http.Request) (reply, error) {
	s := o.servers[r.PathValue("host")]
	app, err := o.client(r)
	if err != nil {
		return reply{}, err
	}
	params := url.Values{}
	for name := range r.PostForm {
		if name != "client_secret" {
			params[name] = r.PostForm[name]
		}
	}
	params.Set("client_id", app.ClientID)
	if params.Has("request_uri") {
		return reply{}, tokenError(http.StatusBadRequest, "invalid_request", "request_uri cannot be pushed.")
	}
	if _, bad := o.lab.request(s.dialog, params); bad != nil {
		code := bad.code
		if code == "" {
			code = "invalid_request"
		}
		return reply{}, tokenError(http.StatusBadRequest, code, bad.message)
	}
	name := "urn:ietf:params:oauth:request_uri:" + random(2)
	s.keep(name, pushed{app.ClientID, params, o.lab.now().Add(openPARLife)}, o.lab.now())
	return jsonReply(http.StatusCreated, "ok", map[string]any{"request_uri": name, "expires_in": int(openPARLife / time.Second)}), nil
}

// keep adds a pushed request and lets go of those that ended.
func (s *openServer) keep(name string, p pushed, now time.Time) {
	for len(s.pushedAt) > 0 {
		first, there := s.pushed[s.pushedAt[0]]
		if there && now.Before(first.ends) {
			break
		}
		delete(s.pushed, s.pushedAt[0])
		s.pushedAt = s.pushedAt[1:]
	}
	s.pushed[name] = p
	s.pushedAt = append(s.pushedAt, name)
}

// setLives is POST /lab/open: how long the tokens live that a server issues from now on.
func (o *open) setLives(r *http.Request) (any, error) {
	var in struct {
		Host    string   `json:"host"`
		Access  *float64 `json:"access_s"`
		Refresh *float64 `json:"refresh_s"` // 0: no end
	}
	if err := readJSON(r, &in); err != nil {
		return nil, err
	}
	o.lab.mu.Lock()
	defer o.lab.mu.Unlock()
	s := o.servers[in.Host]
	switch {
	case s == nil:
		return nil, errors.New("host is one of " + strings.Join(OpenServers(), ", "))
	case in.Access != nil && (*in.Access < 1 || *in.Access > maxAdvance.Seconds()), in.Refresh != nil && (*in.Refresh < 0 || *in.Refresh > maxAdvance.Seconds()):
		return nil, errors.New("access_s and refresh_s are numbers of seconds")
	}
	if in.Access != nil {
		s.access = time.Duration(*in.Access * float64(time.Second))
	}
	if in.Refresh != nil {
		s.refresh = time.Duration(*in.Refresh * float64(time.Second))
	}
	o.lab.changed()
	return nil, nil
}

// openPersonas are the same on every server.
func openPersonas() []persona {
	return []persona{
		{
			Key: "creator", ID: "ps-3301", Name: "Creator with three accounts",
			About: "May publish on two of three accounts; the third can be read only.",
			Accounts: []openAccount{
				{"acct-101", "Tidewater Radio", "tidewater_radio", "admin"},
				{"acct-102", "Paper Harbour", "paper_harbour", "editor"},
				{"acct-103", "North Quay News", "north_quay", "viewer"},
			},
		},
		{
			Key: "second", ID: "ps-3302", Name: "Person with one account",
			About:    "To connect two, or to come back as the wrong one.",
			Accounts: []openAccount{{"acct-201", "Copper Lane", "copper_lane", "admin"}},
		},
		{Key: "noaccounts", ID: "ps-3303", Name: "Person without accounts", About: "Consents like anybody, and has nothing to connect but the person."},
	}
}

// openAccount is something that a person publishes on, and as what.
type openAccount struct{ ID, Name, Username, Role string }

// userinfo tells who consented, and what they publish on.
func (o *open) userinfo(r *http.Request) (reply, error) {
	t := o.lab.token(openKey(r.PathValue("host")), bearer(r), userToken)
	if t == nil || t.revoked || t.grant.ended != "" || t.expired(o.lab.now()) {
		return reply{}, bearerError(http.StatusUnauthorized, "invalid_token", "The access token is invalid, expired or revoked.")
	}
	refused := func(s string) bool { return slices.Contains(t.grant.declined, s) && !slices.Contains(t.scopes, s) }
	if refused("profile") || refused("openid") {
		return reply{}, bearerError(http.StatusForbidden, "insufficient_scope", "The access token lacks the scope profile.")
	}
	p := t.grant.persona
	body := map[string]any{
		"sub": p.ID, "name": p.Name, "preferred_username": strings.ReplaceAll(p.Key, "-", "_"), "picture": o.lab.pictureURL(p.Name),
	}
	if !refused("accounts") {
		body["accounts"] = o.accounts(t.grant)
	}
	return jsonReply(http.StatusOK, "ok", body), nil
}

func (o *open) accounts(g *grant) []map[string]any {
	rows := []map[string]any{}
	for _, a := range g.persona.Accounts {
		switch o.lab.target(g, a.ID) {
		case targetGone:
			continue
		case targetNoRole:
			a.Role = "viewer"
		}
		rows = append(rows, map[string]any{
			"id": a.ID, "name": a.Name, "username": a.Username, "role": a.Role, "picture": o.lab.pictureURL(a.Name),
			"url": "https://" + strings.TrimPrefix(g.platform, "open/") + "/@" + a.Username,
		})
	}
	return rows
}

// bearerError is RFC 6750 section 3.
func bearerError(status int, code, description string) error {
	no := jsonReply(status, code, map[string]string{"error": code, "error_description": description})
	no.header.Set("WWW-Authenticate", `Bearer error="`+code+`", error_description="`+description+`"`)
	return refusal{no}
}
