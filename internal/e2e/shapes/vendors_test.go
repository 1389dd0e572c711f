package shapes_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// graphError is the Graph API's error object; subcode 0 is left out.
// https://developers.facebook.com/docs/graph-api/guides/error-handling
func graphError(code, subcode int) string {
	object := map[string]any{"message": "canary message", "type": "OAuthException", "code": code, "fbtrace_id": "canary"}
	if subcode != 0 {
		object["error_subcode"] = subcode
	}
	b, _ := json.Marshal(map[string]any{"error": object})
	return string(b)
}

const graph = "facebook instagram"

// meta is what the Graph API refuses with.
func meta() []shape {
	var out []shape
	for _, e := range [][3]int{ // status, code, subcode
		{400, 190, 0},
		{401, 190, 0},
		{400, 190, 458},
		{400, 190, 459},
		{400, 190, 460},
		{401, 190, 460},
		{400, 190, 463},
		{400, 190, 464},
		{400, 190, 466},
		{400, 190, 467},
		{400, 190, 468},
		{400, 190, 490},
		{403, 190, 492},
		{400, 190, 999},
		{500, 190, 460},
		{400, 102, 0},
		{403, 10, 0},
		{403, 200, 0},
		{403, 299, 0},
		{400, 100, 0},
		{400, 100, 33},
		{400, 101, 0},
		{400, 1, 0},
		{500, 1, 0},
		{500, 2, 0},
		{400, 2, 0},
		{400, 4, 0},
		{403, 4, 0},
		{400, 17, 0},
		{400, 32, 0},
		{400, 341, 0},
		{400, 613, 0},
		{400, 80001, 0},
		{400, 368, 0},
		{400, 999, 0},
	} {
		s := shape{of: graph, name: fmt.Sprintf("graph-%d-%d", e[0], e[1]), status: e[0], body: text(graphError(e[1], e[2]))}
		if e[2] != 0 {
			s.name += fmt.Sprintf("-%d", e[2])
		}
		if e[0] >= 500 {
			s.acted = perhaps
		}
		out = append(out, s)
	}
	return append(out,
		shape{of: graph, name: "graph-400-text-code", status: 400, body: text(`{"error":{"code":"190","error_subcode":"460","message":"canary"}}`)},
		shape{of: graph, name: "graph-400-transient", status: 400, body: text(`{"error":{"code":-1,"is_transient":true,"message":"canary"}}`)},
	)
}

