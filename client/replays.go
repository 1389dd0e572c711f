package client

import (
	"context"
	"fmt"
	"time"
)

// NewReplay asks for a range of events to be sent again. The zero value asks for all of
// them.
type NewReplay struct {
	After      int64     `json:"after,omitempty"`       // events above this number; 0: from the first, with FailedOnly those of the last 30 days
	Until      int64     `json:"until,omitempty"`       // up to this number; 0: up to the last there is now
	Since      time.Time `json:"since,omitzero"`        // in place of After: events at or after it
	FailedOnly bool      `json:"failed_only,omitempty"` // only what the endpoint has not taken yet
}

// ReplayState is how far a replay is.
type ReplayState string

// The states.
const (
	ReplayRunning ReplayState = "running"
	ReplayDone    ReplayState = "done" // every delivery was made; some may still be pending
)

// Replay sends a range of events to an endpoint again.
type Replay struct {
	ID         int64       `json:"id"`
	EndpointID int64       `json:"endpoint_id"`
	After      int64       `json:"after"`
	Until      int64       `json:"until"`
	FailedOnly bool        `json:"failed_only"`
	State      ReplayState `json:"state"`
	Events     int64       `json:"events"`    // to look at in all
	LookedAt   int64       `json:"looked_at"` // of them, so far
	Queued     int64       `json:"queued"`    // deliveries made so far
	Delivered  int64       `json:"delivered"` // of these
	Failed     int64       `json:"failed"`    // of these, for good
	Skipped    int64       `json:"skipped"`   // of these; the endpoint's scheme has nothing to tell of them
	Dropped    int64       `json:"dropped"`   // of these; the endpoint was disabled before they were sent
	CreatedAt  time.Time   `json:"created_at"`
	UpdatedAt  time.Time   `json:"updated_at"`
}

// Replays send events again. Both need a key that is bound to no owner.
type Replays struct{ w *wire }

// Create begins a replay; [Conflict] while another one of the endpoint runs, and for a
// disabled endpoint. Scope endpoints:write.
func (r *Replays) Create(ctx context.Context, endpointID int64, n NewReplay, options ...CreateOption) (Replay, error) {
	return create[Replay](ctx, r.w, fmt.Sprintf("/v1/endpoints/%d/replays", endpointID), n, options)
}

// Get tells how far a replay is; scope endpoints:read.
func (r *Replays) Get(ctx context.Context, id int64) (Replay, error) {
	return get[Replay](ctx, r.w, fmt.Sprintf("/v1/replays/%d", id))
}
