package lab

import (
	"net/http"
	"net/url"
	"regexp"
	"time"
)

// What the Lab's X refuses, and where that is written:
//
//	a host other than x.com (authorize) or api.x.com                         authorization-code [1]
//	unknown client, redirect URI not registered byte for byte                authorization-code [1]
//	no state, or one of more than 500 characters                             authorization-code [1]
//	no PKCE challenge, a malformed one, an unknown method (S256 and plain)   authorization-code [1]
//	scopes that do not exist, or not separated by spaces                     authorization-code [1]
//	a token request that is no form; credentials in the body instead of
//	HTTP Basic (401 unauthorized_client)                                     user-access-token [2]
//	a code after 30 seconds, a second time, with another redirect URI,
//	or with a verifier that does not match                                   authorization-code [1]
//	a refresh token a second time: 400, and the whole family dies            trypost issue 126 [3]
//	revoking another client's token (400)                                    RFC 7009 2.1
//	GET /2/users/me with a dead token (401), without users.read and
//	tweet.read (403)                                                         authentication mapping [4]
//
// [1] https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
// [2] https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token
// [3] https://github.com/trypostit/trypost/issues/126
// [4] https://docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping
//
// Milder than X: loopback and http redirect URIs are all accepted; the rate limit of
// /2/users/me is counted in its headers and not enforced.

const (
	xAuthorizeHost = "x.com"
	xAPIHost       = "api.x.com"

	xCodeLife   = 30 * time.Second
	xAccessLife = 2 * time.Hour
	xStateMax   = 500

	xUsersMeLimit  = 75 // for each account
	xUsersMeWindow = 15 * time.Minute
)

// twitter is the fake X: OAuth 2.0 for confidential clients, and the own account.
type twitter struct {
	lab     *Lab
	dialog  *dialog
	windows map[string]*window // rate limits, by account
}

// window is one rate limit period of one account.
type window struct {
	ends  time.Time
	calls int
}

func newX(l *Lab) *twitter {
	x := &twitter{lab: l, windows: map[string]*window{}}
	x.dialog = &dialog{
		Platform: "x", Name: "X", Personas: xPersonas(), crowd: xCrowd, AllOrNothing: true,
		scopes: xScopes(), separator: " ", codeLife: xCodeLife,
		denial: url.Values{"error": {"access_denied"}},
		check:  checkXRequest,
		failure: func(p *problem) url.Values {
			return url.Values{"error": {p.code}, "error_description": {p.message}}
		},
		newCode: func() string { return random(3) },
		consent: func(c consent) *grant {
			return l.newGrant(&grant{platform: "x", clientID: c.clientID, persona: c.persona, granted: c.granted})
		},
	}
	return x
}

func xScopes() []scope {
	return []scope{
		{"tweet.read", "Read posts that you can read", false},
		{"tweet.write", "Publish posts for you", false},
		{"tweet.moderate.write", "Hide replies to your posts", false},
		{"users.read", "See your profile", false},
		{"users.email", "See your email address", false},
		{"offline.access", "Stay connected until you end it", false},
		{"media.write", "Upload pictures and videos", false},
		{"like.read", "See your likes", false},
		{"like.write", "Like posts for you", false},
		{"follows.read", "See whom you follow", false},
		{"dm.read", "Read your messages", false},
		{"dm.write", "Send messages for you", false},
		{"list.read", "See your lists", false},
		{"bookmark.read", "See your bookmarks", false},
	}
}

func (x *twitter) platform() *platform {
	authorize := x.lab.authorize(x.dialog)
	return &platform{ID: "x", Dialog: x.dialog, endpoints: []endpoint{
		{http.MethodGet, xAuthorizeHost, "/i/oauth2/authorize", authorize},
		{http.MethodPost, xAuthorizeHost, "/i/oauth2/authorize", authorize},
		{http.MethodPost, xAPIHost, "/2/oauth2/token", x.token},
		{http.MethodPost, xAPIHost, "/2/oauth2/revoke", x.revoke},
		{http.MethodGet, xAPIHost, "/2/users/me", x.usersMe},
	}}
}

var (
	// s256Challenge is a SHA-256 in base64url without padding (RFC 7636 section 4.2).
	s256Challenge = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	// plainChallenge is a verifier itself (RFC 7636 section 4.1).
	plainChallenge = regexp.MustCompile(`^[A-Za-z0-9._~-]{43,128}$`)
)

// checkXRequest checks the state's length and PKCE, which X requires of everybody.
func checkXRequest(req *request, q url.Values) *problem {
	req.challenge, req.method = q.Get("code_challenge"), q.Get("code_challenge_method")
	shape := s256Challenge
	if req.method == "plain" {
		shape = plainChallenge
	}
	switch {
	case len(req.State) > xStateMax:
		return &problem{param: "state", onPage: true, message: "The state parameter has more than 500 characters."}
	case req.challenge == "":
		return &problem{param: "code_challenge", code: "invalid_request", message: "Missing required parameter [code_challenge]."}
	case req.method != "S256" && req.method != "plain":
		return &problem{param: "code_challenge_method", code: "invalid_request", message: "code_challenge_method must be S256 or plain."}
	case !shape.MatchString(req.challenge):
		return &problem{param: "code_challenge", code: "invalid_request", message: "Value passed for the code challenge was invalid."}
	}
	return nil
}
