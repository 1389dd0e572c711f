// Package facebook connects Facebook Pages: consent by Facebook Login, a long-lived
// user token, and the pages' own tokens. It owns what Meta does in its own way; the
// form in spec.go holds the rest. Instagram and Threads are platforms of their own.
package facebook

import (
	"context"
	_ "embed"
	"net/url"

	"patchbay/internal/platform"
)

//go:embed icon.svg
var icon string

//go:embed setup.md
var setup string

type facebook struct{ version string }

var (
	_ platform.Platform   = facebook{}
	_ platform.Authorizer = facebook{}
	_ platform.Exchanger  = facebook{}
	_ platform.Guide      = facebook{}
)

// New is the platform at a Graph API version such as "v25.0"; empty: DefaultVersion.
// Whoever reads the setting checks it with ValidVersion.
func New(version string) platform.Platform {
	if version == "" {
		version = DefaultVersion
	}
	return facebook{version: version}
}

func (f facebook) Spec() platform.Spec { return spec(f.version) }
func (f facebook) Icon() string        { return icon }
func (f facebook) Setup() string       { return setup }

// Authorize adds auth_type=rerequest when a permission was declined before: without
// it the dialog does not ask for that permission a second time.
// https://developers.facebook.com/docs/facebook-login/web/permissions/
func (f facebook) Authorize(_ context.Context, _ platform.Env, req platform.AuthorizeRequest) (platform.Authorization, error) {
	var extra url.Values
	if req.Again {
		extra = url.Values{"auth_type": {"rerequest"}}
	}
	address, err := platform.AuthorizeURL(f.Spec(), req, extra)
	return platform.Authorization{URL: address}, err
}

// Targets lists the pages. What the person granted is asked first (the token answer
// has no scope): without a required permission there is no use in listing.
func (f facebook) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	g := newGraph(c, f.version)
	granted, err := g.granted(ctx)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	id, err := g.me(ctx)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	id.Scopes = granted
	if f.Spec().LacksRequired(granted) {
		return id, nil, nil // platform.Verify says which error this is
	}
	pages, err := g.pages(ctx, granted)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	return id, pages, nil
}
