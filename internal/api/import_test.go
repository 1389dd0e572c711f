package api_test

import (
	"strings"
	"testing"

	"patchbay/internal/connect"
)

const importing = `{"platform":"garden","owner":"user_42","owner_name":"Bakery","access_token":"brought-canary","refresh_token":"refresh-canary",
	"expires_at":"2026-03-01T10:30:00Z","scopes":["plants.read"]`

func TestTokensAreImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.set(func(g *garden) { g.targets, g.again, g.people = 2, true, 1 })
	target := func(id, name string, wanted bool, channel any) any {
		return map[string]any{"kind": "page", "external_id": id, "name": name, "blocked": nil, "wanted": wanted, "channel_id": channel}
	}
	dry := wantStatus(t, w.call(t, w.key, "POST", "/v1/channels/import", importing+`,"targets":["page-1-1"],"dry_run":true}`), 200)
	same(t, "a dry run", dry.body, map[string]any{
		"platform": "garden", "subject": "1", "name": nil, "app": "proven", "scopes_granted": []any{"plants.read"}, "scopes_missing": []any{"plants.write"},
		"targets":  []any{target("page-1-0", "Page 0", false, nil), target("page-1-1", "Page 1", true, nil)},
		"channels": []any{}, "dry_run": true,
	})
	same(t, "channels after a dry run", len(w.get(t, "/v1/channels")["data"].([]any)), 0)

	done := wantStatus(t, w.call(t, w.key, "POST", "/v1/channels/import", importing+`,"targets":["page-1-1"]}`), 200)
	channel := w.get(t, "/v1/channels/1")
	same(t, "imported", done.body["targets"], any([]any{target("page-1-0", "Page 0", false, nil), target("page-1-1", "Page 1", true, 1.0)}))
	same(t, "its channels", done.body["channels"], any([]any{any(channel)}))
	same(t, "its owner", channel["owner"].(map[string]any)["name"], any("Bakery"))
	last := w.get(t, "/v1/events?after=1")["data"].([]any)[0].(map[string]any)
	same(t, "its event", []any{last["channel_id"], last["cause"], last["data"].(map[string]any)["via"]}, []any{1.0, "integration", "import"})
	for _, a := range []answer{dry, done} {
		if strings.Contains(a.text, "canary") {
			t.Errorf("the answer tells a token: %s", a.text)
		}
	}
	if log := w.log.String(); strings.Contains(log, "canary") {
		t.Errorf("the log tells a token: %s", log)
	}
}

func TestImportsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const path = "/v1/channels/import"
	w.refuse(t, "POST", path, `{"platform":"garden"}`, 422, "access_token", "required")
	w.refuse(t, "POST", path, `{"access_token":"a"}`, 422, "platform", "required")
	w.refuse(t, "POST", path, `{"platform":"canary7Q","access_token":"a"}`, 422, "platform", "unknown")
	w.refuse(t, "POST", path, importing+`,"server":"https://plot.garden.example"}`, 422, "server", "unexpected")
	w.refuse(t, "POST", path, `{"platform":"garden","access_token":"a","expires_at":"tomorrow"}`, 422, "expires_at", "time")
	w.refuse(t, "POST", path, `{"platform":"garden","access_token":"a","expires_at":"2026-03-01"}`, 422, "expires_at", "time")
	w.garden.set(func(g *garden) { g.foreign = true })
	w.refuse(t, "POST", path, importing+`}`, 422, "access_token", "other_app")
	weak := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{connect.ScopeChannelsRead}})
	wantStatus(t, w.call(t, weak, "POST", path, importing+`}`), 403)
	w.garden.set(func(g *garden) { g.foreign = false })
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: 1, Scopes: connect.Scopes()})
	wantStatus(t, w.call(t, bound, "POST", path, importing+`}`), 404) // another owner's
	same(t, "channels afterwards", len(w.get(t, "/v1/channels")["data"].([]any)), 0)
}
