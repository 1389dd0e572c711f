package platform

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/httpx"
)

var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestReadToken(t *testing.T) {
	t.Parallel()
	const assumed = 2 * time.Hour // the Spec's
	for _, c := range []struct {
		name, body string
		status     int
		reason     string // empty: a token
		refresh    string
		scopes     []string
		lifetime   time.Duration
	}{
		{name: "JSON", body: `{"access_token":"T","token_type":"bearer","expires_in":7200,"scope":"a b","refresh_token":"R"}`, refresh: "R", scopes: []string{"a", "b"}, lifetime: 7200 * time.Second},
		{name: "byte order mark and space around", body: "\xef\xbb\xbf \n{\"access_token\":\"T\"}\n", lifetime: assumed},
		{name: "form", body: "access_token=T&expires=5183944&token_type=bearer", lifetime: assumed},
		{name: "form with lifetime and scope", body: "access_token=T&expires_in=60&scope=a%2Cb", scopes: []string{"a", "b"}, lifetime: time.Minute},
		{name: "expires_in text", body: `{"access_token":"T","expires_in":"3600"}`, lifetime: time.Hour},
		{name: "expires_in float", body: `{"access_token":"T","expires_in":3600.9}`, lifetime: time.Hour},
		{name: "expires_in text float", body: `{"access_token":"T","expires_in":" 3600.0 "}`, lifetime: time.Hour},
		{name: "expires_in absent", body: `{"access_token":"T"}`, lifetime: assumed},
		{name: "expires_in null", body: `{"access_token":"T","expires_in":null}`, lifetime: assumed},
		{name: "expires_in zero", body: `{"access_token":"T","expires_in":0}`, lifetime: assumed},
		{name: "expires_in negative", body: `{"access_token":"T","expires_in":-5}`, lifetime: assumed},
		{name: "expires_in absurd", body: `{"access_token":"T","expires_in":1e300}`, lifetime: assumed},
		{name: "expires_in NaN", body: `{"access_token":"T","expires_in":"NaN"}`, lifetime: assumed},
		{name: "expires_in a date", body: `{"access_token":"T","expires_in":1795348800000}`, lifetime: assumed},
		{name: "expires_in an object", body: `{"access_token":"T","expires_in":{}}`, lifetime: assumed},
		{name: "scope by comma", body: `{"access_token":"T","scope":"a,b, c"}`, scopes: []string{"a", "b", "c"}, lifetime: assumed},
		{name: "scope as list", body: `{"access_token":"T","scope":["a","b"]}`, scopes: []string{"a", "b"}, lifetime: assumed},
		{name: "scope told and empty", body: `{"access_token":"T","scope":""}`, scopes: []string{}, lifetime: assumed},
		{name: "scope null", body: `{"access_token":"T","scope":null}`, lifetime: assumed},
		{name: "error null beside a token", body: `{"access_token":"T","error":null}`, lifetime: assumed},
		{name: "token type in capitals", body: `{"access_token":"T","token_type":"Bearer"}`, lifetime: assumed},
		{name: "created", body: `{"access_token":"T"}`, status: 201, lifetime: assumed},

		{name: "another token type", body: `{"access_token":"T","token_type":"mac"}`, reason: "token_kind"},
		{name: "invalid_grant", body: `{"error":"invalid_grant"}`, status: 400, reason: "code_expired"},
		{name: "invalid_grant in a 200", body: `{"error":"invalid_grant"}`, reason: "code_expired"},
		{name: "error beside a token", body: `{"error":"invalid_grant","access_token":"T"}`, reason: "code_expired"},
		{name: "invalid_grant as form", body: "error=invalid_grant", status: 400, reason: "code_expired"},
		{name: "invalid_client", body: `{"error":"invalid_client"}`, status: 401, reason: "platform_rejected"},
		{name: "unauthorized_client", body: `{"error":"unauthorized_client"}`, status: 401, reason: "platform_rejected"},
		{name: "redirect_uri_mismatch", body: `{"error":"redirect_uri_mismatch"}`, status: 400, reason: "platform_rejected"},
		{name: "invalid_request", body: `{"error":"invalid_request"}`, status: 400, reason: "platform_rejected"},
		{name: "401 without a word", body: `{"message":"no"}`, status: 401, reason: "platform_rejected"},
		{name: "word that nobody knows", body: `{"error":"canary_word"}`, status: 400, reason: "platform_unavailable"},
		{name: "error of another shape", body: `{"error":{"code":1}}`, status: 400, reason: "platform_unavailable"},
		{name: "temporarily_unavailable", body: `{"error":"temporarily_unavailable"}`, status: 400, reason: "platform_unavailable"},
		{name: "500 with invalid_grant", body: `{"error":"invalid_grant"}`, status: 500, reason: "platform_unavailable"},
		{name: "503 HTML", body: "<html>canary", status: 503, reason: "platform_unavailable"},
		{name: "429", body: `{"error":"invalid_client"}`, status: 429, reason: "platform_unavailable"},
		{name: "200 HTML", body: "<html>access_token=canary", reason: "platform_unavailable"},
		{name: "400 HTML", body: "<html>canary", status: 400, reason: "platform_unavailable"},
		{name: "redirect", body: `{"access_token":"canary"}`, status: 302, reason: "platform_unavailable"},
		{name: "empty", body: "", reason: "platform_unavailable"},
		{name: "empty object", body: "{}", reason: "platform_unavailable"},
		{name: "list", body: "[]", reason: "platform_unavailable"},
		{name: "null", body: "null", reason: "platform_unavailable"},
		{name: "cut off", body: `{"access_token":"canary`, reason: "platform_unavailable"},
		{name: "two values", body: `{"access_token":"canary"}{}`, reason: "platform_unavailable"},
		{name: "no token", body: `{"refresh_token":"canary"}`, reason: "platform_unavailable"},
		{name: "empty token", body: `{"access_token":""}`, reason: "platform_unavailable"},
		{name: "token is a number", body: `{"access_token":4242424242}`, reason: "platform_unavailable"},
		{name: "token with a line break", body: `{"access_token":"canary\r\nX: y"}`, reason: "platform_unavailable"},
		{name: "name in capitals", body: `{"ACCESS_TOKEN":"canary"}`, reason: "platform_unavailable"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.status == 0 {
				c.status = 200
			}
			got, err := ReadToken(Spec{AccessLifetime: assumed}, &httpx.Response{Status: c.status, Body: []byte(c.body)}, now)
			if reason := fault.ReasonOf(err); reason != c.reason {
				t.Fatalf("reason: got %q (%v), want %q", reason, err, c.reason)
			}
			if err != nil {
				for _, secret := range []string{"canary", "4242424242"} {
					if strings.Contains(err.Error(), secret) {
						t.Errorf("error quotes the answer: %v", err)
					}
				}
				return
			}
			if got.Credentials.Access.Reveal() != "T" || got.Credentials.Refresh.Reveal() != c.refresh {
				t.Errorf("tokens: got %q and %q, want T and %q", got.Credentials.Access.Reveal(), got.Credentials.Refresh.Reveal(), c.refresh)
			}
			if d := cmp.Diff(c.scopes, got.Scopes); d != "" {
				t.Errorf("scopes (-want +got):\n%s", d)
			}
			if want := now.Add(c.lifetime); !got.Credentials.ExpiresAt.Equal(want) {
				t.Errorf("expires: got %v, want %v", got.Credentials.ExpiresAt, want)
			}
		})
	}
}

