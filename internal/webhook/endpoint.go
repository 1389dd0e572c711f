package webhook

import (
	"time"

	"patchbay/internal/vault"
)

// EndpointState tells whether anything is sent.
type EndpointState string

const (
	StateActive   EndpointState = "active"
	StateDisabled EndpointState = "disabled" // see Endpoint.Reason
	stateDeleted  EndpointState = "deleted"  // it waits for its deliveries to be taken away; nobody sees it
)

// Why an endpoint is disabled.
const (
	ReasonGone     = "gone"     // it answered 410
	ReasonFailing  = "failing"  // nothing but failures for as long as its scheme bears
	ReasonOperator = "disabled" // somebody asked for it
)

// Endpoint is an address of the application's where a workspace's events are sent.
type Endpoint struct {
	ID           int64
	WorkspaceID  int64
	OwnerID      int64    // only events of this owner; 0: of all
	URL          string   // https; at most 2048 bytes
	Types        []string // event types in the scheme's words, "channel.connected" or "channel.*"; empty: all
	Scheme       string   // SchemeStandard, or a dialect's
	Description  string
	State        EndpointState
	Reason       string    // of StateDisabled; else empty
	Sealed       []byte    // its secrets
	Failures     int       // in a row
	FailingSince time.Time // the first failure since the last success; zero: it works, or nothing was sent yet
	SucceededAt  time.Time
	FailedAt     time.Time
	HeldUntil    time.Time // nothing is sent before: it asked for that, or is overloaded; zero: it is not held
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Place binds the secrets to the row.
func (e Endpoint) Place() vault.Place {
	return vault.Place{Workspace: e.WorkspaceID, Table: "endpoints", Row: e.ID, Field: "secrets"}
}

// DeliveryState is how far one sending is.
type DeliveryState string

const (
	DeliveryPending   DeliveryState = "pending"
	DeliveryDelivered DeliveryState = "delivered"
	DeliveryFailed    DeliveryState = "failed"  // the schedule is over; may be replayed
	DeliveryDropped   DeliveryState = "dropped" // its endpoint was disabled before it could be sent; may be replayed
	DeliverySkipped   DeliveryState = "skipped" // its scheme has nothing to tell of the event, or its owner was erased before it could be sent
)

// Delivery is one sending of one event to one endpoint. Retries are its attempts; a
// replay is a delivery of its own, with the same message id.
type Delivery struct {
	ID          int64
	WorkspaceID int64
	EndpointID  int64
	EventNumber int64  // 0: a test
	EventType   string // in the core's words
	ChannelID   int64  // 0: none. Deliveries about one channel go out in order
	ReplayID    int64  // the replay that made it; 0: none
	State       DeliveryState
	Attempts    int
	NextAt      time.Time // of a pending one; zero: it waits behind an earlier one of its channel
	Kind        string    // the type in the scheme's words; empty before the first encoding
	Body        []byte    // frozen at the first encoding; nil before, and once its owner was erased
	Status      int       // HTTP, of the last attempt; 0: no answer
	Error       string    // of the last attempt, a sentence without secrets; empty: none
	Fence       int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
	EndedAt     time.Time // zero while pending
}

// MessageID is what the receiver knows the event by: the same on every retry, to every
// endpoint and on every replay.
func (d Delivery) MessageID() string { return messageID(d.WorkspaceID, d.EventNumber, d.ID) }

// Attempt is one request of a delivery.
type Attempt struct {
	DeliveryID int64
	Number     int // from 1
	At         time.Time
	Took       time.Duration
	Status     int    // 0: no answer
	Error      string // a sentence without secrets
	Answer     string // the first bytes of the answer's body, at most 1 KiB, printable
}

// ReplayState is how far a replay is.
type ReplayState string

const (
	ReplayRunning ReplayState = "running"
	ReplayDone    ReplayState = "done"
)

// Replay sends a range of events to an endpoint again.
type Replay struct {
	ID          int64
	WorkspaceID int64
	EndpointID  int64
	After       int64 // events above this number
	Until       int64 // and up to this one
	FailedOnly  bool  // only what the endpoint was not told yet
	State       ReplayState
	Cursor      int64 // the last event number looked at
	Events      int64 // to look at in all
	Queued      int64 // deliveries made so far
	Delivered   int64 // of them, as the three below; counted when asked, the others are pending
	Failed      int64
	Skipped     int64 // the endpoint's scheme has nothing to tell of them
	Dropped     int64 // the endpoint was disabled before
	CreatedAt   time.Time
	UpdatedAt   time.Time
}
