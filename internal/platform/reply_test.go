package platform_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

func reply(status int, body string, header ...string) *httpx.Response {
	resp := &httpx.Response{Status: status, Body: []byte(body), Header: http.Header{}}
	for _, h := range header {
		name, value, _ := strings.Cut(h, ": ")
		resp.Header.Set(name, value)
	}
	return resp
}

func TestWords(t *testing.T) {
	t.Parallel()
	for body, want := range map[string][]string{
		`{"error":"invalid_grant","error_description":"it is over"}`:         {"invalid_grant: it is over", "invalid_grant"},
		`error=invalid_grant&error_description=it+is+over`:                   {"invalid_grant: it is over", "invalid_grant"},
		"\xef\xbb\xbf" + `{"error":"invalid_grant"}`:                         {"invalid_grant: ", "invalid_grant"},
		`{"error":{"code":190,"error_subcode":460,"type":"OAuthException"}}`: {"190/460", "190", "OAuthException"},
		`{"error":{"code":190,"error_subcode":0}}`:                           {"190"},
		`{"error":{"code":2,"is_transient":true}}`:                           {"2", "is_transient"},
		`{"error":{"code":2,"is_transient":false}}`:                          {"2"},
		`{"error":{}}`:   {"error"},
		`{"error":true}`: {"error"},
		`{"status":401,"serviceErrorCode":65601,"code":"REVOKED_ACCESS_TOKEN"}`: {"REVOKED_ACCESS_TOKEN", "65601"},
		`{"title":"Forbidden","type":"https://api.example/problems/forbidden"}`: {"https://api.example/problems/forbidden"},
		`{"errors":[{"type":"https://api.example/problems/a"},{"code":64}]}`:    {"https://api.example/problems/a", "64"},
		`{"error":"ExpiredToken","message":"Token has expired"}`:                {"ExpiredToken: ", "ExpiredToken"},
		`{"access_token":"T","error":null}`:                                     nil,
		`{"access_token":"T","error":""}`:                                       nil,
		`{"access_token":"T","type":"bearer","code":7}`:                         nil,
		`access_token=T&scope=a`:                                                nil,
		`<html>invalid_grant</html>`:                                            nil,
		`{"error":"invalid_gr`:                                                  nil,
		``:                                                                      nil,
		`null`:                                                                  nil,
		`["invalid_grant"]`:                                                     nil,
		`{"errors":"invalid_grant"}`:                                            nil,
	} {
		if d := cmp.Diff(want, platform.Words([]byte(body))); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
}

var someRules = []platform.Rule{
	{Word: "usage-capped", Status: 429, Class: platform.ClassConfiguration},
	{Word: "later", Class: platform.ClassTransient},
	{Word: "invalid_request: the token is dead.", Class: platform.ClassPermanent, Reason: platform.ReasonRevoked},
	{Word: platform.AnyWord, Status: 401, Class: platform.ClassPermanent, Reason: platform.ReasonTokenRefused},
	{Word: "dead", Class: platform.ClassPermanent, Reason: platform.ReasonPasswordChanged},
	{Status: 403, Class: platform.ClassConfiguration},
	{Status: 500, Class: platform.ClassTransient},
	{Status: 504, Class: platform.ClassPermanent, Reason: platform.ReasonRevoked},
}

func TestReadRefusal(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	type told struct {
		Class     platform.Class
		Reason    string
		After     time.Duration
		Ambiguous bool
	}
	for _, c := range []struct {
		name string
		resp *httpx.Response
		want told
	}{
		{"word with its description", reply(400, `{"error":"invalid_request","error_description":"The token is dead"}`), told{Class: platform.ClassPermanent, Reason: "revoked"}},
		{"the word alone says nothing", reply(400, `{"error":"invalid_request"}`), told{Class: platform.ClassTransient}},
		{"an error inside a 200", reply(200, `{"error":"dead"}`), told{Class: platform.ClassPermanent, Reason: "password_changed"}},
		{"an unknown one inside a 200", reply(200, `{"error":"canary"}`), told{Class: platform.ClassTransient}},
		{"401 in the platform's shape", reply(401, `{"error":"canary"}`), told{Class: platform.ClassPermanent, Reason: "token_refused"}},
		{"401 by a challenge alone", reply(401, ``, `WWW-Authenticate: DPoP realm="x", error="invalid_token"`), told{Class: platform.ClassPermanent, Reason: "token_refused"}},
		{"401 with a challenge of no error", reply(401, ``, `WWW-Authenticate: Basic realm="x"`), told{Class: platform.ClassTransient}},
		{"401 of something between", reply(401, `<html>canary</html>`), told{Class: platform.ClassTransient}},
		{"by the status alone", reply(403, `<html>canary</html>`), told{Class: platform.ClassConfiguration}},
		{"unknown", reply(418, ``), told{Class: platform.ClassTransient}},
		{"redirect", reply(307, ``, "Location: https://elsewhere.example/canary"), told{Class: platform.ClassTransient}},
		{"501 before every word", reply(501, `{"error":"dead"}`), told{Class: platform.ClassTransient, Ambiguous: true}},
		{"502 page", reply(502, `<html>canary</html>`), told{Class: platform.ClassTransient, Ambiguous: true}},
		{"503 with a time, as of a gateway", reply(503, `{"error":"dead"}`, "Retry-After: 30"), told{Class: platform.ClassTransient, After: 30 * time.Second, Ambiguous: true}},
		{"500 by a rule that names it", reply(500, `{"error":"dead"}`), told{Class: platform.ClassTransient, Ambiguous: true}},
		{"504 that a rule calls permanent", reply(504, `{"error":"dead"}`), told{Class: platform.ClassPermanent, Reason: "revoked"}},
		{"408", reply(408, `<html>canary</html>`), told{Class: platform.ClassTransient, Ambiguous: true}},
		{"408 with a word that passes", reply(408, `{"error":"later"}`), told{Class: platform.ClassTransient, Ambiguous: true}},
		{"408 with a word that ends it", reply(408, `{"error":"dead"}`), told{Class: platform.ClassPermanent, Reason: "password_changed"}},
		{"499", reply(499, ``), told{Class: platform.ClassTransient, Ambiguous: true}},
		{"429 before every word", reply(429, `{"error":"dead"}`, "Retry-After: 90"), told{Class: platform.ClassRateLimited, After: 90 * time.Second}},
		{"429 by a rule that names it", reply(429, `{"type":"usage-capped"}`), told{Class: platform.ClassConfiguration}},
	} {
		no := platform.ReadRefusal(someRules, c.resp, now)
		if no == nil {
			t.Errorf("%s: got no refusal", c.name)
			continue
		}
		if d := cmp.Diff(c.want, told{no.Class, no.Reason, no.RetryAfter, no.Ambiguous}); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		if strings.Contains(no.Error(), "canary") {
			t.Errorf("%s: the answer is repeated: %v", c.name, no)
		}
	}
	for _, body := range []string{`{"access_token":"T"}`, `{}`, ``, `<html>`} {
		if no := platform.ReadRefusal(someRules, reply(200, body), now); no != nil {
			t.Errorf("200 %s: got %v, want no refusal", body, no)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		status int
		header string
		want   time.Duration
	}{
		{429, "Retry-After: 7", 7 * time.Second},
		{503, "Retry-After: 7", 7 * time.Second},
		{429, "Retry-After: -7", 0},
		{429, "Retry-After: soon", 0},
		{429, "Retry-After: 99999999", 24 * time.Hour},
		{429, "Retry-After: 99999999999999999999", 0},
		{429, "Retry-After: Sun, 22 Nov 2026 12:10:00 GMT", 10 * time.Minute},
		{429, "Retry-After: Sun, 22 Nov 2026 11:10:00 GMT", 0},
		{429, "x-rate-limit-reset: 1795350600", 30 * time.Minute},                                  // X
		{429, "ratelimit-reset: 1795350600", 30 * time.Minute},                                     // the AT Protocol's servers
		{429, "RateLimit-Reset: 45", 45 * time.Second},                                             // draft-ietf-httpapi-ratelimit-headers
		{429, "X-RateLimit-Reset: 2026-11-22T12:05:00.123Z", 5*time.Minute + 123*time.Millisecond}, // Mastodon
		{429, "X-RateLimit-Reset: -99999999999999999", 0},
		{200, "x-rate-limit-reset: 1795350600", 0},
		{429, "Other: 7", 0},
	} {
		if got := platform.RetryAfter(reply(c.status, "", c.header), now); got != c.want {
			t.Errorf("%d %s: got %v, want %v", c.status, c.header, got, c.want)
		}
	}
}
