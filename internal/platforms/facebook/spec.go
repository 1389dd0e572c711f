package facebook

import (
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
)

func spec(version string) platform.Spec {
	return platform.Spec{
		ID:   "facebook",
		Name: "Facebook",

		AuthorizeURL: meta.DialogOrigin + "/" + version + "/dialog/oauth",
		TokenURL:     meta.GraphOrigin + "/" + version + "/oauth/access_token",
		RevokeURL:    meta.GraphOrigin + "/" + version + "/{user-id}/permissions", // DELETE

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
		RefreshRules:   meta.RefreshRules(),
		CallRules:      meta.CallRules(),
		ProbeEvery:     24 * time.Hour,
		Revocation:     platform.ReachUserApp,

		Version:  version,
		Versions: meta.Versions(),

		Switch: meta.Switch(),

		Targets: []platform.TargetKind{{Kind: "page", Role: platform.RoleAccount}},
		Pick:    platform.PickMany,

		Sources: []string{
			"https://developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow",
			"https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived",
			"https://developers.facebook.com/docs/facebook-login/web/permissions/",
			"https://developers.facebook.com/docs/facebook-login/guides/advanced/re-authentication",
			"https://developers.facebook.com/docs/graph-api/reference/user/permissions/",
			"https://developers.facebook.com/documentation/business-sdk/common-scenarios/token-switch",
			"https://developers.facebook.com/docs/graph-api/guides/error-handling",
			"https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging",
			"https://developers.facebook.com/docs/graph-api/overview/rate-limiting",
			"https://developers.facebook.com/docs/graph-api/changelog/versions/",
		},
	}
}
