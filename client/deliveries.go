package client

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"
)

// DeliveryState is how far one sending is.
type DeliveryState string

// The states. All but the first are final, and may be replayed.
const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed"  // every attempt failed
	DeliveryDropped   DeliveryState = "dropped" // the endpoint was disabled before
	DeliverySkipped   DeliveryState = "skipped" // its scheme has nothing to tell of the event
)

// Delivery is one sending of one event to one endpoint.
type Delivery struct {
	ID          int64         `json:"id"`
	EndpointID  int64         `json:"endpoint_id"`
	MessageID   string        `json:"message_id"`   // the webhook-id: the same for every attempt, endpoint and replay of an event
	EventNumber int64         `json:"event_number"` // 0: a test
	Type        string        `json:"type"`
	ChannelID   int64         `json:"channel_id"` // 0: about none
	ReplayID    int64         `json:"replay_id"`  // the replay that made it; 0: none
	State       DeliveryState `json:"state"`
	Attempts    int           `json:"attempts"`
	NextAt      time.Time     `json:"next_at,omitzero"` // zero: it has ended, or waits behind an earlier one about its channel
	Status      int           `json:"status"`           // HTTP, of the last attempt; 0: there was no answer
	Error       string        `json:"error"`            // of the last attempt, in English
	CreatedAt   time.Time     `json:"created_at"`
	UpdatedAt   time.Time     `json:"updated_at"`
	EndedAt     time.Time     `json:"ended_at,omitzero"` // zero while it is pending

	AttemptsLog []DeliveryAttempt `json:"attempts_log,omitempty"` // oldest first; in the answer to Get only
	Body        string            `json:"body,omitempty"`         // what is sent, byte for byte; in the answer to Get only
}

// DeliveryAttempt is one request of a delivery.
type DeliveryAttempt struct {
	Number int       `json:"number"` // from 1
	At     time.Time `json:"at"`
	TookMS int64     `json:"took_ms"` // milliseconds
	Status int       `json:"status"`  // HTTP; 0: there was no answer
	Error  string    `json:"error"`   // what went wrong, in English
	Answer string    `json:"answer"`  // how the answer's body begins
}

// DeliveryFilter narrows a list of deliveries; all that is set must hold.
type DeliveryFilter struct {
	EndpointID  int64
	State       DeliveryState
	EventNumber int64
	Type        string
	ChannelID   int64
	ListOptions
}

func (f DeliveryFilter) query() url.Values {
	q := f.ListOptions.query()
	for name, id := range map[string]int64{"endpoint": f.EndpointID, "event": f.EventNumber, "channel": f.ChannelID} {
		if id != 0 {
			q.Set(name, strconv.FormatInt(id, 10))
		}
	}
	put(q, "state", string(f.State))
	put(q, "type", f.Type)
	return q
}

// Deliveries are what was sent and what waits to be. All need a key that is bound to no
// owner.
type Deliveries struct{ w *wire }

// List reads one page, the newest first; scope endpoints:read.
func (d *Deliveries) List(ctx context.Context, f DeliveryFilter) (Page[Delivery], error) {
	return list[Delivery](ctx, d.w, "/v1/deliveries", f.query())
}

// All yields every delivery, the newest first, asking for a page at a time. It ends after
// an error.
func (d *Deliveries) All(ctx context.Context, f DeliveryFilter) iter.Seq2[Delivery, error] {
	return every[Delivery](ctx, d.w, "/v1/deliveries", f.query())
}

// Get reads a delivery with its attempts and its body; scope endpoints:read.
func (d *Deliveries) Get(ctx context.Context, id int64) (Delivery, error) {
	return get[Delivery](ctx, d.w, fmt.Sprintf("/v1/deliveries/%d", id))
}

// Replay sends a delivery's event again, as a delivery of its own with the same message id;
// [Conflict] for a disabled endpoint. Scope endpoints:write.
func (d *Deliveries) Replay(ctx context.Context, id int64) (Delivery, error) {
	return post[Delivery](ctx, d.w, fmt.Sprintf("/v1/deliveries/%d/replay", id), struct{}{})
}
