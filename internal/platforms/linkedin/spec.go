package linkedin

import (
	"net/http"
	"regexp"
	"time"

	"patchbay/internal/platform"
)

// DefaultVersion is the API version used unless the operator sets another: a few months
// old, since the newest month is not everywhere active on its first days.
const DefaultVersion = "202608"

const (
	authOrigin = "https://www.linkedin.com"
	apiOrigin  = "https://api.linkedin.com"

	day = 24 * time.Hour
)

var versionForm = regexp.MustCompile(`^20[0-9]{2}(0[1-9]|1[0-2])$`)

// ValidVersion tells whether s can be a version: a year and month, such as "202608".
func ValidVersion(s string) bool { return versionForm.MatchString(s) }

func spec(cfg Config) platform.Spec {
	s := platform.Spec{
		ID:   "linkedin",
		Name: "LinkedIn",

		AuthorizeURL: authOrigin + "/oauth/v2/authorization",
		TokenURL:     authOrigin + "/oauth/v2/accessToken",
		RevokeURL:    authOrigin + "/oauth/v2/revoke", // in wide use, on no official page: best effort
		Origins:      []string{apiOrigin},

		ClientAuth:     platform.AuthPost,
		PKCE:           platform.PKCENone, // with a verifier the token endpoint answers 401 invalid_client
		ScopeSeparator: " ",
		Scopes: []platform.Scope{
			{Name: "openid", Feature: "profile", Required: true},
			{Name: "profile", Feature: "profile", Required: true},
			{Name: "w_member_social", Feature: "post", Required: true},
		},
		GrantedScopes: platform.GrantedInToken, // separated by commas there
		Denial:        platform.Denial{Errors: []string{"user_cancelled_login", "user_cancelled_authorize"}},

		CodeLifetime:   30 * time.Minute,
		AccessLifetime: 60 * day,
		// Approved partners are given a refresh token, which stays and ends 365 days after the
		// consent, however often it is used. Everybody else's people connect again after 60 days.
		Refresh:         platform.RefreshStable,
		RefreshOptional: true,
		RefreshLifetime: 365 * day,
		RefreshRules:    refreshRules(),
		CallRules:       callRules(),
		ProbeEvery:      day,
		Revocation:      platform.ReachToken,
		RevokeReplaced:  false, // what else it ends is not documented

		Version:       cfg.Version,
		Versions:      versions(),
		VersionHeader: "LinkedIn-Version",

		// LinkedIn's list of parameters has none that asks which account. The page below is on no
		// official page, and in wide use: it signs out and goes to the sign-in.
		// https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow
		Switch: platform.Switch{SignOutURL: authOrigin + "/m/logout/"},

		Targets: []platform.TargetKind{{Kind: "profile", Role: platform.RoleAccount}},
		Pick:    platform.PickOne,

		Sources: []string{
			"https://learn.microsoft.com/en-us/linkedin/shared/authentication/authorization-code-flow",
			"https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens",
			"https://learn.microsoft.com/en-us/linkedin/shared/authentication/token-introspection",
			"https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling",
			"https://learn.microsoft.com/en-us/linkedin/marketing/versioning",
			"https://learn.microsoft.com/en-us/linkedin/marketing/integrations/migrations",
			"https://learn.microsoft.com/en-us/linkedin/marketing/increasing-access",
			"https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-access-control-by-role",
			"https://learn.microsoft.com/en-us/linkedin/marketing/community-management/organizations/organization-lookup-api",
		},
	}
	if !cfg.MembersOnly {
		// Not required: the member's own profile works without.
		s.Scopes = append(s.Scopes,
			platform.Scope{Name: "rw_organization_admin", Feature: "pages"},
			platform.Scope{Name: "w_organization_social", Feature: "post"},
			platform.Scope{Name: "r_organization_social", Feature: "read"},
		)
		s.Targets = append(s.Targets, platform.TargetKind{Kind: "organization", Role: platform.RoleAccount})
		s.Pick = platform.PickMany
	}
	return s
}

// refreshRules: LinkedIn has been seen to say the same sentence about a dead refresh token
// with RFC 6749's word (which needs no rule here) and with this one.
func refreshRules() []platform.Rule {
	return []platform.Rule{
		{Word: "invalid_request: The provided authorization grant or refresh token is invalid, expired or revoked", Class: platform.ClassPermanent, Reason: platform.ReasonRevoked},
	}
}

// callRules: the names and numbers of
// https://learn.microsoft.com/en-us/linkedin/shared/api-guide/concepts/error-handling. A 401
// of no name is a token that is none, or a member whom LinkedIn restricted. A 403 is the
// operator's: people grant everything or nothing, so what is missing is a product that
// LinkedIn has not given to the app or took away again.
func callRules() []platform.Rule {
	ours := func(status int) platform.Rule {
		return platform.Rule{Status: status, Class: platform.ClassConfiguration}
	}
	return append(probeRules(), ours(http.StatusForbidden), ours(http.StatusBadRequest), ours(http.StatusNotFound))
}

// probeRules are those of a probe. Its requests are the same for every member, and the
// consent worked: a 400, 403 or 404 is about one member's account and passes, though for
// all of them it would be a product that the app has lost.
func probeRules() []platform.Rule {
	dead := func(word, reason string) platform.Rule {
		return platform.Rule{Word: word, Status: http.StatusUnauthorized, Class: platform.ClassPermanent, Reason: reason}
	}
	return []platform.Rule{
		dead("REVOKED_ACCESS_TOKEN", platform.ReasonRevoked), dead("65601", platform.ReasonRevoked),
		dead("EXPIRED_ACCESS_TOKEN", platform.ReasonTokenRefused), dead("65602", platform.ReasonTokenRefused),
		dead("INVALID_ACCESS_TOKEN", platform.ReasonTokenRefused), dead("65600", platform.ReasonTokenRefused),
		dead("", platform.ReasonTokenRefused),
		{Word: "NONEXISTENT_VERSION", Class: platform.ClassConfiguration},
		{Word: "VERSION_MISSING", Class: platform.ClassConfiguration},
		{Status: http.StatusUpgradeRequired, Class: platform.ClassConfiguration},
	}
}

// versions is LinkedIn's table, newest first. A version is released in the month it is
// named for, on a day that is not published, and lives for at least twelve months.
func versions() []platform.Version {
	return []platform.Version{
		{Name: "202608", Released: date(2026, 8, 1)},
		{Name: "202607", Released: date(2026, 7, 1)},
		{Name: "202604", Released: date(2026, 4, 1), Until: date(2027, 4, 15)},
		{Name: "202603", Released: date(2026, 3, 1), Until: date(2027, 3, 16)},
		{Name: "202602", Released: date(2026, 2, 1), Until: date(2027, 2, 15)},
		{Name: "202601", Released: date(2026, 1, 1), Until: date(2027, 1, 15)},
		{Name: "202511", Released: date(2025, 11, 1), Until: date(2026, 11, 16)},
		{Name: "202510", Released: date(2025, 10, 1), Until: date(2026, 10, 15)},
		{Name: "202508", Released: date(2025, 8, 1), Until: date(2026, 8, 17)},
	}
}

func date(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}
