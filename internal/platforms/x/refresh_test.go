package x_test

import (
	"testing"

	"patchbay/internal/platform"
	"patchbay/internal/platforms/x"
	"patchbay/internal/vault"
)

func TestRefreshRefusals(t *testing.T) {
	t.Parallel()
	const dead = "Value passed for the token was invalid."
	for _, c := range []struct {
		name   string
		status int
		body   string
		class  platform.Class
		reason string
	}{
		{"used, revoked or unknown", 400, `{"error":"invalid_request","error_description":"` + dead + `"}`, platform.ClassPermanent, "revoked"},
		{"in the RFC's word", 400, `{"error":"invalid_grant","error_description":"` + dead + `"}`, platform.ClassPermanent, "revoked"},
		{"about our request", 400, `{"error":"invalid_request","error_description":"Missing required parameter [refresh_token]."}`, platform.ClassTransient, ""},
		{"about a code", 400, `{"error":"invalid_request","error_description":"Value passed for the authorization code was invalid."}`, platform.ClassTransient, ""},
		{"wrong secret", 401, `{"error":"unauthorized_client","error_description":"Missing valid authorization header"}`, platform.ClassConfiguration, ""},
		{"app not enrolled", 403, `{"title":"Client Forbidden","type":"https://api.x.com/2/problems/client-forbidden"}`, platform.ClassConfiguration, ""},
		{"too often", 429, `{"title":"Too Many Requests","type":"about:blank"}`, platform.ClassRateLimited, ""},
		{"in trouble", 503, `{"error":"invalid_request","error_description":"` + dead + `"}`, platform.ClassTransient, ""},
	} {
		_, err := platform.Refresh(t.Context(), answering(t, c.status, c.body), x.New(), platform.RefreshRequest{Credentials: platform.Credentials{Refresh: vault.NewSecret("R")}})
		if no := platform.RefusalOf(err); no == nil || no.Class != c.class || no.Reason != c.reason {
			t.Errorf("%s: got %+v, want %s %s", c.name, no, c.class, c.reason)
		}
	}
}

// What the API's answers mean for the consent, when a probe asks.
func TestProbeRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		class  platform.Class
		reason string
	}{
		{"dead token", 401, `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`, platform.ClassPermanent, "token_refused"},
		{"401 of something between", 401, `<html>`, platform.ClassTransient, ""},
		{"scope missing", 403, `{"type":"https://api.x.com/2/problems/not-authorized-for-resource"}`, platform.ClassPermanent, "scopes_missing"},
		{"suspended", 403, `{"errors":[{"code":64,"message":"canary"}]}`, platform.ClassPermanent, "account_inactive"},
		{"locked", 403, `{"errors":[{"code":326,"message":"canary"}]}`, platform.ClassPermanent, "checkpoint"},
		{"app not enrolled", 403, `{"type":"https://api.x.com/2/problems/client-forbidden"}`, platform.ClassConfiguration, ""},
		{"credits used up", 429, `{"type":"https://api.x.com/2/problems/usage-capped"}`, platform.ClassConfiguration, ""},
		{"payment required", 402, ``, platform.ClassConfiguration, ""},
		{"too often for this person", 429, `{"type":"https://api.x.com/2/problems/rate-limit-exceeded"}`, platform.ClassTransient, ""},
		{"the same, of no known type", 429, `{"title":"Too Many Requests","type":"about:blank","status":429}`, platform.ClassTransient, ""},
		{"not found", 404, `{"title":"Not Found Error","type":"https://api.x.com/2/problems/resource-not-found"}`, platform.ClassTransient, ""},
		{"invalid for this account", 400, `{"title":"Invalid Request","type":"https://api.x.com/2/problems/invalid-request"}`, platform.ClassTransient, ""},
		{"somebody else", 200, `{"data":{"id":"2"}}`, platform.ClassPermanent, "token_kind"},
		{"alive", 200, `{"data":{"id":"1"},"errors":[{"type":"https://api.x.com/2/problems/not-authorized-for-field"}]}`, "", ""},
	} {
		profile := platform.Target{Kind: "profile", ExternalID: "1"}
		proof, err := platform.Probe(t.Context(), x.New(), &platform.Client{Env: answering(t, c.status, c.body), Subject: "1"}, []platform.Target{profile})
		no := platform.RefusalOf(err)
		if no == nil {
			no = &platform.Refusal{}
		}
		if no.Class != c.class || no.Reason != c.reason || len(proof.Broken) != 0 {
			t.Errorf("%s: got %v, %v; want %s %s", c.name, proof, err, c.class, c.reason)
		}
	}
}
