package api_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
)

func TestChannelHasThreeDimensions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.connected(t, "user_42")
	id := fmt.Sprint(session["channel_ids"].([]any)[0])
	got := w.get(t, "/v1/channels/"+id)
	for _, member := range []string{"created_at", "updated_at", "facts_at", "health_at", "proven_at"} {
		when(t, got[member])
		delete(got, member)
	}
	want := map[string]any{
		"id": got["id"], "owner": session["owner"], "platform": "garden", "kind": "page", "external_id": "page-1-0",
		"name": "Page 0", "label": nil, "username": "page", "url": nil, "avatar_url": nil, "category": nil, "followers": 7.0, "verified": nil,
		"lifecycle": "active", "health": map[string]any{"status": "healthy", "reason": nil}, "replaced_by": nil, "review": "none",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("channel (-want +got):\n%s", diff)
	}
}

func TestChannelPagesHoldEveryChannelOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.garden.reach(1)
	for i := range 7 {
		w.connected(t, fmt.Sprintf("user_%d", i%2))
	}
	for limit := 1; limit <= 8; limit++ {
		var ids []float64
		for path := fmt.Sprintf("/v1/channels?limit=%d", limit); path != ""; {
			page := w.get(t, path)
			for _, c := range page["data"].([]any) {
				ids = append(ids, c.(map[string]any)["id"].(float64))
			}
			path = ""
			if next, ok := page["next_cursor"].(string); ok {
				path = fmt.Sprintf("/v1/channels?limit=%d&cursor=%s", limit, next)
			}
		}
		if diff := cmp.Diff([]float64{1, 2, 3, 4, 5, 6, 7}, ids); diff != "" {
			t.Errorf("limit %d (-want +got):\n%s", limit, diff)
		}
	}
}

func TestChannelFiltersNarrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connected(t, "user_0")
	w.connected(t, "user_1")
	w.connected(t, "user_1")
	for query, want := range map[string]int{
		"": 3, "owner=user_1": 2, "owner=nobody": 0, "platform=garden": 3, "platform=x": 0, "kind=page": 3, "kind=profile": 0,
		"lifecycle=active": 3, "lifecycle=paused": 0, "lifecycle=disconnected": 0, "health=healthy": 3, "health=needs_reauth": 0,
		"owner=user_0&platform=garden&kind=page&lifecycle=active&health=healthy": 1,
	} {
		page := w.get(t, "/v1/channels?"+query)
		if data, ok := page["data"].([]any); !ok || len(data) != want || page["next_cursor"] != nil {
			t.Errorf("%q: got %v, want %d channels and no further page", query, page, want)
		}
	}
}

func TestNothingCrossesWorkspacesAndOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine, theirs := w.connected(t, "user_0"), w.connected(t, "user_1")
	stranger := w.newKey(t, connect.Key{WorkspaceID: w.workspace(t, "Other").ID, Scopes: connect.Scopes()})
	bound := w.newKey(t, connect.Key{
		WorkspaceID: w.space.ID, OwnerID: int64(mine["owner"].(map[string]any)["id"].(float64)), Scopes: connect.Scopes(),
	})
	channelOf := func(s map[string]any) string { return "/v1/channels/" + fmt.Sprint(s["channel_ids"].([]any)[0]) }
	for _, test := range []struct {
		name, key, path string
		status          int
	}{
		{"own session", bound, "/v1/sessions/" + idOf(mine), 200},
		{"own timeline", bound, "/v1/sessions/" + idOf(mine) + "/attempts", 200},
		{"own channel", bound, channelOf(mine), 200},
		{"another owner's session", bound, "/v1/sessions/" + idOf(theirs), 404},
		{"another owner's timeline", bound, "/v1/sessions/" + idOf(theirs) + "/attempts", 404},
		{"another owner's channel", bound, channelOf(theirs), 404},
		{"the workspace's events", bound, "/v1/events", 403},
		{"another workspace's session", stranger, "/v1/sessions/" + idOf(mine), 404},
		{"another workspace's session, waiting", stranger, "/v1/sessions/" + idOf(mine) + "?wait=60", 404},
		{"another workspace's timeline", stranger, "/v1/sessions/" + idOf(mine) + "/attempts", 404},
		{"another workspace's channel", stranger, channelOf(mine), 404},
	} {
		if got := w.call(t, test.key, "GET", test.path, ""); got.status != test.status {
			t.Errorf("%s: got %d %s, want %d", test.name, got.status, got.text, test.status)
		}
	}
	for _, test := range []struct {
		name, key, query string
		want             int
	}{
		{"bound key", bound, "", 1},
		{"bound key, another owner", bound, "?owner=user_1", 0},
		{"another workspace", stranger, "", 0},
		{"another workspace, our owner", stranger, "?owner=user_0", 0},
	} {
		got := wantStatus(t, w.call(t, test.key, "GET", "/v1/channels"+test.query, ""), 200)
		if data := got.body["data"].([]any); len(data) != test.want {
			t.Errorf("%s: got %s, want %d channels", test.name, got.text, test.want)
		}
	}
	wantStatus(t, w.call(t, bound, "POST", "/v1/sessions", `{"owner":{"external_id":"user_1"}}`), 404)
	got := wantStatus(t, w.call(t, bound, "POST", "/v1/sessions", ""), 201)
	if diff := cmp.Diff(mine["owner"], got.body["owner"]); diff != "" {
		t.Errorf("a bound key's session has another owner:\n%s", diff)
	}
}
