package instagram

import (
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
)

func spec(version string) platform.Spec {
	return platform.Spec{
		ID:   "instagram",
		Name: "Instagram",

		AuthorizeURL: meta.DialogOrigin + "/" + version + "/dialog/oauth",
		TokenURL:     meta.GraphOrigin + "/" + version + "/oauth/access_token",
		RevokeURL:    meta.GraphOrigin + "/" + version + "/{user-id}/permissions", // DELETE

		ClientAuth:     platform.AuthPost,
		PKCE:           platform.PKCENone,
		ScopeSeparator: ",",
		Scopes: []platform.Scope{
			{Name: "instagram_basic", Feature: "profile", Required: true},
			{Name: "instagram_content_publish", Feature: "post", Required: true},
			{Name: "pages_show_list", Feature: "pages", Required: true},
			{Name: "pages_read_engagement", Feature: "pages", Required: true},
			{Name: "business_management", Feature: "portfolio"}, // without it accounts behind a portfolio's pages stay hidden
			{Name: "instagram_manage_insights", Feature: "insights"},
			{Name: "instagram_manage_comments", Feature: "comments"},
			{Name: "instagram_manage_messages", Feature: "messages"},
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

		Targets: []platform.TargetKind{{Kind: "profile", Role: platform.RoleAccount}},
		Pick:    platform.PickMany,

		Sources: []string{
			"https://developers.facebook.com/docs/instagram-platform/instagram-api-with-facebook-login",
			"https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/page",
			"https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user",
			"https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/ig-user/media_publish/",
			"https://developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived",
			"https://developers.facebook.com/docs/facebook-login/guides/advanced/re-authentication",
			"https://developers.facebook.com/docs/graph-api/reference/user/permissions/",
			"https://developers.facebook.com/docs/graph-api/guides/error-handling",
			"https://developers.facebook.com/docs/facebook-login/guides/access-tokens/debugging",
			"https://developers.facebook.com/docs/graph-api/overview/rate-limiting",
			"https://developers.facebook.com/docs/graph-api/changelog/versions/",
		},
	}
}
