package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
)

func TestAKeyIsToldOnceAndMayWhatItSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post(t, "/v1/keys", `{"name":"backend","scopes":["channels:read","owners:read"]}`)
	key, _ := made["key"].(string)
	same(t, "made", without(made, "key", "id", "created_at"), map[string]any{
		"name": "backend", "prefix": key[:8], "scopes": []any{"channels:read", "owners:read"}, "owner_id": nil, "expires_at": nil, "revoked_at": nil,
	})
	read := w.get(t, "/v1/keys/"+idOf(made))
	same(t, "read", read, without(made, "key"))
	list := w.get(t, "/v1/keys")["data"].([]any)
	same(t, "listed", list[len(list)-1], any(read))
	wantStatus(t, w.call(t, key, "GET", "/v1/channels", ""), 200)
	wantStatus(t, w.call(t, key, "GET", "/v1/owners", ""), 200)
	wantStatus(t, w.call(t, key, "GET", "/v1/keys", ""), 403)
	wantStatus(t, w.call(t, key, "POST", "/v1/sessions", ""), 403)
	if strings.Contains(w.files(t), key) || strings.Contains(w.log.String(), key) {
		t.Error("the database or the log holds the key")
	}
}

// A key makes keys that may at most what it may itself.
func TestNoKeyMakesOneThatMayMore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	weak := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{connect.ScopeKeysWrite, connect.ScopeChannelsRead}})
	for _, scope := range connect.Scopes() {
		want := 403
		if scope == connect.ScopeKeysWrite || scope == connect.ScopeChannelsRead {
			want = 201
		}
		got := w.call(t, weak, "POST", "/v1/keys", fmt.Sprintf(`{"name":"k","scopes":["channels:read",%q]}`, scope))
		if scope == connect.ScopeChannelsRead {
			want = 422 // named twice
		}
		if got.status != want || (want == 403 && got.body["reason"] != "scope_exceeded") {
			t.Errorf("%s: got %d %s, want %d", scope, got.status, got.text, want)
		}
	}
	workspace := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: connect.WorkspaceScopes()})
	wantStatus(t, w.call(t, workspace, "POST", "/v1/keys", `{"name":"k","scopes":["workspaces:admin"]}`), 403)
}

// A key that is bound to an owner makes, sees and ends keys of that owner alone.
func TestABoundKeyMakesBoundKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.post(t, "/v1/owners", `{"external_id":"mine"}`)
	w.post(t, "/v1/owners", `{"external_id":"theirs"}`)
	bound := w.post(t, "/v1/keys", `{"name":"bound","owner":"mine","scopes":["keys:read","keys:write","channels:read"]}`)
	same(t, "bound to", bound["owner_id"], mine["id"])
	key := bound["key"].(string)
	child := wantStatus(t, w.call(t, key, "POST", "/v1/keys", `{"name":"child","scopes":["channels:read"]}`), 201).body
	same(t, "its key is bound to", child["owner_id"], mine["id"])
	named := wantStatus(t, w.call(t, key, "POST", "/v1/keys", `{"name":"child","owner":"mine","scopes":["channels:read"]}`), 201).body
	same(t, "its key is bound to", named["owner_id"], mine["id"])
	for _, owner := range []string{"theirs", "nobody"} {
		got := wantStatus(t, w.call(t, key, "POST", "/v1/keys", `{"name":"k","owner":"`+owner+`","scopes":["channels:read"]}`), 404)
		same(t, "reason", got.body["reason"], any("owner_unknown"))
	}
	list := wantStatus(t, w.call(t, key, "GET", "/v1/keys", ""), 200).body["data"].([]any)
	same(t, "sees", len(list), 3)
	wantStatus(t, w.call(t, key, "DELETE", "/v1/keys/"+idOf(child), ""), 200)
	whole := w.get(t, "/v1/keys")["data"].([]any)[0].(map[string]any)
	wantStatus(t, w.call(t, key, "GET", "/v1/keys/"+idOf(whole), ""), 404)
	wantStatus(t, w.call(t, key, "DELETE", "/v1/keys/"+idOf(whole), ""), 404)
	w.get(t, "/v1/keys") // the whole workspace's key lives
	w.refuse(t, "POST", "/v1/keys", `{"name":"k","owner":"nobody","scopes":["channels:read"]}`, 404, "", "not_found")
}

func TestAKeyEndsByItselfOrWhenItIsRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	short := w.post(t, "/v1/keys", `{"name":"short","scopes":["channels:read"],"expires_in":60}`)
	if life := when(t, short["expires_at"]).Sub(when(t, short["created_at"])).Round(time.Second); life != time.Minute {
		t.Errorf("got a life of %s, want a minute", life)
	}
	wantStatus(t, w.call(t, short["key"].(string), "GET", "/v1/channels", ""), 200)
	w.clock.advance(time.Minute)
	wantStatus(t, w.call(t, short["key"].(string), "GET", "/v1/channels", ""), 401)

	own := w.post(t, "/v1/keys", `{"name":"own","scopes":["keys:write"]}`)
	path := "/v1/keys/" + idOf(own)
	revoked := wantStatus(t, w.call(t, own["key"].(string), "DELETE", path, ""), 200).body // a key may revoke itself
	when(t, revoked["revoked_at"])
	wantStatus(t, w.call(t, own["key"].(string), "DELETE", path, ""), 401)
	w.clock.advance(time.Minute)
	same(t, "revoked again", wantStatus(t, w.call(t, w.key, "DELETE", path, ""), 200).body, revoked)
	same(t, "read", w.get(t, path), revoked)
	w.refuse(t, "DELETE", "/v1/keys/4711", "", 404, "", "not_found")
}

func TestWrongKeysAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct{ body, field, reason string }{
		{`{"name":" ","scopes":["channels:read"]}`, "name", "required"},
		{`{"name":"a\u0000b","scopes":["channels:read"]}`, "", "text_nul"},
		{`{"name":"k","scopes":[]}`, "scopes", "length"},
		{`{"name":"k","scopes":["everything"]}`, "scopes", "unknown"},
		{`{"name":"k","scopes":["channels:read","channels:read"]}`, "scopes", "unknown"},
		{`{"name":"k","scopes":["channels:read"],"expires_in":59}`, "expires_in", "range"},
		{`{"name":"k","scopes":["channels:read"],"expires_in":315360001}`, "expires_in", "range"},
	} {
		w.refuse(t, "POST", "/v1/keys", test.body, 422, test.field, test.reason)
	}
	same(t, "keys afterwards", len(w.get(t, "/v1/keys")["data"].([]any)), 1)
}
