package api_test

import (
	"strings"
	"testing"

	"patchbay/internal/connect"
)

func TestTheAuditLogTellsWhoAndFromWhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	channel := w.channel(t, "user_42")
	w.care(t, "POST", channel+"/pause", "")
	page := w.get(t, "/v1/audit?limit=200")
	list := page["data"].([]any)
	for i, e := range list {
		if n := e.(map[string]any)["number"]; n != float64(i+1) {
			t.Fatalf("got number %v at place %d, want no gap", n, i+1)
		}
	}
	last := list[len(list)-1].(map[string]any)
	when(t, last["at"])
	same(t, "the last", without(last, "at", "number", "hash"), map[string]any{
		"actor": "key", "key_id": 1.0, "from": "127.0.0.1", "action": connect.AuditChannelPaused, "owner_id": 2.0, "channel_id": 1.0,
		"data": map[string]any{"platform": "garden"},
	})
	same(t, "next", page["next"], last["number"])
	if hash, _ := last["hash"].(string); len(hash) != 64 {
		t.Errorf("got hash %v, want 32 bytes", last["hash"])
	}
}

func TestTheAuditLogIsVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "")
	first := w.get(t, "/v1/audit/verify")
	head, _ := first["head"].(string)
	log := w.get(t, "/v1/audit")["data"].([]any)
	last := log[len(log)-1].(map[string]any)
	same(t, "verdict", without(first, "head"), map[string]any{
		"intact": true, "entries": float64(len(log)), "unchained": 0.0, "broken_at": nil, "problem": nil,
	})
	if number, hash, _ := strings.Cut(head, ":"); number != "3" && hash != last["hash"] {
		t.Errorf("got head %q, want number and hash of %v", head, last)
	}
	w.create(t, "")
	same(t, "with the head of before", w.get(t, "/v1/audit/verify?head="+head)["intact"], any(true))
	moved := head[:len(head)-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(head, "0")]
	cut := w.get(t, "/v1/audit/verify?head="+moved)
	if cut["intact"] != false || cut["problem"] == nil {
		t.Errorf("got %v with a head that is none of the log's, want it to be found", cut)
	}
	for _, wrong := range []string{"canary7Q", "1", "1:", ":" + strings.Repeat("0", 64), "0:" + strings.Repeat("0", 64), "-1:" + strings.Repeat("0", 64), "1:" + strings.Repeat("g", 64), "1:" + strings.Repeat("0", 62)} {
		w.refuse(t, "GET", "/v1/audit/verify?head="+wrong, "", 422, "head", "format")
	}
	w.refuse(t, "GET", "/v1/audit/verify?head="+strings.Repeat("0", 101), "", 422, "head", "length")
	for name, key := range map[string]string{
		"a bound key": w.newKey(t, connect.Key{WorkspaceID: w.space.ID, OwnerID: 1, Scopes: connect.Scopes()}),
		"a weak key":  w.newKey(t, connect.Key{WorkspaceID: w.space.ID, Scopes: []connect.Scope{connect.ScopeEventsRead}}),
	} {
		if got := w.call(t, key, "GET", "/v1/audit/verify", ""); got.status != 403 {
			t.Errorf("%s: got %d, want 403", name, got.status)
		}
	}
}
