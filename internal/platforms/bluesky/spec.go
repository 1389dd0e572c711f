package bluesky

import (
	"net/http"
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
		TokenType:     "DPoP",
		Denial:        platform.Denial{Errors: []string{"access_denied"}},

		AccessLifetime:  30 * time.Minute,    // the specification's bound; the reference server allows 60
		RefreshLifetime: 14 * 24 * time.Hour, // of a public client; a confidential one gets three months
		Refresh:         platform.RefreshRotating,
		OwnServers:      true,
		RefreshRules:    refreshRules(),
		CallRules:       callRules(),
		ProbeEvery:      24 * time.Hour,
		Revocation:      platform.ReachToken,
		RevokeReplaced:  true, // each consent is a session of its own: token-manager.ts of the reference provider

		// The consent is for the handle that the person types, which login_hint names; the answer
		// for another account is refused (sub). https://atproto.com/specs/oauth
		Switch: platform.Switch{Asks: true},

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

// inactive are the words of an account that its server has taken down, or its owner
// deactivated. https://github.com/bluesky-social/atproto/tree/main/lexicons/com/atproto/server
func inactive() []platform.Rule {
	var rules []platform.Rule
	for _, word := range []string{"AccountTakedown", "AccountSuspended", "AccountDeactivated"} {
		rules = append(rules, platform.Rule{Word: word, Class: platform.ClassPermanent, Reason: platform.ReasonAccountInactive})
	}
	return rules
}

// refreshRules holds the words of both ways: of an authorization server beside those of
// RFC 6749, and of com.atproto.server.refreshSession, which says ExpiredToken of revoked
// sessions too.
func refreshRules() []platform.Rule {
	return append(inactive(),
		platform.Rule{Word: "ExpiredToken", Class: platform.ClassPermanent, Reason: platform.ReasonRevoked},
		platform.Rule{Word: "InvalidToken", Class: platform.ClassPermanent, Reason: platform.ReasonRevoked},
		platform.Rule{Word: "invalid_client_metadata", Class: platform.ClassConfiguration}, // our document
		platform.Rule{Word: "invalid_dpop_proof", Class: platform.ClassConfiguration},      // mostly this machine's clock
	)
}

// callRules: a data server refuses an access token with 401, that of an app password's
// session with 400. A refresh may mend both.
func callRules() []platform.Rule {
	return append(inactive(),
		platform.Rule{Word: "use_dpop_nonce", Class: platform.ClassTransient},
		platform.Rule{Word: "invalid_dpop_proof", Class: platform.ClassConfiguration},
		platform.Rule{Word: "ExpiredToken", Class: platform.ClassPermanent, Reason: platform.ReasonTokenRefused},
		platform.Rule{Word: "InvalidToken", Class: platform.ClassPermanent, Reason: platform.ReasonTokenRefused},
		platform.Rule{Word: platform.AnyWord, Status: http.StatusUnauthorized, Class: platform.ClassPermanent, Reason: platform.ReasonTokenRefused},
	)
}
