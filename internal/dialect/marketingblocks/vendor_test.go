package marketingblocks_test

import (
	"context"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// vendor is a platform that agrees to everything.
type vendor struct {
	spec  platform.Spec
	kind  string
	names []string // of its targets
}

var _ platform.Exchanger = vendor{}

func (v vendor) Spec() platform.Spec { return v.spec }

func (v vendor) Exchange(context.Context, platform.Env, platform.ExchangeRequest) (platform.Token, error) {
	return platform.Token{Credentials: platform.Credentials{Access: vault.NewSecret("access")}}, nil
}

func (v vendor) Targets(context.Context, *platform.Client) (platform.Identity, []platform.Target, error) {
	var targets []platform.Target
	for _, name := range v.names {
		targets = append(targets, platform.Target{
			Kind: v.kind, Role: platform.RoleAccount, ExternalID: name, Facts: platform.Facts{Name: name},
		})
	}
	return platform.Identity{Subject: "person"}, targets, nil
}

func vendors() []platform.Platform {
	spec := func(id string, pick platform.Pick) platform.Spec {
		return platform.Spec{
			ID: id, Name: id, AuthorizeURL: "https://" + id + ".example/authorize", Pick: pick,
			GrantedScopes: platform.GrantedInToken, Denial: platform.Denial{Errors: []string{"access_denied"}},
		}
	}
	return []platform.Platform{
		vendor{spec("facebook", platform.PickMany), "page", []string{"Acme Coffee", "Acme Tea", "Acme Cocoa"}},
		vendor{spec("instagram", platform.PickOne), "profile", []string{"acme"}},
		vendor{spec("linkedin", platform.PickOne), "organization", []string{"Acme LinkedIn Page"}},
		vendor{spec("x", platform.PickOne), "profile", []string{"Acme"}},
		vendor{spec("bluesky", platform.PickOne), "profile", []string{"acme.test"}},
	}
}
