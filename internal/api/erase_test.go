package api_test

import (
	"strings"
	"testing"

	"patchbay/internal/connect"
)

func TestAnOwnerIsErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.connected(t, "user_42")
	kept := w.channel(t, "user_43")
	w.post(t, "/v1/keys", `{"name":"k","scopes":["channels:read"],"owner":"user_42"}`)
	owner := session["owner"].(map[string]any)
	path := "/v1/owners/" + idOf(owner)
	w.refuse(t, "POST", path+"/erase", `{}`, 422, "confirm", "required")
	w.refuse(t, "POST", path+"/erase", `{"confirm":"user_43"}`, 422, "confirm", "mismatch")
	wantStatus(t, w.call(t, w.key, "GET", path, ""), 200)

	erased := wantStatus(t, w.call(t, w.key, "POST", path+"/erase", `{"confirm":"user_42"}`), 200)
	same(t, "erased", erased.body, map[string]any{"owner_id": owner["id"], "channels": 1.0, "grants": 1.0, "sessions": 1.0, "keys": 1.0})
	for _, gone := range []string{path, "/v1/sessions/" + idOf(session), "/v1/channels/1"} {
		wantStatus(t, w.call(t, w.key, "GET", gone, ""), 404)
	}
	wantStatus(t, w.call(t, w.key, "POST", path+"/erase", `{"confirm":"user_42"}`), 404)
	wantStatus(t, w.call(t, w.key, "GET", kept, ""), 200)
	if types := strings.Join(w.eventTypes(t), " "); !strings.Contains(types, connect.EventOwnerErased) {
		t.Errorf("got the events %s, want %s", types, connect.EventOwnerErased)
	}
}

func TestWhoMayNotEraseMayNotAsk(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/v1/owners/" + idOf(w.post(t, "/v1/owners", `{"external_id":"user_42"}`)) + "/erase"
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: 2, Scopes: connect.Scopes()})
	weak := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{connect.ScopeOwnersRead}})
	stranger := w.newKey(t, connect.Key{WorkspaceID: w.workspace(t, "Other").ID, Scopes: connect.Scopes()})
	for _, confirm := range []string{"user_42", "another"} { // nor learn the external id
		body := `{"confirm":"` + confirm + `"}`
		wantStatus(t, w.call(t, bound, "POST", path, body), 403)
		wantStatus(t, w.call(t, weak, "POST", path, body), 403)
		wantStatus(t, w.call(t, stranger, "POST", path, body), 404)
	}
	wantStatus(t, w.call(t, w.key, "POST", path, `{"confirm":"user_42"}`), 200)
}
