package meta

import (
	"context"
	"net/url"

	"patchbay/internal/platform"
)

// Person tells whose token it is and what was granted, which the token answer does
// not: Scopes is never nil. With an error the identity is zero.
func (g Graph) Person(ctx context.Context) (platform.Identity, error) {
	granted, err := g.granted(ctx)
	if err != nil {
		return platform.Identity{}, err
	}
	var me struct {
		ID      string
		Name    string
		Picture Picture
	}
	if err := g.get(ctx, "/me", url.Values{"fields": {"id,name,picture"}}, &me); err != nil {
		return platform.Identity{}, err
	}
	return platform.Identity{
		Subject: me.ID, Facts: platform.Facts{Name: me.Name, AvatarURL: me.Picture.Data.URL}, Scopes: granted,
	}, nil
}

// granted is what the person allowed; never nil.
func (g Graph) granted(ctx context.Context) ([]string, error) {
	type permission struct{ Permission, Status string }
	rows, err := list[permission](ctx, g, "/me/permissions", nil)
	scopes := []string{}
	for _, r := range rows {
		if r.Status == "granted" { // else declined or expired
			scopes = append(scopes, r.Permission)
		}
	}
	return scopes, err
}
