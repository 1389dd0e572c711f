package bluesky

import (
	"time"

	"patchbay/internal/platform"
)

// Spec tells what holds for most accounts. The three addresses are those of
// bsky.social, where most accounts live; every other server's are discovered from
// the handle, and so are these.
func (p *Platform) Spec() platform.Spec {
	return platform.Spec{
		ID:   "bluesky",
		Name: "Bluesky",

		AuthorizeURL: "https://bsky.social/oauth/authorize",
		TokenURL:     "https://bsky.social/oauth/token",
		RevokeURL:    "https://bsky.social/oauth/revoke",
		Origins:      []string{"https://plc.directory"},

		ClientAuth:     platform.AuthJWT, // none for a public client
		PKCE:           platform.PKCES256,
		ScopeSeparator: " ",
		Scopes: []platform.Scope{
			{Name: "atproto", Feature: "profile", Required: true},
			{Name: "transition:generic", Feature: "post"},
		},
		GrantedScopes: platform.GrantedInToken,
		Denial:        platform.Denial{Errors: []string{"access_denied"}},

		AccessLifetime:  30 * time.Minute,    // the specification's bound; the reference server allows 60
		RefreshLifetime: 14 * 24 * time.Hour, // of a public client; a confidential one gets three months
		Refresh:         platform.RefreshRotating,
		Revocation:      platform.ReachToken,

		Input:   platform.InputHandle,
		Targets: []platform.TargetKind{{Kind: "profile", Role: platform.RoleAccount}},
		Pick:    platform.PickOne,

		Sources: []string{
			"https://atproto.com/specs/oauth",
			"https://atproto.com/specs/permission",
			"https://atproto.com/specs/handle",
			"https://atproto.com/specs/did",
			"https://github.com/bluesky-social/atproto/tree/main/packages/oauth/oauth-provider",
		},
	}
}

const scopes = "atproto transition:generic" // Spec.Scopes as requests carry them
