package x_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/platforms/x"
	"patchbay/internal/vault"
)

// answering is the environment in which api.x.com answers everything alike.
func answering(t *testing.T, status int, body string) platform.Env {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(srv.Close)
	return platform.Env{Now: time.Now, HTTP: httpx.NewClient(httpx.ClientConfig{Origins: map[string]string{"https://api.x.com": srv.URL}})}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	yes, followers := true, int64(48210)
	for name, c := range map[string]struct {
		body string
		want platform.Facts
	}{
		"whole": {
			`{"data":{"id":"1790000000000000123","name":"Somebody","username":"some_body","profile_image_url":"https://pictures.example/1","verified":true,"public_metrics":{"followers_count":48210}}}`,
			platform.Facts{Name: "Somebody", Username: "some_body", URL: "https://x.com/some_body", AvatarURL: "https://pictures.example/1", Followers: &followers, Verified: &yes},
		},
		"data and errors at once": {
			`{"data":{"id":"1790000000000000123","name":"Somebody","username":"some_body"},"errors":[{"title":"Field Authorization Error","type":"https://api.x.com/2/problems/not-authorized-for-field"}]}`,
			platform.Facts{Name: "Somebody", Username: "some_body", URL: "https://x.com/some_body"},
		},
		"nothing but the id": {`{"data":{"id":"1790000000000000123"}}`, platform.Facts{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, targets, err := x.New().Targets(t.Context(), &platform.Client{Env: answering(t, 200, c.body)})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(platform.Identity{Subject: "1790000000000000123", Facts: c.want}, id); d != "" {
				t.Errorf("identity (-want +got):\n%s", d)
			}
			if len(targets) != 1 || targets[0].ExternalID != id.Subject || targets[0].Kind != "profile" || targets[0].Role != platform.RoleAccount {
				t.Errorf("targets: got %+v", targets)
			}
			if d := cmp.Diff(c.want, targets[0].Facts); d != "" {
				t.Errorf("facts (-want +got):\n%s", d)
			}
		})
	}
}

// https://docs.x.com/x-api/fundamentals/response-codes-and-errors
func TestAPIErrors(t *testing.T) {
	t.Parallel()
	problem := func(name string) string {
		return `{"title":"canary","detail":"canary","type":"https://api.x.com/2/problems/` + name + `"}`
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		reason string
	}{
		{"dead token", 401, `{"title":"Unauthorized","type":"about:blank"}`, "consent_ended"},
		{"app not enrolled", 403, problem("client-forbidden"), "platform_rejected"},
		{"scope missing", 403, problem("not-authorized-for-resource"), "scopes_missing"},
		{"forbidden without a type", 403, `{}`, "platform_rejected"},
		{"credits used up", 429, problem("usage-capped"), "platform_rejected"},
		{"payment required", 402, `{}`, "platform_rejected"},
		{"rate limit", 429, problem("rate-limit-exceeded"), "platform_unavailable"},
		{"about this account's request", 400, problem("invalid-request"), "platform_unavailable"},
		{"in trouble", 503, `<html>canary`, "platform_unavailable"},
		{"errors in a 200", 200, `{"errors":[` + problem("client-forbidden") + `]}`, "platform_rejected"},
		{"unknown errors in a 200", 200, `{"errors":[` + problem("canary") + `]}`, "platform_unavailable"},
		{"no id", 200, `{"data":{"name":"canary"}}`, "platform_unavailable"},
	} {
		_, _, err := x.New().Targets(t.Context(), &platform.Client{Env: answering(t, c.status, c.body)})
		if got := fault.ReasonOf(err); got != c.reason {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.reason)
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the answer is repeated: %v", c.name, err)
		}
	}
}

func TestExchangeRefusals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		reason string
	}{
		{"code used or too old", 400, `{"error":"invalid_request","error_description":"Value passed for the authorization code was invalid."}`, "code_expired"},
		{"in the RFC's word", 400, `{"error":"invalid_grant"}`, "code_expired"},
		{"redirect URI", 400, `{"error":"invalid_request","error_description":"Value passed for the redirect uri did not match the uri of the authorization code."}`, "platform_rejected"},
		{"no header", 401, `{"error":"unauthorized_client","error_description":"Missing valid authorization header"}`, "platform_rejected"},
		{"in trouble", 503, `{"error":"invalid_request","error_description":"Value passed for the authorization code was invalid."}`, "platform_unavailable"},
	} {
		_, err := platform.Exchange(t.Context(), answering(t, c.status, c.body), x.New(), platform.ExchangeRequest{Code: vault.NewSecret("c"), Verifier: platform.NewVerifier()})
		if got := fault.ReasonOf(err); got != c.reason {
			t.Errorf("%s: got %q (%v), want %q", c.name, got, err, c.reason)
		}
	}
}
