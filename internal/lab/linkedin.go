package lab

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What the Lab's LinkedIn refuses, and where that is written:
//
//	a host other than www.linkedin.com (authorize, token) or api.linkedin.com
//	(userinfo, /rest)                                                         authorization-code-flow [1]
//	unknown client, redirect URI not registered byte for byte, no state       authorization-code-flow [1]
//	PKCE parameters at the authorize page; a code_verifier at the token
//	endpoint (401 invalid_client)                                             executor issue 2087 [2]
//	scopes that do not exist or are not separated by spaces
//	(invalid_scope_error); scopes of a product that the application lacks
//	(unauthorized_scope_error)                                                increasing-access [3]
//	a token request that is no form; no client_id and client_secret in the
//	body; a wrong secret (401 invalid_client)                                 authorization-code-flow [1]
//	a code after 30 minutes, a second time, with another redirect URI or
//	of another client: one invalid_request for all                            linkedin_login issue 77 [4]
//	a refresh token after 365 days, which no refresh moves; no refresh token
//	at all unless the application is a partner's: see refreshes               programmatic-refresh-tokens [5]
//	/rest without LinkedIn-Version, or with a month that ended or never was
//	(426)                                                                     versioning [6]
//	finders and List(…) without X-Restli-Protocol-Version: 2.0.0, and List(…)
//	with its syntax encoded or its entries not                                protocol versions [7]
//	organizations without rw_organization_admin, or that the member does not
//	administer (403)                                                          organization-lookup-api [8]
//	a token that expired, was revoked, or is none (401)                       error-handling [9]
//	introspectToken without the application's credentials in the body (401)   token-introspection [10]
//	revoking another application's token (400)                                RFC 7009 2.1
//
// [1] https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
// [2] https://github.com/UsefulSoftwareCo/executor/issues/2087
// [3] https://learn.microsoft.com/en-us/linkedin/marketing/increasing-access
// [4] https://github.com/d3xt3r2909/linkedin_login/issues/77
// [5] https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens
// [6] https://learn.microsoft.com/en-us/linkedin/marketing/versioning
// [7] https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/protocol-version
// [8] https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-lookup-api
// [9] https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling
// [10] https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection
//
// Stricter than LinkedIn: state is optional there, a query in the redirect URI is ignored,
// and PKCE parameters at the authorize page are passed over until the token request fails.
// Milder: consent is asked for each time, though a grant exists; every application has
// the organizations' permissions; there is no id_token and no rate limit.

const (
	liAuthHost = "www.linkedin.com"
	liAPIHost  = "api.linkedin.com"

	liCodeLife    = 30 * time.Minute
	liAccessLife  = 60 * 24 * time.Hour
	liRefreshLife = 365 * 24 * time.Hour // from the consent: no refresh moves it
)

// linkedIn is the fake LinkedIn: consent, the member, and the organizations by role.
type linkedIn struct {
	lab      *Lab
	dialog   *dialog
	versions map[string]string // to the day from which it is refused, "" while none is announced

	refreshTokens *bool // as POST /lab/linkedin says; nil: see refreshes
}

func newLinkedIn(l *Lab) *linkedIn {
	li := &linkedIn{lab: l, versions: map[string]string{
		"202608": "", "202607": "", "202606": "", "202605": "", "202604": "2027-04-15", "202603": "2027-03-16", "202602": "2027-02-15",
		"202601": "2027-01-15", "202511": "2026-11-16", "202510": "2026-10-15", "202508": "2026-08-17",
	}}
	li.dialog = &dialog{
		Platform: "linkedin", Name: "LinkedIn", Personas: linkedInPersonas(), crowd: linkedInCrowd, AllOrNothing: true,
		scopes: linkedInScopes(), separator: " ", codeLife: liCodeLife,
		denial:      liRefusal("user_cancelled_authorize", "The user cancelled the authorization"),
		CancelLogin: liRefusal("user_cancelled_login", "The user cancelled LinkedIn login"),
		check:       checkLinkedInRequest,
		failure: func(p *problem) url.Values {
			return liRefusal(strings.Replace(p.code, "invalid_scope", "invalid_scope_error", 1), p.message)
		},
		newCode: func() string { return "AQ" + random(4) },
		consent: func(c consent) *grant {
			return l.newGrant(&grant{platform: "linkedin", clientID: c.clientID, persona: c.persona, granted: c.granted})
		},
	}
	return li
}

func liRefusal(code, description string) url.Values {
	return url.Values{"error": {code}, "error_description": {description}}
}

func linkedInScopes() []scope {
	return []scope{
		{"openid", "Use your LinkedIn sign-in", false},
		{"profile", "See your name and photo", false},
		{"email", "See your email address", false},
		{"w_member_social", "Create, change and delete posts for you", false},
		{"rw_organization_admin", "Manage your organizations' pages and see their figures", false},
		{"w_organization_social", "Create, change and delete posts for your organizations", false},
		{"r_organization_social", "Read your organizations' posts and reactions", false},
	}
}

// restricted are scopes that exist, of products that the Lab gives to nobody.
var restricted = []string{"r_member_social", "r_basicprofile", "r_liteprofile", "r_emailaddress", "r_ads", "rw_ads", "r_1st_connections_size"}

// checkLinkedInRequest refuses PKCE, and scopes that the application has no product for.
func checkLinkedInRequest(_ *request, q url.Values) *problem {
	for _, name := range []string{"code_challenge", "code_challenge_method"} {
		if q.Has(name) {
			return &problem{param: name, onPage: true, message: "LinkedIn's sign-in for web applications has no PKCE: do not send " + name + "."}
		}
	}
	for name := range strings.SplitSeq(q.Get("scope"), " ") {
		if slices.Contains(restricted, name) {
			return &problem{param: "scope", code: "unauthorized_scope_error", message: `Scope "` + name + `" is not authorized for your application`}
		}
	}
	return nil
}

func (li *linkedIn) platform() *platform {
	authorize := li.lab.authorize(li.dialog)
	rest := func(path string, serve func(*http.Request, *token) (reply, error)) endpoint {
		return endpoint{http.MethodGet, liAPIHost, "/rest/" + path, li.rest(serve)}
	}
	return &platform{ID: "linkedin", Dialog: li.dialog, endpoints: []endpoint{
		{http.MethodGet, liAuthHost, "/oauth/v2/authorization", authorize},
		{http.MethodPost, liAuthHost, "/oauth/v2/authorization", authorize},
		{http.MethodPost, liAuthHost, "/oauth/v2/accessToken", li.token},
		{http.MethodPost, liAuthHost, "/oauth/v2/revoke", li.revoke},
		{http.MethodPost, liAuthHost, "/oauth/v2/introspectToken", li.introspect},
		{http.MethodGet, liAPIHost, "/v2/userinfo", li.userinfo},
		rest("organizationAcls", li.organizationAcls),
		rest("organizations", li.organizations),
		rest("organizationsLookup", li.organizationsLookup),
		rest("images", li.images),
	}}
}
