package api_test

import (
	"fmt"
	"strings"
	"testing"

	"patchbay/internal/connect"
)

// care sends a request about a channel, which must be answered with the channel.
func (w *world) care(t *testing.T, method, path, body string) map[string]any {
	t.Helper()
	return wantStatus(t, w.call(t, w.key, method, path, body), 200).body
}

func (w *world) eventTypes(t *testing.T) (types []string) {
	t.Helper()
	for _, e := range w.get(t, "/v1/events?limit=200")["data"].([]any) {
		types = append(types, e.(map[string]any)["type"].(string))
	}
	return types
}

func TestAChannelIsPausedAndResumed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	before := w.get(t, channel)
	for range 2 { // again changes nothing
		paused := w.care(t, "POST", channel+"/pause", "")
		same(t, "paused", without(paused, "lifecycle", "updated_at"), without(before, "lifecycle", "updated_at"))
		same(t, "lifecycle", paused["lifecycle"], any("paused"))
		same(t, "read", w.get(t, channel), paused)
	}
	wantStatus(t, w.lease(t, channel, ""), 409)
	same(t, "resumed", w.care(t, "POST", channel+"/resume", "")["lifecycle"], any("active"))
	wantStatus(t, w.lease(t, channel, ""), 200)
	types := w.eventTypes(t)
	same(t, "events", types[len(types)-2:], []string{connect.EventChannelPaused, connect.EventChannelResumed})
}

func TestAChannelIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	named := w.care(t, "PATCH", channel, `{"label":"Main page","name":"Not this"}`)
	same(t, "named", []any{named["label"], named["name"]}, []any{"Main page", "Page 0"})
	same(t, "read", w.get(t, channel), named)
	same(t, "unnamed", w.care(t, "PATCH", channel, `{"label":""}`)["label"], nil)
	w.refuse(t, "PATCH", channel, `{}`, 422, "label", "required")
	w.refuse(t, "PATCH", channel, `{"label":"`+strings.Repeat("z", 256)+`"}`, 422, "label", "length")
	w.refuse(t, "PATCH", channel, `{"label":"a\u0007"}`, 422, "label", "characters")
}

// A channel that was disconnected is over, until a consent on a link of its own brings it
// back under its id.
func TestAChannelIsDisconnectedAndReconnected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	for range 2 {
		same(t, "disconnected", w.care(t, "POST", channel+"/disconnect", "")["lifecycle"], any("disconnected"))
	}
	for _, path := range []string{"/pause", "/resume", "/check", "/token"} {
		wantStatus(t, w.call(t, w.key, "POST", channel+path, ""), 409)
	}
	wantStatus(t, w.call(t, w.key, "GET", channel+"/targets", ""), 409)

	session := w.post(t, channel+"/reconnect", `{"redirect_url":"https://app.example/back","expires_in":60}`)
	same(t, "pinned", []any{session["reconnect_channel_id"], session["platforms"], session["redirect_url"]}, []any{1.0, []any{"garden"}, "https://app.example/back"})
	w.consent(t, session, "") // somebody else
	failed := w.get(t, "/v1/sessions/"+idOf(session))
	same(t, "another account", []any{failed["status"], failed["reason"], failed["ended_at"]}, []any{"failed", connect.ErrOtherAccount.Reason, nil})
	same(t, "nothing changed", w.get(t, channel)["lifecycle"], any("disconnected"))

	w.garden.set(func(g *garden) { g.people = 0 }) // the next one is the first person again
	w.consent(t, session, "")
	done := w.get(t, "/v1/sessions/"+idOf(session))
	same(t, "the session", []any{done["status"], done["channel_ids"]}, []any{"succeeded", []any{1.0}})
	same(t, "the channel", w.get(t, channel)["lifecycle"], any("active"))
}

func TestReconnectHasItsEffectOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	first := wantStatus(t, w.call(t, w.key, "POST", channel+"/reconnect", "", "Idempotency-Key", "k"), 201)
	again := wantStatus(t, w.call(t, w.key, "POST", channel+"/reconnect", "", "Idempotency-Key", "k"), 201)
	if first.text != again.text || again.header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("got %s, want the first answer again: %s", again.text, first.text)
	}
	w.refuse(t, "POST", channel+"/reconnect", `{"redirect_url":"javascript:1"}`, 422, "redirect_url", "url")
	w.refuse(t, "POST", channel+"/reconnect", `{"expires_in":59}`, 422, "expires_in", "range")
}

func TestAChannelStandsForAnotherTarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.reach(2)
	session := w.create(t, `{"selection":"one"}`)
	w.consent(t, session, "")
	view, err := w.svc.OpenLink(t.Context(), linkOf(session), browser)
	must(t, err)
	_, err = w.svc.Choose(t.Context(), connect.ChooseRequest{Link: linkOf(session), Browser: browser, TargetIDs: []int64{view.Targets[0].ID}})
	must(t, err)

	const channel = "/v1/channels/1"
	targets := w.get(t, channel+"/targets")["data"].([]any)
	want := func(i int, current bool) any {
		return map[string]any{
			"id": float64(view.Targets[i].ID), "kind": "page", "external_id": fmt.Sprintf("page-1-%d", i), "name": fmt.Sprintf("Page %d", i),
			"username": "page", "url": nil, "blocked": nil, "current": current,
		}
	}
	same(t, "targets", targets, []any{want(0, true), want(1, false)})
	changed := w.care(t, "POST", channel+"/target", fmt.Sprintf(`{"target_id":%d}`, view.Targets[1].ID))
	same(t, "changed", []any{changed["id"], changed["external_id"], changed["name"]}, []any{1.0, "page-1-1", "Page 1"})
	same(t, "targets afterwards", w.get(t, channel+"/targets")["data"].([]any), []any{want(0, false), want(1, true)})
	w.refuse(t, "POST", channel+"/target", `{"target_id":4711}`, 422, "", connect.ErrTargetUnknown.Reason)
	w.refuse(t, "POST", channel+"/target", `{}`, 422, "target_id", "required")
}

func TestAChannelMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	w.post(t, "/v1/owners", `{"external_id":"user_43"}`)
	moved := w.care(t, "POST", channel+"/move", `{"owner":"user_43"}`)
	same(t, "its owner", moved["owner"].(map[string]any)["external_id"], any("user_43"))
	same(t, "read", w.get(t, channel), moved)
	same(t, "listed", len(w.get(t, "/v1/channels?owner=user_43")["data"].([]any)), 1)
	w.refuse(t, "POST", channel+"/move", `{"owner":"nobody"}`, 404, "", "not_found")
	w.refuse(t, "POST", channel+"/move", `{}`, 422, "owner", "required")
}

// Who may not have a channel may not look after it.
func TestCareStaysInsideWorkspaceOwnerAndScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.connected(t, "user_0"), w.channel(t, "user_1")
	channel := fmt.Sprintf("/v1/channels/%v", mine["channel_ids"].([]any)[0])
	owner := int64(mine["owner"].(map[string]any)["id"].(float64))
	stranger := w.newKey(t, connect.Key{WorkspaceID: w.workspace(t, "Other").ID, Scopes: connect.Scopes()})
	bound := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: owner, Scopes: connect.Scopes()})
	weak := w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{connect.ScopePlatformsRead}})
	for _, test := range []struct {
		method, path, body string
		own                int // of the bound key about its own owner's channel
	}{
		{"POST", "/pause", "", 200},
		{"POST", "/resume", "", 200},
		{"PATCH", "", `{"label":"Mine"}`, 200},
		{"GET", "/targets", "", 200},
		{"POST", "/target", `{"target_id":1}`, 200},
		{"POST", "/move", `{"owner":"user_1"}`, 403},
		{"POST", "/reconnect", "", 201},
		{"POST", "/disconnect", "", 200},
	} {
		at := test.method + " " + test.path
		for name, c := range map[string]struct {
			key, channel string
			status       int
		}{
			"another workspace": {stranger, channel, 404}, "another owner": {bound, theirs, 404},
			"no scope": {weak, channel, 403}, "itself": {bound, channel, test.own},
		} {
			want := c.status
			if test.path == "/move" && name == "another owner" {
				want = 403 // bound keys move nothing
			}
			if got := w.call(t, c.key, test.method, c.channel+test.path, test.body); got.status != want {
				t.Errorf("%s by %s: got %d %s, want %d", at, name, got.status, got.text, want)
			}
		}
	}
	wantStatus(t, w.call(t, weak, "POST", channel+"/move", `{"owner":"nobody"}`), 403) // nor learns who there is
	same(t, "the other's channel", w.get(t, theirs)["lifecycle"], any("active"))
}
