package meta

import (
	"net/http"
	"strconv"

	"patchbay/internal/platform"
)

// sessions are the subcodes of codes 190 and 102, which tell why a token is dead.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
// https://gist.github.com/MauricioKruijer/7663113
var sessions = []struct{ subcode, reason string }{
	{"458", platform.ReasonRevoked},          // the person removed the app
	{"459", platform.ReasonCheckpoint},       // they have to sign in at facebook.com
	{"460", platform.ReasonPasswordChanged},  //
	{"463", platform.ReasonConsentExpired},   //
	{"464", platform.ReasonCheckpoint},       // an account that was never confirmed
	{"466", platform.ReasonRevoked},          // ended by a call
	{"467", platform.ReasonRevoked},          // invalid, as after signing out
	{"468", platform.ReasonConsentExpired},   // not used for long
	{"490", platform.ReasonCheckpoint},       // enrolled in a checkpoint that blocks
	{"492", platform.ReasonTargetPermission}, // a page's token, and the person's role there is gone
}

// CallRules is what the Graph API's codes mean. Codes that nobody knows blame nobody.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting
func CallRules() []platform.Rule {
	return rules(platform.Rule{Class: platform.ClassPermanent, Reason: platform.ReasonScopesMissing})
}

// RefreshRules is the same for an exchange of tokens. It needs no permission, so code 200
// ("API access blocked") and its relatives are about the app; and with a 400, code 1 is a
// wrong app secret, not the unknown error that it is elsewhere.
func RefreshRules() []platform.Rule {
	return rules(platform.Rule{Class: platform.ClassConfiguration},
		platform.Rule{Word: "190/492", Class: platform.ClassPermanent, Reason: platform.ReasonRevoked}, // a person's token, and no page's
		platform.Rule{Word: "1", Status: http.StatusBadRequest, Class: platform.ClassConfiguration})
}

// rules begins with what Meta itself calls passing. permission is what a missing
// permission means.
func rules(permission platform.Rule, first ...platform.Rule) []platform.Rule {
	out := append([]platform.Rule{{Word: platform.WordTransient, Class: platform.ClassTransient}}, first...)
	add := func(r platform.Rule, codes ...int) {
		for _, code := range codes {
			r.Word = strconv.Itoa(code)
			out = append(out, r)
		}
	}
	for _, code := range []string{"190", "102"} {
		for _, s := range sessions {
			out = append(out, platform.Rule{Word: code + "/" + s.subcode, Class: platform.ClassPermanent, Reason: s.reason})
		}
	}
	add(platform.Rule{Class: platform.ClassPermanent, Reason: platform.ReasonRevoked}, 190, 102)
	add(platform.Rule{Class: platform.ClassTransient}, 1, 2, 368)     // unknown, service, blocked for policy for a while
	add(platform.Rule{Class: platform.ClassRateLimited}, 4, 341, 613) // of the app, of the app for a while, custom
	add(platform.Rule{Class: platform.ClassTransient}, ownLimits()...)
	add(platform.Rule{Class: platform.ClassTransient, Status: http.StatusTooManyRequests}, ownLimits()...)
	add(permission, append([]int{10}, between(200, 299)...)...)
	// No such method, parameter, app, proof, redirect URI, token kind, version.
	add(platform.Rule{Class: platform.ClassConfiguration}, 3, 12, 100, 101, 104, 191, 2500, 2635)
	return append(out, platform.Rule{Word: "OAuthException", Status: http.StatusUnauthorized, Class: platform.ClassPermanent, Reason: platform.ReasonTokenRefused})
}

// ownLimits are the rate limits of one person (17), one page (32) and one business object,
// such as a page or an Instagram account (80000 and on): the app may go on for all others.
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting
func ownLimits() []int { return append([]int{17, 32}, between(80000, 80014)...) }

func between(first, last int) []int {
	var out []int
	for code := first; code <= last; code++ {
		out = append(out, code)
	}
	return out
}
