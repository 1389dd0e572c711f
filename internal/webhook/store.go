package webhook

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
)

// Store is the storage that webhooks need, beside the core's: the same transactions.
type Store interface {
	connect.Store
	Reader
}

// Tx is one transaction of the core's that can write webhooks too. connect.Store.InTx stays
// the one way into a transaction, so that an endpoint and its audit entry, or its end and
// the event that tells of it, are one.
type Tx interface {
	connect.Tx
	Reader
	EndpointWriter
	DeliveryWriter
	ReplayWriter
}

// writer is the one place where a transaction of the core's is taken for what it is. The
// store says at compile time that its transactions are both.
func writer(tx connect.Tx) Tx {
	w, ok := tx.(Tx)
	if !ok {
		panic(fmt.Sprintf("a transaction of %T cannot write webhooks", tx)) // wired wrongly
	}
	return w
}

// Reader is what can be asked. What belongs to another workspace, and an endpoint that was
// deleted, is fault.NotFound.
type Reader interface {
	Endpoint(ctx context.Context, workspaceID, id int64) (Endpoint, error)
	// Endpoints lists by ascending id, those with an id above after, at most limit.
	Endpoints(ctx context.Context, workspaceID, after int64, limit int) ([]Endpoint, error)
	Delivery(ctx context.Context, workspaceID, id int64) (Delivery, error)
	// Deliveries lists by descending id, those with an id below before (0: all), at most
	// limit; without their bodies.
	Deliveries(ctx context.Context, workspaceID int64, f DeliveryFilter, before int64, limit int) ([]Delivery, error)
	DeliveryAttempts(ctx context.Context, workspaceID, deliveryID int64) ([]Attempt, error) // in order
	// Replay counts Delivered, Failed, Skipped and Dropped too.
	Replay(ctx context.Context, workspaceID, id int64) (Replay, error)
	// LastEvent is the number of the workspace's last event; 0: there is none.
	LastEvent(ctx context.Context, workspaceID int64) (int64, error)
	// RunningReplays lists those of all workspaces by ascending id, at most limit.
	RunningReplays(ctx context.Context, limit int) ([]Replay, error)
	// DueEndpoints lists the ids of active endpoints, of all workspaces, that are not held
	// and have a delivery due.
	DueEndpoints(ctx context.Context, now time.Time, limit int) ([]int64, error)
	// EndedEndpoints lists endpoints, of all workspaces, that are not active and have
	// pending deliveries, or are deleted.
	EndedEndpoints(ctx context.Context, limit int) ([]Endpoint, error)
}

// EndpointWriter changes endpoints.
type EndpointWriter interface {
	InsertEndpoint(ctx context.Context, e Endpoint) (Endpoint, error)
	// CountEndpoints counts the workspace's and keeps others from counting them until the
	// transaction ends.
	CountEndpoints(ctx context.Context, workspaceID int64) (int, error)
	// LockEndpoint reads an endpoint and keeps others from changing it, and from claiming,
	// parking, waking and ending its deliveries, until the transaction ends. Events go on
	// adding some.
	LockEndpoint(ctx context.Context, workspaceID, id int64) (Endpoint, error)
	// LockEndpointByID is LockEndpoint whosever it is.
	LockEndpointByID(ctx context.Context, id int64) (Endpoint, error)
	// UpdateEndpoint writes everything but the ids, OwnerID, Scheme, Sealed and CreatedAt.
	UpdateEndpoint(ctx context.Context, e Endpoint) error
	// SetHeard writes what the endpoint hears, in the core's words: event types, families
	// ("channel.*"), "*".
	SetHeard(ctx context.Context, workspaceID, id int64, types []string) error
	SealEndpoint(ctx context.Context, workspaceID, id int64, sealed []byte) error
	// EmptyEndpoint makes an endpoint deleted: what it was is gone, the row stays until its
	// deliveries are taken away.
	EmptyEndpoint(ctx context.Context, workspaceID, id int64, at time.Time) error
	// PurgeEndpoint takes up to limit deliveries of a deleted endpoint away, and the row
	// when none is left; more tells whether there are some left.
	PurgeEndpoint(ctx context.Context, workspaceID, id int64, limit int) (more bool, err error)
}

