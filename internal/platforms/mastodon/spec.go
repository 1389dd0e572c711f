package mastodon

import (
	"net/http"
	"time"

	"patchbay/internal/platform"
)

const (
	profile    = "profile"       // since 4.3
	oldProfile = "read:accounts" // what older servers have in its place
)

func spec() platform.Spec {
	return platform.Spec{
		ID:   "mastodon",
		Name: "Mastodon",

		// No addresses: each server has its own. Tokens are revoked at the server's
		// revocation_endpoint, {server}/oauth/revoke.

		ClientAuth:     platform.AuthPost,
		PKCE:           platform.PKCES256, // none before 4.3
		ScopeSeparator: " ",
		Scopes: []platform.Scope{
			{Name: profile, Feature: "profile", Required: true}, // first: see server.spec
			{Name: "write:statuses", Feature: "post", Required: true},
			{Name: "write:media", Feature: "media"},
		},
		GrantedScopes: platform.GrantedInToken, // all that was asked for, or nothing
		Denial:        platform.Denial{Errors: []string{"access_denied"}},

		CodeLifetime: 10 * time.Minute, // Doorkeeper's default, which Mastodon leaves as it is
		Refresh:      platform.RefreshNone,
		CallRules:    callRules(),
		ProbeEvery:   24 * time.Hour, // nothing else would notice a token that was taken back
		// A second consent of the same person to the same app is answered with the same
		// token (reuse_access_token): ending one ends them all.
		// https://github.com/mastodon/mastodon/blob/v4.5.3/config/initializers/doorkeeper.rb
		Revocation: platform.ReachUserApp,

		// force_login is always there: see Authorize. Where to sign out differs by server.
		// https://docs.joinmastodon.org/methods/oauth/#authorize
		Switch: platform.Switch{Asks: true},

		Input:   platform.InputServer,
		Targets: []platform.TargetKind{{Kind: "profile", Role: platform.RoleAccount}},
		Pick:    platform.PickOne,

		Sources: []string{
			"https://docs.joinmastodon.org/spec/oauth/",
			"https://docs.joinmastodon.org/methods/apps/",
			"https://docs.joinmastodon.org/methods/oauth/",
			"https://docs.joinmastodon.org/api/oauth-scopes/",
			"https://docs.joinmastodon.org/methods/accounts/",
			"https://docs.joinmastodon.org/api/rate-limits/",
			"https://github.com/doorkeeper-gem/doorkeeper",
		},
	}
}

// callRules: the sentences of Mastodon's API about a person's account are not translated;
// Doorkeeper's about the token are, so there the status counts.
// https://github.com/mastodon/mastodon/blob/v4.5.3/app/controllers/api/base_controller.rb
func callRules() []platform.Rule {
	dead := func(word string, status int, reason string) platform.Rule {
		return platform.Rule{Word: word, Status: status, Class: platform.ClassPermanent, Reason: reason}
	}
	return []platform.Rule{
		dead(platform.AnyWord, http.StatusUnauthorized, platform.ReasonRevoked),
		dead("This action is outside the authorized scopes", http.StatusForbidden, platform.ReasonScopesMissing),
		dead("Your login is missing a confirmed e-mail address", http.StatusForbidden, platform.ReasonCheckpoint),
		dead(platform.AnyWord, http.StatusForbidden, platform.ReasonAccountInactive), // disabled, suspended, not yet approved
	}
}