func TestReadTokenThatDoesNotExpire(t *testing.T) {
	t.Parallel()
	got, err := ReadToken(Spec{}, &httpx.Response{Status: 200, Body: []byte(`{"access_token":"T"}`)}, now)
	if err != nil || !got.Credentials.ExpiresAt.IsZero() {
		t.Errorf("got %v, %v; want no expiry", got.Credentials.ExpiresAt, err)
	}
}

func FuzzReadToken(f *testing.F) {
	for _, seed := range []string{
		`{"access_token":"T","token_type":"bearer","expires_in":"7200","scope":"a,b c"}`,
		`{"error":"invalid_grant","error_description":"x"}`, "access_token=T&expires_in=1", "<html>", "", "{}", `{"expires_in":1e999}`,
	} {
		f.Add(200, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		got, err := ReadToken(Spec{}, &httpx.Response{Status: status, Body: body}, now)
		if err != nil {
			if fault.From(err).Code == fault.Internal {
				t.Errorf("unclassed error: %v", err)
			}
			return
		}
		if !Sendable(got.Credentials.Access.Reveal()) {
			t.Errorf("access token %q cannot be sent", got.Credentials.Access.Reveal())
		}
		if at := got.Credentials.ExpiresAt; !at.IsZero() && (!at.After(now) || at.After(now.Add(maxLifetime))) {
			t.Errorf("expiry: got %v", at)
		}
		for _, s := range got.Scopes {
			if s == "" || strings.ContainsAny(s, ", \t\r\n") {
				t.Errorf("scope %q is not one", s)
			}
		}
	})
}
