package facebook

import (
	"net/url"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
	"patchbay/internal/vault"
)

const pageFields = "id,name,username,access_token,picture.type(large),category,followers_count,tasks"

// every page may become a channel.
func every(meta.Page) bool { return true }

func target(p meta.Page) platform.Target {
	t := platform.Target{
		Kind: "page", Role: platform.RoleAccount, ExternalID: p.ID,
		Facts: platform.Facts{
			Name: p.Name, Username: p.Username, URL: pageURL(p), AvatarURL: p.Picture.Data.URL,
			Category: p.Category, Followers: p.Followers,
		},
		Blocked: p.Blocked(),
	}
	if t.Blocked == "" { // a page token that is not used is not kept; this kind does not expire
		t.Credentials.Access = vault.NewSecret(p.AccessToken)
	}
	return t
}

func pageURL(p meta.Page) string {
	if p.Username != "" {
		return meta.DialogOrigin + "/" + url.PathEscape(p.Username)
	}
	return meta.DialogOrigin + "/" + url.PathEscape(p.ID)
}
