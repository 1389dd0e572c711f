package facebook

import (
	"regexp"
	"time"

	"patchbay/internal/platform"
)

// DefaultVersion is the Graph API version used unless the operator sets another: the
// newest, since an app may not call versions older than itself.
const DefaultVersion = "v26.0"

const (
	dialogOrigin = "https://www.facebook.com"
	graphOrigin  = "https://graph.facebook.com"
)

var versionForm = regexp.MustCompile(`^v[1-9][0-9]{0,2}\.[0-9]{1,2}$`)

// ValidVersion tells whether s can be a Graph API version, such as "v25.0".
func ValidVersion(s string) bool { return versionForm.MatchString(s) }

func spec(version string) platform.Spec {
	return platform.Spec{
		ID:   "facebook",
		Name: "Facebook",

		AuthorizeURL: dialogOrigin + "/" + version + "/dialog/oauth",
		TokenURL:     graphOrigin + "/" + version + "/oauth/access_token",
		RevokeURL:    graphOrigin + "/" + version + "/{user-id}/permissions", // DELETE

		ClientAuth:     platform.AuthPost,
		PKCE:           platform.PKCENone,
		ScopeSeparator: ",",
		Scopes: []platform.Scope{
			{Name: "pages_show_list", Feature: "pages", Required: true},
			{Name: "pages_read_engagement", Feature: "pages", Required: true},
			{Name: "pages_manage_posts", Feature: "post", Required: true},
			{Name: "business_management", Feature: "portfolio"}, // without it pages of a business portfolio stay hidden
			{Name: "read_insights", Feature: "insights"},
			{Name: "pages_manage_engagement", Feature: "comments"},
			{Name: "pages_read_user_content", Feature: "comments"},
			{Name: "pages_messaging", Feature: "messages"},
		},
		GrantedScopes: platform.GrantedByEndpoint,
		Denial:        platform.Denial{Errors: []string{"access_denied"}},

		AccessLifetime: 60 * 24 * time.Hour, // of the long-lived token; page tokens do not expire
		Refresh:        platform.RefreshRenewing,
		Revocation:     platform.ReachUserApp,

		Version:  version,
		Versions: versions(),

		Targets: []platform.TargetKind{{Kind: "page", Role: platform.RoleAccount}},
		Pick:    platform.PickMany,

		Sources: []string{
			"https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow",
			"https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived",
			"https://developers.facebook.com/docs/facebook-login/web/permissions/",
			"https://developers.facebook.com/documentation/business-sdk/common-scenarios/token-switch",
			"https://developers.facebook.com/docs/graph-api/guides/error-handling",
			"https://developers.facebook.com/docs/graph-api/changelog/versions/",
		},
	}
}

// versions is the table of Meta's changelog, newest first.
func versions() []platform.Version {
	return []platform.Version{
		{Name: "v26.0", Released: day(2026, 7, 29)},
		{Name: "v25.0", Released: day(2026, 2, 18), Until: day(2028, 7, 29)},
		{Name: "v24.0", Released: day(2025, 10, 8), Until: day(2028, 2, 18)},
		{Name: "v23.0", Released: day(2025, 5, 29), Until: day(2027, 10, 8)},
		{Name: "v22.0", Released: day(2025, 1, 21), Until: day(2027, 5, 20)},
		{Name: "v21.0", Released: day(2024, 10, 2), Until: day(2027, 1, 21)},
		{Name: "v20.0", Released: day(2024, 5, 21), Until: day(2026, 9, 24)},
	}
}

func day(year int, month time.Month, d int) time.Time {
	return time.Date(year, month, d, 0, 0, 0, 0, time.UTC)
}