// DueDelivery is one that may be sent now, with its event. The event is empty for a test.
type DueDelivery struct {
	Delivery
	Event connect.Event
}

// DeliveryWriter changes deliveries. Those of an endpoint are claimed, parked, woken, saved
// and dropped with the endpoint locked.
type DeliveryWriter interface {
	InsertDelivery(ctx context.Context, d Delivery) (Delivery, error)
	// InFlight counts the endpoint's deliveries that somebody holds by the database's clock.
	InFlight(ctx context.Context, endpointID int64) (int, error)
	// ParkDeliveries takes those out of the endpoint's due ones, the longest due first, that
	// are behind an earlier pending one about the same channel, until they are woken. It
	// looks at limit and tells how many it parked.
	ParkDeliveries(ctx context.Context, endpointID int64, now time.Time, limit int) (int, error)
	// DueDeliveries lists the endpoint's due deliveries that nobody holds and that are
	// behind no other, the longest due first.
	DueDeliveries(ctx context.Context, endpointID int64, now time.Time, limit int) ([]DueDelivery, error)
	// ClaimDelivery writes Fence, Kind, Body and UpdatedAt, and a lease that ends by the database's
	// clock after lease, provided that the stored fence is fence; else fault.Conflict.
	ClaimDelivery(ctx context.Context, d Delivery, fence int64, lease time.Duration) error
	// FreezeDelivery writes Kind and Body alone.
	FreezeDelivery(ctx context.Context, d Delivery) error
	// SaveDelivery writes Fence, State, Attempts, NextAt, Status, Error, UpdatedAt and EndedAt, and gives
	// back the lease, provided that the stored fence is fence; else fault.Conflict.
	SaveDelivery(ctx context.Context, d Delivery, fence int64) error
	// WakeDelivery makes the first pending delivery about the channel due, if it is parked,
	// and tells whether it did. It is changed by that, for RebaseDeliveries.
	WakeDelivery(ctx context.Context, endpointID, channelID int64, now time.Time) (bool, error)
	// InsertDeliveryAttempt leaves out the answer where the delivery has no body any more.
	InsertDeliveryAttempt(ctx context.Context, workspaceID int64, a Attempt) error
	// DropPending drops up to limit pending deliveries of the endpoint that nobody holds,
	// and tells how many.
	DropPending(ctx context.Context, workspaceID, endpointID int64, at time.Time, limit int) (int, error)
	// HastenDeliveries makes due what the endpoint is to be sent later.
	HastenDeliveries(ctx context.Context, workspaceID, endpointID int64, now time.Time) error
	// RebaseDeliveries has pending deliveries that were last changed more than a second after
	// now, which a clock that was set back makes of the past, wait from now on for as long as
	// they were to wait, and lets go of endpoints that are held for longer than longest. It
	// tells how many deliveries.
	RebaseDeliveries(ctx context.Context, now time.Time, longest time.Duration) (int, error)
	// ReleaseDeliveries gives back every lease: for a process that has the store to itself.
	ReleaseDeliveries(ctx context.Context) error
	// DropDeliveries deletes up to limit deliveries that ended before a time, with their
	// attempts, and tells how many.
	DropDeliveries(ctx context.Context, before time.Time, limit int) (int, error)
}

// ReplayWriter changes replays.
type ReplayWriter interface {
	// InsertReplay is fault.Conflict while another one of the endpoint runs.
	InsertReplay(ctx context.Context, r Replay) (Replay, error)
	// LockReplay reads one and keeps others from changing it until the transaction ends.
	LockReplay(ctx context.Context, workspaceID, id int64) (Replay, error)
	// UpdateReplay writes State, Cursor, Queued and UpdatedAt.
	UpdateReplay(ctx context.Context, r Replay) error
	// LockEvents keeps others from adding events to the workspace, and with them deliveries,
	// until the transaction ends. It comes last: whoever adds events waits for it.
	LockEvents(ctx context.Context, workspaceID int64) error
	// QueueReplay makes deliveries of the replay's events above its Cursor and up to a
	// number that the endpoint hears, in order, and tells how many. With FailedOnly those
	// are left out that the endpoint was told, is about to be told, or has nothing to be
	// told of.
	QueueReplay(ctx context.Context, r Replay, upTo int64, at time.Time) (int, error)
}
