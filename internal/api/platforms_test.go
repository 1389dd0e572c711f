package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlatformsTellTheirSpec(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	byID := map[string]map[string]any{}
	for _, p := range w.get(t, "/v1/platforms")["data"].([]any) {
		p := p.(map[string]any)
		byID[p["id"].(string)] = p
	}
	for id, want := range map[string]map[string]any{
		"facebook": {
			"name": "Facebook", "configured": false, "authorize_url": "https://www.facebook.com/v26.0/dialog/oauth",
			"token_url": "https://graph.facebook.com/v26.0/oauth/access_token", "scope_separator": ",", "pkce": "none",
			"client_auth": "post", "refresh_model": "renewing_access_token", "version": "v26.0", "granted_scopes": "endpoint",
			"revocation_reach": "user_app", "pick": "many", "input": nil,
			"lifetimes": map[string]any{"code": nil, "access_token": 5184000.0, "refresh_token": nil},
		},
		"x": {
			"name": "X", "authorize_url": "https://x.com/i/oauth2/authorize", "token_url": "https://api.x.com/2/oauth2/token",
			"scope_separator": " ", "pkce": "s256", "client_auth": "basic", "refresh_model": "rotating", "version": nil,
			"versions": []any{}, "denial_errors": []any{"access_denied"}, "pick": "one",
			"lifetimes": map[string]any{"code": 30.0, "access_token": 7200.0, "refresh_token": nil},
			"targets":   []any{map[string]any{"kind": "profile", "role": "account"}},
		},
		"garden": {
			"configured": true, "revoke_url": nil, "sources": []any{},
			"scopes": []any{
				map[string]any{"name": "plants.read", "feature": "profile", "required": true},
				map[string]any{"name": "plants.write", "feature": "publish", "required": false},
			},
		},
	} {
		for member, value := range want {
			if diff := cmp.Diff(value, byID[id][member]); diff != "" {
				t.Errorf("%s.%s (-want +got):\n%s", id, member, diff)
			}
		}
		alone := w.get(t, "/v1/platforms/"+id)
		guide, _ := alone["setup_guide"].(string)
		if has := strings.Contains(guide, "/oauth/callback/"+id); has != (id != "garden") || strings.Contains(guide, "{public}") {
			t.Errorf("%s: the setup guide does not name this server's callback address: %q", id, guide)
		}
		delete(alone, "setup_guide") // the list leaves it out
		if diff := cmp.Diff(byID[id], alone); diff != "" {
			t.Errorf("%s alone differs from %s in the list:\n%s", id, id, diff)
		}
	}
}

func TestPlatformVersionsTellTheirEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ends := map[any]any{}
	for _, v := range w.get(t, "/v1/platforms/facebook")["versions"].([]any) {
		v := v.(map[string]any)
		ends[v["name"]] = []any{v["released"], v["ends_at"]}
	}
	if diff := cmp.Diff([]any{"2026-02-18", "2028-07-29"}, ends["v25.0"]); diff != "" {
		t.Errorf("v25.0 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]any{"2026-07-29", nil}, ends["v26.0"]); diff != "" {
		t.Errorf("v26.0 (-want +got):\n%s", diff)
	}
}
