package webhooks_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// truth is what the API told, what the database holds, what the receivers saw, and when
// the program died.
type truth struct {
	Spaces  []spaceTruth
	Strayed int // requests that came by a redirect
	Deaths  []death
}

// spaceTruth is one workspace.
type spaceTruth struct {
	ID        int64
	Events    []event // since the endpoints were made
	Channels  []channelTruth
	Endpoints []endpointTruth
}

// event is one of GET /v1/events.
type event struct {
	Number  int64
	Channel int64
	Type    string
	Body    string // as a message must tell it
}

// channelTruth is how often a channel was changed.
type channelTruth struct {
	ID           int64
	Told, Untold int
}

// endpointTruth is one receiver: what the database holds of its deliveries, and its log.
type endpointTruth struct {
	ID    int64
	Kind  string
	State string
	Rows  []row
	Log   []arrival
}

// row is a delivery.
type row struct {
	Event    int64
	State    string
	Attempts []attempt
}

// attempt is a request whose outcome was written down.
type attempt struct {
	At     time.Time // of its sending, in whole milliseconds
	Status int
}

func (w *world) truth(t testing.TB) truth {
	t.Helper()
	all := truth{Deaths: w.deaths, Strayed: len(w.farm.strayed.log())}
	for _, s := range w.spaces {
		one := spaceTruth{ID: s.id}
		for _, e := range w.events(t, s) {
			if e.Number > s.since {
				one.Events = append(one.Events, e)
			}
		}
		for _, c := range s.channels {
			one.Channels = append(one.Channels, channelTruth{c.id, c.told, c.untold})
		}
		rows, states := w.rows(t, s), w.states(t, s)
		for _, e := range s.endpoints {
			one.Endpoints = append(one.Endpoints, endpointTruth{e.id, e.kind, states[e.id], rows[e.id], e.log()})
		}
		all.Spaces = append(all.Spaces, one)
	}
	return all
}

// events reads the whole log of a workspace.
func (w *world) events(t testing.TB, s *space) (all []event) {
	t.Helper()
	for after := int64(0); ; {
		var page struct {
			Data []json.RawMessage
			Next int64
		}
		w.call(t, s.key, http.MethodGet, fmt.Sprintf("/v1/events?limit=200&after=%d", after), nil, &page)
		for _, raw := range page.Data {
			var e struct {
				e2e.Event
				At string
			}
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			one := event{Number: e.Number, Type: e.Type, Body: fmt.Sprintf(`{"type":%q,"timestamp":%q,"data":%s}`, e.Type, e.At, raw)}
			if e.ChannelID != nil {
				one.Channel = *e.ChannelID
			}
			all = append(all, one)
		}
		if len(page.Data) == 0 {
			return all
		}
		after = page.Next
	}
}

// rows reads the deliveries of a workspace by endpoint, in the order of their events.
func (w *world) rows(t testing.TB, s *space) map[int64][]row {
	t.Helper()
	rows, err := w.db.QueryContext(t.Context(), `
		SELECT d.id, d.endpoint_id, d.event_number, d.state, a.at, a.status
		FROM deliveries d LEFT JOIN delivery_attempts a ON a.workspace_id = d.workspace_id AND a.delivery_id = d.id
		WHERE d.workspace_id = $1 ORDER BY d.endpoint_id, d.event_number, d.id, a.number`, s.id)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	all, last := map[int64][]row{}, int64(0)
	for rows.Next() {
		var id, endpoint int64
		var one row
		var at, status *int64
		if err := rows.Scan(&id, &endpoint, &one.Event, &one.State, &at, &status); err != nil {
			t.Fatal(err)
		}
		if id != last {
			all[endpoint], last = append(all[endpoint], one), id
		}
		if list := all[endpoint]; at != nil {
			d := &list[len(list)-1]
			d.Attempts = append(d.Attempts, attempt{time.UnixMilli(*at), int(*status)})
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func (w *world) states(t testing.TB, s *space) map[int64]string {
	t.Helper()
	var page struct {
		Data []struct {
			ID    int64
			State string
		}
	}
	w.call(t, s.key, http.MethodGet, "/v1/endpoints?limit=200", nil, &page)
	states := map[int64]string{}
	for _, e := range page.Data {
		states[e.ID] = e.State
	}
	return states
}
