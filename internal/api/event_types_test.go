package api

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

func TestTheDocumentListsEveryTypeOfEvent(t *testing.T) {
	t.Parallel()
	var listed []string
	for _, row := range eventTypes {
		if row.tells == "" {
			t.Errorf("%s: says nothing", row.name)
		}
		listed = append(listed, row.name)
	}
	want := slices.Sorted(slices.Values(connect.EventTypes()))
	if slices.Sort(listed); !slices.Equal(listed, want) {
		t.Errorf("got %q, want %q", listed, want)
	}
}

// A message has the event exactly as it is listed.
func TestAnEventIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for _, e := range []connect.Event{
		{Number: 1, Type: connect.EventSessionCreated, Cause: connect.CauseIntegration, At: time.UnixMilli(1772357400123)},
		{Number: 2, Type: connect.EventChannelConnected, OwnerID: 3, SessionID: 4, ChannelID: 5, ChannelSeq: 6, Cause: connect.CauseCustomer, Data: []byte(`{"name":"<&>"}`), At: time.UnixMilli(1772357400000)},
	} {
		here, err := json.Marshal(toEvent(e))
		if err != nil {
			t.Fatal(err)
		}
		there, err := json.Marshal(webhook.ToJSON(e))
		if err != nil {
			t.Fatal(err)
		}
		if string(here) != string(there) {
			t.Errorf("got %s, want as in a message: %s", here, there)
		}
	}
}
