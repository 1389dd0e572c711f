package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

const (
	// InFlightCap is how many requests one endpoint may hold at once, over all replicas: what
	// is slow there takes no more from the others.
	InFlightCap = 8
	// leaseTime outlasts a request and the writing down of what came of it.
	leaseTime = time.Minute
	// sendWithin is how long after the claim a request may still begin.
	sendWithin = leaseTime - requestTime - 15*time.Second
	// parkBatch is how many due deliveries one claim looks at for those behind others.
	parkBatch = 200
)

// Claim is a delivery that this process holds, to send it. Its body is durable.
type Claim struct {
	endpoint Endpoint
	delivery Delivery // as claimed: its Fence is ours alone
	until    time.Time
}

// DueEndpoints lists the ids of endpoints that have something due. Each is worked on by
// itself, so that a slow receiver delays no other.
func (s *Service) DueEndpoints(ctx context.Context) ([]int64, error) {
	const most = 100_000 // an index probe each
	ids, err := s.store.DueEndpoints(ctx, s.now(), most)
	if err != nil {
		return nil, fmt.Errorf("endpoints with something due: %w", err)
	}
	return ids, nil
}

// ClaimDue claims up to limit of an endpoint's due deliveries for Work or Deliver, fewer
// where other processes hold some. What is behind another delivery about its channel is
// parked, and what cannot or need not be sent ends here. looked tells how many it looked
// at; wait is for how long the endpoint is held.
func (s *Service) ClaimDue(ctx context.Context, endpointID int64, limit int) (claims []Claim, looked int, wait time.Duration, err error) {
	began := time.Now()
	err = s.inTx(ctx, func(tx Tx) error {
		claims, looked, wait = nil, 0, 0
		e, err := tx.LockEndpointByID(ctx, endpointID)
		if errors.Is(err, fault.NotFound) { // deleted meanwhile
			return nil
		}
		if err != nil {
			return err
		}
		if e.State == StateActive {
			wait = max(e.HeldUntil.Sub(s.now()), 0)
		}
		claims, looked, err = s.claimLocked(ctx, tx, e, limit, began)
		return err
	})
	return claims, looked, wait, err
}

// claimLocked is ClaimDue of a locked endpoint. began is before the transaction.
func (s *Service) claimLocked(ctx context.Context, tx Tx, e Endpoint, limit int, began time.Time) (claims []Claim, looked int, err error) {
	if e.State != StateActive || s.now().Before(e.HeldUntil) {
		return nil, 0, nil
	}
	flying, err := tx.InFlight(ctx, e.ID)
	if err != nil || flying >= InFlightCap {
		return nil, 0, err
	}
	parked, err := tx.ParkDeliveries(ctx, e.ID, s.now(), parkBatch)
	if err != nil {
		return nil, 0, err
	}
	due, err := tx.DueDeliveries(ctx, e.ID, s.now(), min(limit, InFlightCap-flying))
	if err != nil {
		return nil, 0, err
	}
	for _, d := range due {
		claim, ended, err := s.claim(ctx, tx, e, d)
		if err != nil {
			return nil, 0, fmt.Errorf("delivery %d: %w", d.ID, err)
		}
		if !ended {
			claim.until = began.Add(sendWithin)
			claims = append(claims, claim)
		}
	}
	return claims, parked + len(due), nil
}

// claim takes one delivery, with its body frozen; or ends it where there is nothing to send.
func (s *Service) claim(ctx context.Context, tx Tx, e Endpoint, due DueDelivery) (c Claim, ended bool, err error) {
	d, fence := due.Delivery, due.Fence
	d.Fence++
	d.UpdatedAt = s.now()
	if _, err := s.schemeOf(e); err != nil { // of a version that knew it
		d.State, d.Error = DeliveryFailed, "This server does not know the endpoint's scheme."
		return Claim{}, true, s.end(ctx, tx, d, fence)
	}
	if d.Body == nil && d.Kind != "" && !slices.Contains(connect.LastWords(), d.EventType) { // its owner was erased after it was written
		d.State = DeliverySkipped
		return Claim{}, true, s.end(ctx, tx, d, fence)
	}
	if d.Body == nil {
		var tells bool
		var trouble error
		d.Body, d.Kind, tells, trouble, err = s.encode(ctx, tx, e, d, due.Event)
		switch {
		case err != nil:
			return Claim{}, false, err
		case trouble != nil: // it would be the same the next time
			s.log.ErrorContext(ctx, "encode delivery", slog.Int64("delivery", d.ID), slog.Any("cause", trouble))
			d.State, d.Error = DeliveryFailed, "The event could not be written as a message."
		case !tells:
			d.State = DeliverySkipped
		}
		if d.State != DeliveryPending {
			return Claim{}, true, s.end(ctx, tx, d, fence)
		}
	}
	return Claim{endpoint: e, delivery: d}, false, tx.ClaimDelivery(ctx, d, fence, leaseTime)
}

// encode writes a delivery's message. trouble is the scheme's: it says nothing of the
// storage, and stays however often it is tried.
func (s *Service) encode(ctx context.Context, tx Tx, e Endpoint, d Delivery, event connect.Event) (body []byte, kind string, tells bool, trouble, err error) {
	scheme, err := s.schemeOf(e)
	if err != nil {
		return nil, "", false, err, nil
	}
	n := Notice{ID: d.MessageID(), Event: event}
	if _, bare := scheme.(interface{ eventOnly() }); !bare {
		if err := fill(ctx, tx, &n); err != nil {
			return nil, "", false, nil, err
		}
	}
	defer func() {
		if p := recover(); p != nil {
			trouble = fmt.Errorf("panic in the scheme %s: %v", e.Scheme, p)
		}
	}()
	body, kind, tells, trouble = scheme.Encode(n)
	return body, kind, tells, trouble, nil
}

// fill adds the event's channel and owner as they stand now. A channel that is somebody
// else's by now is left out: what became of it is not the event's owner's to know.
func fill(ctx context.Context, tx Tx, n *Notice) error {
	if n.Event.ChannelID != 0 {
		channel, owner, err := tx.ChannelAndOwner(ctx, n.Event.WorkspaceID, n.Event.ChannelID)
		switch {
		case err != nil && !errors.Is(err, fault.NotFound):
			return err
		case err == nil && (n.Event.OwnerID == 0 || n.Event.OwnerID == owner.ID):
			n.Channel, n.Owner = &channel, &owner
			return nil
		}
	}
	if n.Event.OwnerID != 0 {
		owner, err := tx.Owner(ctx, n.Event.WorkspaceID, n.Event.OwnerID)
		if err == nil {
			n.Owner = &owner
		} else if !errors.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// end writes a delivery that is over, and makes the next about its channel due.
func (s *Service) end(ctx context.Context, tx Tx, d Delivery, fence int64) error {
	d.NextAt, d.EndedAt = time.Time{}, s.now()
	if err := tx.SaveDelivery(ctx, d, fence); err != nil {
		return err
	}
	if d.ChannelID == 0 {
		return nil
	}
	_, err := tx.WakeDelivery(ctx, d.EndpointID, d.ChannelID, s.now())
	return err
}

// ReleaseDeliveries gives back the deliveries that a process before this one held: for a
// process that has the store to itself, before it begins to send.
func (s *Service) ReleaseDeliveries(ctx context.Context) error {
	if err := s.inTx(ctx, func(tx Tx) error { return tx.ReleaseDeliveries(ctx) }); err != nil {
		return fmt.Errorf("release deliveries: %w", err)
	}
	return nil
}
