package x

import (
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
		Revocation:     platform.ReachToken,

		Targets: []platform.TargetKind{{Kind: "profile", Role: platform.RoleAccount}},
		Pick:    platform.PickOne,

		Sources: []string{
			"https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code",
			"https://docs.x.com/fundamentals/authentication/oauth-2-0/user-access-token",
			"https://docs.x.com/fundamentals/authentication/guides/v2-authentication-mapping",
			"https://docs.x.com/x-api/fundamentals/response-codes-and-errors",
			"https://docs.x.com/x-api/getting-started/pricing",
		},
	}
}