// vendors is what the others refuse with, as it was seen or is documented.
func vendors() []shape {
	problem := func(kind string) func(answer) string {
		return text(`{"title":"canary","detail":"canary","type":"` + kind + `","status":401}`)
	}
	said := func(word, description string) func(answer) string {
		b, _ := json.Marshal(map[string]string{"error": word, "error_description": description})
		return text(string(b))
	}
	xrpc := func(name, message string) func(answer) string {
		return text(`{"error":"` + name + `","message":"` + message + ` canary"}`)
	}
	sentence := func(s string) func(answer) string { return text(`{"error":"` + s + `"}`) }
	nonce := shape{name: "use-dpop-nonce", status: 400, header: []string{"DPoP-Nonce: canary-nonce"}, body: said("use_dpop_nonce", "canary")}
	once := shape{name: "use-dpop-nonce-once", first: &nonce}
	rest := func(status, service int, code string) func(answer) string {
		return text(fmt.Sprintf(`{"status":%d,"serviceErrorCode":%d,"code":"%s","message":"canary"}`, status, service, code))
	}
	out := []shape{
		// https://github.com/trypostit/trypost/issues/126
		{name: "x-token-invalid", status: 400, body: said("invalid_request", "Value passed for the token was invalid.")},
		{name: "x-parameter-missing", status: 400, body: said("invalid_request", "Missing required parameter [canary].")},
		{name: "x-no-authorization", status: 401, body: said("unauthorized_client", "Missing valid authorization header")},
		// https://docs.x.com/x-api/fundamentals/response-codes-and-errors
		{name: "x-unauthorized", status: 401, body: problem("about:blank")},
		{name: "x-client-forbidden", status: 403, body: problem("https://api.x.com/2/problems/client-forbidden")},
		{name: "x-usage-capped", status: 429, body: problem("https://api.x.com/2/problems/usage-capped")},
		// https://learn.microsoft.com/en-us/linkedin/shared/authentication/programmatic-refresh-tokens
		{name: "linkedin-refresh-invalid", status: 400, body: said("invalid_grant", "The provided authorization grant or refresh token is invalid, expired or revoked.")},
		{name: "linkedin-refresh-missing", status: 400, body: said("invalid_request", `A required parameter "refresh_token" is missing`)},
		{name: "linkedin-binding", status: 400, body: said("invalid_request", "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists")},
		{name: "linkedin-client", status: 401, body: said("invalid_client", "Client authentication failed")},
		// https://github.com/decioferreira/omniauth-linkedin-oauth2/issues/81
		{name: "linkedin-revoked", status: 401, body: rest(401, 65601, "REVOKED_ACCESS_TOKEN")},
		{name: "linkedin-expired", status: 401, body: rest(401, 65602, "EXPIRED_ACCESS_TOKEN")},
		{name: "linkedin-denied", status: 403, body: rest(403, 100, "ACCESS_DENIED")},
		{name: "linkedin-version", status: 426, body: rest(426, 0, "NONEXISTENT_VERSION")},
		// https://github.com/MarshalX/atproto/issues/158, …/bluesky-social/atproto packages/pds
		{name: "bluesky-token-revoked", status: 400, body: xrpc("ExpiredToken", "Token has been revoked")},
		{name: "bluesky-token-expired", status: 400, body: xrpc("ExpiredToken", "Token has expired")},
		{name: "bluesky-token-invalid", status: 400, body: xrpc("InvalidToken", "Token could not be verified")},
		{name: "bluesky-takedown", status: 401, body: xrpc("AccountTakedown", "Account has been taken down")},
		{name: "bluesky-takedown-400", status: 400, body: xrpc("AccountTakedown", "Account has been taken down")},
		{name: "bluesky-deactivated", status: 400, body: xrpc("AccountDeactivated", "Account is deactivated")},
		{name: "bluesky-auth-required", status: 401, body: xrpc("AuthenticationRequired", "Invalid identifier or password")},
		{name: "bluesky-upstream", status: 502, body: xrpc("UpstreamFailure", ""), acted: perhaps},
		{name: "bluesky-rate", status: 429, header: []string{"RateLimit-Reset: $in2m-unix"}, body: xrpc("RateLimitExceeded", "Rate Limit Exceeded"), waits: about(2 * time.Minute)},
		// https://github.com/ChimeHQ/OAuthenticator/issues/23
		{name: "bluesky-inactivity", status: 400, body: said("invalid_grant", "Refresh token exceeded inactivity timeout")},
		{name: "bluesky-replayed", status: 400, body: said("invalid_grant", "Refresh token replayed")},
		{name: "bluesky-proof", status: 400, body: said("invalid_dpop_proof", "DPoP proof iat is too old")},
		{name: "bluesky-metadata", status: 400, body: said("invalid_client_metadata", "canary")},
		nonce, once,
		// https://www.rfc-editor.org/rfc/rfc9449#section-7.1, as an API answers
		{name: "use-dpop-nonce-401", status: 401, header: []string{`WWW-Authenticate: DPoP error="use_dpop_nonce", error_description="canary"`, "DPoP-Nonce: canary-nonce"}, body: text("")},
		{name: "dpop-proof-401", status: 401, header: []string{`WWW-Authenticate: DPoP error="invalid_dpop_proof", algs="ES256"`}, body: text("")},
		{name: "dpop-token-401", status: 401, header: []string{`WWW-Authenticate: DPoP error="invalid_token", algs="ES256"`}, body: text("")},
		{name: "use-dpop-nonce-without-one", status: 400, body: said("use_dpop_nonce", "canary")},
		// https://docs.joinmastodon.org/methods/accounts/#verify_credentials
		{name: "mastodon-token-invalid", status: 401, body: sentence("The access token is invalid")},
		{name: "mastodon-token-revoked", status: 401, body: sentence("The access token was revoked")},
		{name: "mastodon-user-required", status: 422, body: sentence("This method requires an authenticated user")},
		{name: "mastodon-scope", status: 403, body: sentence("This action is outside the authorized scopes")},
		{name: "mastodon-disabled", status: 403, body: sentence("Your login is currently disabled")},
		{name: "mastodon-unconfirmed", status: 403, body: sentence("Your login is missing a confirmed e-mail address")},
		{name: "mastodon-pending", status: 403, body: sentence("Your login is currently pending approval")},
		{name: "mastodon-throttled", status: 429, header: []string{"X-RateLimit-Reset: $in2m-iso"}, body: sentence("Too many requests"), waits: [2]time.Duration{0, 2*time.Minute + time.Second}},
		// https://developers.google.com/identity/protocols/oauth2/web-server#expiration
		{name: "google-revoked", status: 400, body: said("invalid_grant", "Token has been expired or revoked.")},
		{name: "pinterest-401", status: 401, body: text(`{"code":2,"message":"canary"}`)},
		{name: "discord-401", status: 401, body: text(`{"code":0,"message":"401: canary"}`)},
		{name: "problem-document", status: 400, kind: "application/problem+json", body: text(`{"type":"https://canary.example/problems/invalid_grant","title":"canary"}`)},
	}
	for i, s := range out {
		if of, _, named := strings.Cut(s.name, "-"); named && of != "use" && of != "dpop" && of != "problem" {
			out[i].of = of
		}
	}
	return out
}
