// Package instagram connects Instagram professional accounts by way of Facebook Login:
// the person signs in at Facebook, and the accounts are those linked to the pages that
// the person manages. Signing in at Instagram itself would be a platform of its own, with
// other hosts, scopes and tokens. What is shared with Facebook is package meta.
package instagram

import (
	"cmp"
	"context"
	_ "embed"
	"net/url"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
	"patchbay/internal/vault"
)

//go:embed icon.svg
var icon string

//go:embed setup.md
var setup string

type instagram struct{ version string }

var (
	_ platform.Platform   = instagram{}
	_ platform.Authorizer = instagram{}
	_ platform.Exchanger  = instagram{}
	_ platform.Guide      = instagram{}
)

// errNoAccount: there are pages, and none shows a professional account. It is told apart
// from having no page at all, since other things help: an account that is personal, or
// linked to another page, is left out by Meta without a word.
var errNoAccount = fault.New(fault.Conflict, "no_instagram", "No Instagram professional account is linked to the pages of this person.")

// New is the platform at a Graph API version such as "v25.0"; empty: meta.DefaultVersion.
// Whoever reads the setting checks it with meta.ValidVersion.
func New(version string) platform.Platform {
	return instagram{version: cmp.Or(version, meta.DefaultVersion)}
}

func (i instagram) Spec() platform.Spec { return spec(i.version) }
func (i instagram) Icon() string        { return icon }
func (i instagram) Setup() string       { return setup }

func (i instagram) Authorize(_ context.Context, _ platform.Env, req platform.AuthorizeRequest) (platform.Authorization, error) {
	return meta.Authorize(i.Spec(), req)
}

func (i instagram) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	return meta.Exchange(ctx, env, i.Spec(), req)
}

// The braces ask for the account's own fields; without them the page's row has only its id.
const pageFields = "id,name,access_token,tasks,instagram_business_account{id,username,name,profile_picture_url,followers_count}"

// Targets lists the accounts behind the pages, unless a required permission was not
// granted: platform.Verify says then which error this is. The subject is the Facebook
// user: who consented, whatever accounts that reaches.
func (i instagram) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	g := meta.New(c, i.version)
	id, err := g.Person(ctx)
	if err != nil || i.Spec().LacksRequired(id.Scopes) {
		return id, nil, err
	}
	pages, err := g.Pages(ctx, id.Scopes, pageFields, linked)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	var targets []platform.Target
	for _, p := range pages {
		if linked(p) {
			targets = append(targets, target(p))
		}
	}
	if len(targets) == 0 && len(pages) > 0 {
		return platform.Identity{}, nil, errNoAccount
	}
	return id, targets, nil
}

func linked(p meta.Page) bool { return p.Instagram != nil }

// target is the account behind a page. Its calls are made with the page's token, and
// some with the page's id, so both are kept.
func target(p meta.Page) platform.Target {
	a := p.Instagram
	t := platform.Target{
		Kind: "profile", Role: platform.RoleAccount, ExternalID: a.ID,
		Facts: platform.Facts{
			Name: cmp.Or(a.Name, a.Username, p.Name), Username: a.Username, URL: profileURL(a.Username),
			AvatarURL: a.PictureURL, Followers: a.Followers,
		},
		Blocked: p.Blocked(),
	}
	if t.Blocked == "" { // a page token that is not used is not kept; this kind does not expire
		t.Credentials = platform.Credentials{Access: vault.NewSecret(p.AccessToken), Extra: vault.NewSecret(p.ID)}
	}
	return t
}

func profileURL(username string) string {
	if username == "" {
		return ""
	}
	return "https://www.instagram.com/" + url.PathEscape(username) + "/"
}
