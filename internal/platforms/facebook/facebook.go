// Package facebook connects Facebook Pages: consent by Facebook Login, a long-lived
// user token, and the pages' own tokens. What it shares with other platforms of Meta is
// package meta; the form in spec.go holds the rest.
package facebook

import (
	"cmp"
	"context"
	_ "embed"

	"patchbay/internal/platform"
	"patchbay/internal/platform/meta"
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

// New is the platform at a Graph API version such as "v25.0"; empty: meta.DefaultVersion.
// Whoever reads the setting checks it with meta.ValidVersion.
func New(version string) platform.Platform {
	return facebook{version: cmp.Or(version, meta.DefaultVersion)}
}

func (f facebook) Spec() platform.Spec { return spec(f.version) }
func (f facebook) Icon() string        { return icon }
func (f facebook) Setup() string       { return setup }

func (f facebook) Authorize(_ context.Context, _ platform.Env, req platform.AuthorizeRequest) (platform.Authorization, error) {
	return meta.Authorize(f.Spec(), req)
}

func (f facebook) Exchange(ctx context.Context, env platform.Env, req platform.ExchangeRequest) (platform.Token, error) {
	return meta.Exchange(ctx, env, f.Spec(), req)
}

// Targets lists the pages, unless a required permission was not granted:
// platform.Verify says then which error this is.
func (f facebook) Targets(ctx context.Context, c *platform.Client) (platform.Identity, []platform.Target, error) {
	g := meta.New(c, f.version)
	id, err := g.Person(ctx)
	if err != nil || f.Spec().LacksRequired(id.Scopes) {
		return id, nil, err
	}
	pages, err := g.Pages(ctx, id.Scopes, pageFields, every)
	if err != nil {
		return platform.Identity{}, nil, err
	}
	targets := make([]platform.Target, len(pages))
	for i, p := range pages {
		targets[i] = target(p)
	}
	return id, targets, nil
}
