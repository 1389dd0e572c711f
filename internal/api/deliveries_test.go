package api_test

import (
	"fmt"
	"strings"
	"testing"

	"patchbay/internal/connect"
)

func TestDeliveriesAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	path, _ := w.endpoint(t, r)
	w.connected(t, "user_42") // four events, one of them about a channel
	test := w.care(t, "POST", path+"/test", "")
	all := w.get(t, "/v1/deliveries")["data"].([]any)
	var types []string
	for _, d := range all {
		types = append(types, d.(map[string]any)["type"].(string))
	}
	same(t, "types", types, []string{"endpoint.test", "session.succeeded", "channel.connected", "grant.created", "session.created"})
	for limit := 1; limit <= 6; limit++ {
		same(t, fmt.Sprintf("by %d", limit), w.walk(t, "/v1/deliveries", limit), all)
	}
	for query, want := range map[string]int{
		"endpoint=1": 5, "endpoint=2": 0, "state=pending": 4, "state=delivered": 1, "state=failed": 0, "event=1": 1, "type=channel.connected": 1, "type=nothing": 0,
		"channel=1": 1, "channel=2": 0, "endpoint=1&state=pending&event=3&type=channel.connected&channel=1": 1,
	} {
		if data := w.get(t, "/v1/deliveries?"+query)["data"].([]any); len(data) != want {
			t.Errorf("%s: got %d deliveries, want %d", query, len(data), want)
		}
	}
	w.refuse(t, "GET", "/v1/deliveries?state=canary7Q", "", 422, "state", "enum")
	w.refuse(t, "GET", "/v1/deliveries?endpoint=-1", "", 422, "endpoint", "range")
	w.refuse(t, "GET", "/v1/deliveries?cursor=canary7Q", "", 422, "cursor", "cursor")

	one := w.get(t, fmt.Sprintf("/v1/deliveries/%.0f", test["delivery_id"]))
	same(t, "one as listed", without(one, "attempts_log", "body"), all[0].(map[string]any))
	attempt := one["attempts_log"].([]any)[0].(map[string]any)
	same(t, "its attempt", without(attempt, "at", "took_ms"), map[string]any{"number": 1.0, "status": 200.0, "error": nil, "answer": "thanks"})
	if body, _ := one["body"].(string); !strings.HasPrefix(body, `{"type":"endpoint.test","timestamp":"`) {
		t.Errorf("got the body %q, want that of the message", one["body"])
	}
	when(t, attempt["at"])
}

func TestADeliveryIsReplayed(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	path, _ := w.endpoint(t, r)
	w.create(t, "")
	first := w.get(t, "/v1/deliveries")["data"].([]any)[0].(map[string]any)
	again := w.care(t, "POST", "/v1/deliveries/"+idOf(first)+"/replay", "")
	same(t, "the same message", []any{again["message_id"], again["state"], again["event_number"]}, []any{first["message_id"], "pending", 1.0})
	if again["id"] == first["id"] {
		t.Errorf("got delivery %v again, want one of its own", again["id"])
	}
	w.care(t, "PATCH", path, `{"state":"disabled"}`)
	w.refuse(t, "POST", "/v1/deliveries/"+idOf(first)+"/replay", "", 409, "", "endpoint_disabled")
	w.refuse(t, "POST", "/v1/deliveries/4711/replay", "", 404, "", "not_found")
}

func TestARangeOfEventsIsReplayed(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.connected(t, "user_42") // four events that nobody was told of
	path, _ := w.endpoint(t, r)
	begun := wantStatus(t, w.call(t, w.key, "POST", path+"/replays", `{"after":1,"until":3}`, "Idempotency-Key", "k"), 201)
	same(t, "begun", without(begun.body, "id", "created_at", "updated_at"), map[string]any{
		"endpoint_id": 1.0, "after": 1.0, "until": 3.0, "failed_only": false, "state": "running", "events": 2.0, "looked_at": 0.0,
		"queued": 0.0, "delivered": 0.0, "failed": 0.0, "skipped": 0.0, "dropped": 0.0,
	})
	again := wantStatus(t, w.call(t, w.key, "POST", path+"/replays", `{"after":1,"until":3}`, "Idempotency-Key", "k"), 201)
	same(t, "begun again", again.text, begun.text)
	w.refuse(t, "POST", path+"/replays", "", 409, "", "replay_running")
	must(t, w.hooks.CarryReplays(t.Context()))
	done := w.get(t, "/v1/replays/"+idOf(begun.body))
	same(t, "done", []any{done["state"], done["looked_at"], done["queued"]}, []any{"done", 2.0, 2.0})
	sent := w.get(t, "/v1/deliveries")["data"].([]any)
	same(t, "what is sent", []any{len(sent), sent[0].(map[string]any)["type"], sent[0].(map[string]any)["replay_id"]}, []any{2, connect.EventChannelConnected, done["id"]})

	w.post(t, path+"/replays", `{"since":"2036-01-01T00:00:00Z"}`) // nothing to send
	w.refuse(t, "POST", path+"/replays", `{"since":"yesterday"}`, 422, "since", "time")
	w.refuse(t, "POST", path+"/replays", `{"after":-1}`, 422, "after", "range")
	w.refuse(t, "POST", path+"/replays", `{"after":3,"until":2}`, 422, "until", "range")
	w.refuse(t, "GET", "/v1/replays/4711", "", 404, "", "not_found")
	w.care(t, "PATCH", path, `{"state":"disabled"}`)
	w.refuse(t, "POST", path+"/replays", "", 409, "", "endpoint_disabled")
}
