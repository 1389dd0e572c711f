package cli_test

import (
	"fmt"
	"strings"
	"testing"
)

func deliveryJSON(id int, state, more string) string {
	return fmt.Sprintf(`{"id":%d,"endpoint_id":2,"message_id":"evt_1_129","event_number":129,"type":"channel.connected","channel_id":5,"replay_id":null,"state":%q,"attempts":2,
		"next_at":null,"status":500,"error":"it answered 500","created_at":"2026-03-01T09:31:12.480Z","updated_at":"2026-03-01T09:31:12.480Z","ended_at":null%s}`, id, state, more)
}

func TestDeliveriesList(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	calls := f.answer("GET /v1/deliveries", 200, `{"data":[`+deliveryJSON(91, "pending", "")+`,`+deliveryJSON(90, "failed", "")+`],"next_cursor":"x"}`)
	parked := f.run(t, "deliveries", "list", "--limit", "2")
	wantContains(t, "next attempt of one that waits behind another", parked.stdout, "behind another")
	if n := strings.Count(parked.stdout, "behind another"); n != 1 {
		t.Errorf("got %d that wait behind another, want the pending one alone", n)
	}
	*calls = nil
	got := f.run(t, strings.Fields("deliveries list --endpoint 2 --state failed --event 129 --type channel.connected --channel 5 --limit 2")...)
	wantContains(t, "stdout", got.stdout, "91", "pending", "failed", "evt_1_129", "it answered 500")
	wantContains(t, "stderr", got.stderr, "There are more than these 2")
	wantContains(t, "query", (*calls)[0].query, "endpoint=2", "state=failed", "event=129", "type=channel.connected", "channel=5", "limit=2")
	wantLine(t, f.run(t, "deliveries", "list", "--json", "--limit", "2"))
	f.answer("GET /v1/deliveries", 200, `{"data":[],"next_cursor":null}`)
	wantContains(t, "stderr", f.run(t, "deliveries", "list").stderr, "None.", "endpoints list")
	if got := f.run(t, "deliveries", "list", "--state", "lost"); got.code != 2 {
		t.Errorf("a state that does not exist: got exit %d, want 2", got.code)
	}
}

func TestDeliveriesShow(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	log := `,"attempts_log":[{"number":1,"at":"2026-03-01T09:31:12.480Z","took_ms":15000,"status":null,"error":"no answer within 15 seconds","answer":null},
		{"number":2,"at":"2026-03-01T09:31:17.480Z","took_ms":83,"status":500,"error":"it answered 500","answer":"oops\u001b[2J\nline"}]`
	f.answer("GET /v1/deliveries/90", 200, deliveryJSON(90, "failed", log+`,"body":"{\"type\":\"channel.connected\",\"data\":{\"name\":\"<b>\"}}"`))
	got := f.run(t, "deliveries", "show", "90")
	wantContains(t, "stdout", got.stdout, "Delivery 90 channel.connected failed", "evt_1_129", "15s", "no answer within", "500 Internal Server Error", "oops[2J line", `  "type": "channel.connected"`, `"name": "<b>"`)
	wantLacks(t, "stdout", got.stdout, "\x1b")
	wantLine(t, f.run(t, "deliveries", "show", "90", "--json"))
	f.answer("GET /v1/deliveries/90", 200, deliveryJSON(90, "pending", `,"attempts_log":[],"body":null`))
	wantContains(t, "stdout", f.run(t, "deliveries", "show", "90").stdout, "after an earlier one about the same channel", "No body")
	wantContains(t, "stderr", f.run(t, "deliveries", "show", "99").stderr, "there is no delivery 99")
}

func TestDeliveriesReplay(t *testing.T) {
	t.Parallel()
	f := newFakeAPI(t)
	calls := f.answer("POST /v1/deliveries/90/replay", 200, deliveryJSON(95, "pending", ""))
	got := f.run(t, "deliveries", "replay", "90")
	wantCall(t, calls, `{}`)
	wantContains(t, "stdout", got.stdout, "Delivery 95 sends evt_1_129 to endpoint 2 again", "deliveries show 95")
	wantLine(t, f.run(t, "deliveries", "replay", "90", "--json"))
}
