package mastodon_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

func TestAccount(t *testing.T) {
	t.Parallel()
	followers := int64(3907)
	for name, tt := range map[string]struct {
		body string // {w} stands for the server's origin
		want func(origin, host string) platform.Facts
	}{
		"whole": {
			`{"id":"109","username":"alice","acct":"alice","display_name":" Alice ","url":"{w}/@alice","avatar":"https://files.example/1.png","followers_count":3907}`,
			func(origin, host string) platform.Facts {
				return platform.Facts{Name: "Alice", Username: "alice@" + host, URL: origin + "/@alice", AvatarURL: "https://files.example/1.png", Followers: &followers}
			},
		},
		"no display name, hidden followers": {
			`{"id":"109","acct":"alice","display_name":"","url":"{w}/users/alice","followers_count":-1}`,
			func(origin, host string) platform.Facts {
				return platform.Facts{Name: "alice@" + host, Username: "alice@" + host, URL: origin + "/users/alice"}
			},
		},
		"a name with its server": {
			`{"id":"109","acct":"alice@other.example","display_name":"Alice"}`,
			func(origin, host string) platform.Facts {
				return platform.Facts{Name: "Alice", Username: "alice@" + host, URL: origin + "/@alice"}
			},
		},
		"addresses that are none of its own": {
			`{"id":"109","acct":"alice","display_name":"Alice","url":"https://evil.example/@alice","avatar":"javascript:alert(1)"}`,
			func(origin, host string) platform.Facts {
				return platform.Facts{Name: "Alice", Username: "alice@" + host, URL: origin + "/@alice"}
			},
		},
		"nonsense around an id": {
			`{"id":"109","acct":"al ice/../x","display_name":"` + strings.Repeat("a", 1025) + `","url":"{w}.evil.example/"}`,
			func(origin, host string) platform.Facts {
				return platform.Facts{Name: host, URL: origin + "/@"}
			},
		},
	} {
		w := newWorld(t)
		w.answer(account, 200, strings.ReplaceAll(tt.body, "{w}", w.url))
		_, host, _ := strings.Cut(w.url, "://")
		id, targets, err := w.targets(t)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := platform.Identity{Subject: host + "/109", Facts: tt.want(w.url, host)}
		if d := cmp.Diff(want, id); d != "" {
			t.Errorf("%s: identity (-want +got):\n%s", name, d)
		}
		if d := cmp.Diff([]platform.Target{{Kind: "profile", Role: platform.RoleAccount, ExternalID: host + "/109", Facts: want.Facts}}, targets); d != "" {
			t.Errorf("%s: targets (-want +got):\n%s", name, d)
		}
	}
}

func TestAccountErrors(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"dead token":           {401, `{"error":"The access token was revoked"}`, "consent_ended"},
		"scope":                {403, `{"error":"This action is outside the authorized scopes"}`, "scopes_missing"},
		"disabled":             {403, `{"error":"Your login is currently disabled"}`, "consent_ended"},
		"not yet approved":     {403, `{"error":"Your login is currently pending approval"}`, "consent_ended"},
		"something between":    {403, `<html>canary`, "platform_unavailable"},
		"an app's own token":   {422, `{"error":"This method requires an authenticated user"}`, "token_kind"},
		"rate limit":           {429, `{"error":"Too many requests"}`, "platform_unavailable"},
		"gone":                 {404, `{"error":"Record not found"}`, "platform_unavailable"},
		"redirect":             {302, ``, "platform_unavailable"},
		"in trouble":           {503, `canary`, "platform_unavailable"},
		"no id":                {200, `{"acct":"canary"}`, "platform_unavailable"},
		"id is a number":       {200, `{"id":4242424242}`, "platform_unavailable"},
		"id with a space":      {200, `{"id":"1 canary"}`, "platform_unavailable"},
		"id is far too long":   {200, `{"id":"` + strings.Repeat("1", 129) + `"}`, "platform_unavailable"},
		"the answer is huge":   {200, `{"id":"` + strings.Repeat("canary ", 200_000) + `"}`, "platform_unavailable"},
		"the answer is a page": {200, `<html>canary`, "platform_unavailable"},
	} {
		w := newWorld(t)
		w.answer(account, tt.status, tt.body, "Location", "/followed")
		id, targets, err := w.targets(t)
		if got := fault.ReasonOf(err); got != tt.want || id.Subject != "" || targets != nil {
			t.Errorf("%s: got %q (%v), want %q", name, got, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the answer is repeated: %v", name, err)
		}
	}
}
