package smartlyq_test

import (
	"context"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// vendor is a platform that agrees to everything.
type vendor struct {
	spec    platform.Spec
	kind    string
	targets []platform.Facts
}

var _ platform.Exchanger = vendor{}

func (v vendor) Spec() platform.Spec { return v.spec }

func (v vendor) Exchange(context.Context, platform.Env, platform.ExchangeRequest) (platform.Token, error) {
	return platform.Token{Credentials: platform.Credentials{Access: vault.NewSecret("access")}}, nil
}

func (v vendor) Targets(context.Context, *platform.Client) (platform.Identity, []platform.Target, error) {
	var targets []platform.Target
	for _, facts := range v.targets {
		targets = append(targets, platform.Target{Kind: v.kind, Role: platform.RoleAccount, ExternalID: facts.Name, Facts: facts})
	}
	// What hangs below an account never becomes one.
	targets = append(targets, platform.Target{Kind: "board", Role: platform.RoleDestination, ExternalID: "board", Facts: platform.Facts{Name: "A board"}})
	return platform.Identity{Subject: "person"}, targets, nil
}

// signer is a vendor that asks for a handle first and knows app passwords.
type signer struct{ vendor }

func (s signer) SignIn(_ context.Context, _ platform.Env, r platform.SignInRequest) (platform.Token, error) {
	switch r.Password.Reveal() {
	case "abcd-efgh-ijkl-mnop":
		return platform.Token{Credentials: platform.Credentials{Access: vault.NewSecret("access")}}, nil
	case "down":
		return platform.Token{}, platform.ErrUnavailable
	default:
		return platform.Token{}, platform.ErrPasswordWrong
	}
}

func vendors() []platform.Platform {
	make := func(id, address, kind string, pick platform.Pick, targets ...platform.Facts) vendor {
		return vendor{platform.Spec{
			ID: id, Name: id, AuthorizeURL: address, Pick: pick,
			GrantedScopes: platform.GrantedInToken, Denial: platform.Denial{Errors: []string{"access_denied"}},
		}, kind, targets}
	}
	bluesky := signer{make("bluesky", "https://bsky.social/oauth/authorize", "profile", platform.PickOne, platform.Facts{Name: "Acme", Username: "acme.bsky.social"})}
	bluesky.spec.Input = "handle"
	return []platform.Platform{
		make("facebook", "https://www.facebook.com/v24.0/dialog/oauth", "page", platform.PickMany,
			platform.Facts{Name: "Acme Coffee"}, platform.Facts{Name: "Acme Tea"}),
		make("instagram", "https://www.facebook.com/v24.0/dialog/oauth", "profile", platform.PickOne, platform.Facts{Name: "Acme", Username: "acme"}),
		make("instagram_login", "https://www.instagram.com/oauth/authorize", "profile", platform.PickOne, platform.Facts{Name: "Acme", Username: "acme"}),
		make("x", "https://x.com/i/oauth2/authorize", "profile", platform.PickOne, platform.Facts{Name: "Acme", Username: "acme"}),
		make("linkedin", "https://www.linkedin.com/oauth/v2/authorization", "organization", platform.PickMany, platform.Facts{Name: "Acme Inc"}),
		make("tiktok", "https://www.tiktok.com/v2/auth/authorize/", "profile", platform.PickOne, platform.Facts{Name: "Acme"}), // no app
		make("mastodon", "https://mastodon.example/oauth/authorize", "profile", platform.PickOne, platform.Facts{Name: "Acme"}),
		bluesky,
	}
}
