package api_test

import (
	"testing"

	"patchbay/internal/connect"
)

func TestAWorkspaceComesWithAKeyThatMayAllInsideIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.post(t, "/v1/workspaces", `{"name":"Bakers","require_redirect_url":true,"allowed_redirects":["https://app.example/a"],"bounce_page":true}`)
	key, _ := made["key"].(string)
	same(t, "made", without(made, "key", "id", "created_at"), map[string]any{
		"name": "Bakers", "require_redirect_url": true, "allowed_redirects": []any{"https://app.example/a"},
		"headless_connect": true, "bounce_page": true,
	})
	path := "/v1/workspaces/" + idOf(made)
	same(t, "read by the operator", w.get(t, path), without(made, "key"))
	same(t, "read by itself", wantStatus(t, w.call(t, key, "GET", path, ""), 200).body, without(made, "key"))

	first := wantStatus(t, w.call(t, key, "GET", "/v1/keys", ""), 200).body["data"].([]any)
	scopes := first[0].(map[string]any)["scopes"].([]any)
	if len(first) != 1 || len(scopes) != len(connect.Scopes())-1 {
		t.Errorf("got %v, want one key with every scope but the operator's", first)
	}
	owners := wantStatus(t, w.call(t, key, "GET", "/v1/owners", ""), 200).body["data"].([]any)
	same(t, "owners", len(owners), 1)
	wantStatus(t, w.call(t, key, "POST", "/v1/workspaces", `{"name":"More"}`), 403)

	// It rules over itself: its list of redirects counts at once.
	session := `{"redirect_url":"https://app.example/b"}`
	got := wantStatus(t, w.call(t, key, "POST", "/v1/sessions", session), 422)
	same(t, "reason", reasonOf(got, "redirect_url"), any("not_allowed"))
	changed := wantStatus(t, w.call(t, key, "PATCH", path, `{"allowed_redirects":[],"name":"Brewers","headless_connect":false,"bounce_page":false}`), 200).body
	same(t, "changed", without(changed, "id", "created_at"), map[string]any{
		"name": "Brewers", "require_redirect_url": true, "allowed_redirects": []any{},
		"headless_connect": false, "bounce_page": false,
	})
	wantStatus(t, w.call(t, key, "POST", "/v1/sessions", session), 201)
}

// The operator's scope sees and changes workspaces, and nothing below them; every other
// key its own.
func TestTheOperatorSeesWorkspacesAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.post(t, "/v1/workspaces", `{"name":"Other"}`)
	ids := func(key string) (all []string) {
		for _, row := range wantStatus(t, w.call(t, key, "GET", "/v1/workspaces", ""), 200).body["data"].([]any) {
			all = append(all, idOf(row.(map[string]any)))
		}
		return all
	}
	same(t, "the operator", ids(w.key), []string{"1", idOf(other)})
	same(t, "another key", ids(other["key"].(string)), []string{idOf(other)})
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: 1, Scopes: connect.Scopes()})
	same(t, "a bound key, whatever its scopes", ids(bound), []string{"1"})
	wantStatus(t, w.call(t, bound, "GET", "/v1/workspaces/"+idOf(other), ""), 404)
	wantStatus(t, w.call(t, bound, "PATCH", "/v1/workspaces/1", `{"name":"Mine"}`), 403)
	wantStatus(t, w.call(t, bound, "POST", "/v1/workspaces", `{"name":"Mine"}`), 403)

	wantStatus(t, w.call(t, w.key, "PATCH", "/v1/workspaces/"+idOf(other), `{"name":"Renamed"}`), 200)
	wantStatus(t, w.call(t, other["key"].(string), "PATCH", "/v1/workspaces/1", `{"name":"Mine"}`), 404)
	same(t, "name", w.get(t, "/v1/workspaces/1")["name"], any("Test"))
	w.refuse(t, "GET", "/v1/workspaces/4711", "", 404, "", "not_found")
	w.refuse(t, "PATCH", "/v1/workspaces/4711", `{}`, 404, "", "not_found")
}

func TestWrongWorkspacesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.get(t, "/v1/workspaces/1")
	for _, test := range []struct{ body, field, reason string }{
		{`{"name":" "}`, "name", "required"},
		{`{"name":"W","allowed_redirects":["javascript:alert(1)"]}`, "allowed_redirects", "url"},
		{`{"name":"W","allowed_redirects":["https://app.example/a","https://user@app.example/"]}`, "allowed_redirects", "url"},
		{`{"name":"W","allowed_redirects":"https://app.example/a"}`, "allowed_redirects", "type"},
		{`{"name":"W","require_redirect_url":"yes"}`, "require_redirect_url", "type"},
	} {
		w.refuse(t, "POST", "/v1/workspaces", test.body, 422, test.field, test.reason)
		w.refuse(t, "PATCH", "/v1/workspaces/1", test.body, 422, test.field, test.reason)
	}
	same(t, "afterwards", w.get(t, "/v1/workspaces/1"), before)
	same(t, "workspaces afterwards", len(w.get(t, "/v1/workspaces")["data"].([]any)), 1)
}
