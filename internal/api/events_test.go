package api_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEventsAreReadInOrderWithoutGaps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	session := w.connected(t, "user_42")
	w.create(t, "")
	var types []string
	var next float64
	for {
		page := w.get(t, fmt.Sprintf("/v1/events?limit=2&after=%.0f", next))
		events := page["data"].([]any)
		if len(events) == 0 {
			if page["next"] != next {
				t.Errorf("got next %v at the end, want %v as it was", page["next"], next)
			}
			break
		}
		for _, e := range events {
			e := e.(map[string]any)
			if next++; e["number"] != next {
				t.Fatalf("got number %v, want %v", e["number"], next)
			}
			types = append(types, e["type"].(string))
		}
	}
	want := []string{"session.created", "grant.created", "channel.connected", "session.succeeded", "session.created"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	got := w.get(t, "/v1/events?after=2&limit=1")["data"].([]any)[0].(map[string]any)
	when(t, got["at"])
	delete(got, "at")
	connected := map[string]any{
		"number": 3.0, "type": "channel.connected", "owner_id": session["owner"].(map[string]any)["id"], "session_id": session["id"],
		"channel_id": session["channel_ids"].([]any)[0], "channel_seq": 1.0, "cause": "customer",
		"data": map[string]any{"platform": "garden", "kind": "page", "name": "Page 0"},
	}
	if diff := cmp.Diff(connected, got); diff != "" {
		t.Errorf("event (-want +got):\n%s", diff)
	}
}

// A question about the end of the log is held until there is something to tell.
func TestEventsAreWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, "")
	answered := make(chan answer, 1)
	go func() {
		got, err := w.try(w.key, "GET", "/v1/events?after=1&wait=60", "")
		if err != nil {
			t.Error(err)
		}
		answered <- got
	}()
	w.create(t, "") // before or while it is waited for
	if got := wantStatus(t, <-answered, 200); got.body["next"] != 2.0 || len(got.body["data"].([]any)) != 1 {
		t.Errorf("got %s, want the second event", got.text)
	}
	same(t, "what is there is told at once", w.get(t, "/v1/events?wait=60")["next"], any(2.0))
	same(t, "nothing came", w.get(t, "/v1/events?after=2&wait=1"), map[string]any{"data": []any{}, "next": 2.0})
	w.refuse(t, "GET", "/v1/events?wait=61", "", 422, "wait", "range")
	w.refuse(t, "GET", "/v1/events?wait=-1", "", 422, "wait", "range")
}
