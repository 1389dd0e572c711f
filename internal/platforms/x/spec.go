package x

import (
	"net/http"
	"time"

	"patchbay/internal/platform"
)

const apiOrigin = "https://api.x.com"

func spec() platform.Spec {
	return platform.Spec{
		ID:   "x",
		Name: "X",

		AuthorizeURL: "https://x.com/i/oauth2/authorize",
		TokenURL:     apiOrigin + "/2/oauth2/token",
		RevokeURL:    apiOrigin + "/2/oauth2/revoke",

		ClientAuth:     platform.AuthBasic, // a confidential client; its id is not repeated in the body
		PKCE:           platform.PKCES256,
		ScopeSeparator: " ",
		Scopes: []platform.Scope{
			{Name: "tweet.read", Feature: "profile", Required: true}, // GET /2/users/me wants both
			{Name: "users.read", Feature: "profile", Required: true},
			{Name: "tweet.write", Feature: "post", Required: true},
			{Name: "offline.access", Feature: "offline", Required: true}, // else there is no refresh token and all ends after 2 h
			{Name: "media.write", Feature: "media"},
		},
		GrantedScopes: platform.GrantedInToken,
		Denial:        platform.Denial{Errors: []string{"access_denied"}},

		CodeLifetime:   30 * time.Second, // exchanged inside the callback request, never queued
		AccessLifetime: 2 * time.Hour,
		Refresh:        platform.RefreshRotating, // reuse may end the whole family; its lifetime is not documented
		RefreshRules:   refreshRules(),
		CallRules:      callRules(),
		ProbeEvery:     0, // never by itself: X charges for each read of an account
		Revocation:     platform.ReachToken,
		RevokeReplaced: false, // one who revokes there saw all of the app's access end: https://github.com/lucyllewy/twitodon/issues/22

		// OAuth 2.0 has nothing like the force_login of OAuth 1.0a: X's list of parameters ends
		// without one, and its page takes whoever is signed in. The address is that of the item
		// "Log out" in X's own menu of accounts.
		// https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code
		Switch: platform.Switch{SignOutURL: "https://x.com/logout"},

		Targets: []platform.TargetKind{{Kind: "profile", Role: platform.RoleAccount}},
		Pick:    platform.PickOne,

		Sources: []string{
			"https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code",
			"https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token",
			"https://docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping",
			"https://docs.x.com/x-api/fundamentals/response-codes-and-errors",
			"https://developer.x.com/en/support/x-api/error-troubleshooting",
			"https://docs.x.com/x-api/getting-started/pricing",
		},
	}
}

// refreshRules: X says invalid_request of a refresh token that is used, revoked or unknown,
// where RFC 6749 §5.2 has invalid_grant. The same word with another description is about our
// request. https://github.com/trypostit/trypost/issues/126
func refreshRules() []platform.Rule {
	return []platform.Rule{
		{Word: "invalid_request: Value passed for the token was invalid.", Class: platform.ClassPermanent, Reason: platform.ReasonRevoked},
		{Word: problem("client-forbidden"), Class: platform.ClassConfiguration},
	}
}

// callRules: the types of https://docs.x.com/x-api/fundamentals/response-codes-and-errors, and
// the numbers of https://developer.x.com/en/support/x-api/error-troubleshooting, which some
// answers still have. A 403 of no known type is about our app: a person grants all or nothing.
// 400 and 404 have no rule: the request is the same for all, so they are about one account.
func callRules() []platform.Rule {
	return []platform.Rule{
		{Word: problem("usage-capped"), Status: http.StatusTooManyRequests, Class: platform.ClassConfiguration}, // out of paid credits
		{Word: problem("usage-capped"), Class: platform.ClassConfiguration},
		{Word: problem("rate-limit-exceeded"), Class: platform.ClassTransient},
		{Status: http.StatusTooManyRequests, Class: platform.ClassTransient}, // reading the account is limited for each person: 75 in 15 minutes
		{Word: problem("client-forbidden"), Class: platform.ClassConfiguration},
		{Word: problem("not-authorized-for-resource"), Class: platform.ClassPermanent, Reason: platform.ReasonScopesMissing},
		{Word: "64", Status: http.StatusForbidden, Class: platform.ClassPermanent, Reason: platform.ReasonAccountInactive}, // suspended
		{Word: "326", Status: http.StatusForbidden, Class: platform.ClassPermanent, Reason: platform.ReasonCheckpoint},     // locked until they sign in
		{Word: platform.AnyWord, Status: http.StatusUnauthorized, Class: platform.ClassPermanent, Reason: platform.ReasonTokenRefused},
		{Status: http.StatusPaymentRequired, Class: platform.ClassConfiguration},
		{Status: http.StatusForbidden, Class: platform.ClassConfiguration},
	}
}

func problem(name string) string { return apiOrigin + "/2/problems/" + name }
