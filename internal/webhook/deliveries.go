package webhook

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// DeliveryFilter narrows a list. Zero values do not narrow.
type DeliveryFilter struct {
	EndpointID  int64
	State       DeliveryState
	EventNumber int64
	EventType   string
	ChannelID   int64
}

// Deliveries lists by descending id, those below before (0: from the newest). They come
// without bodies.
func (s *Service) Deliveries(ctx context.Context, c connect.Caller, f DeliveryFilter, before int64, limit int) ([]Delivery, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsRead); err != nil {
		return nil, err
	}
	return s.store.Deliveries(ctx, c.WorkspaceID, f, before, limit)
}

// Delivery finds one, with its attempts, oldest first.
func (s *Service) Delivery(ctx context.Context, c connect.Caller, id int64) (Delivery, []Attempt, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsRead); err != nil {
		return Delivery{}, nil, err
	}
	d, err := s.store.Delivery(ctx, c.WorkspaceID, id)
	if err != nil {
		return Delivery{}, nil, err
	}
	attempts, err := s.store.DeliveryAttempts(ctx, c.WorkspaceID, id)
	return d, attempts, err
}

// errDisabled answers who wants something sent to an endpoint where nothing is sent.
var errDisabled = fault.New(fault.Conflict, "endpoint_disabled", "This endpoint is disabled. Set its state to active first.")

// ReplayDelivery sends one delivery's event again, as a delivery of its own.
func (s *Service) ReplayDelivery(ctx context.Context, c connect.Caller, id int64) (Delivery, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsWrite); err != nil {
		return Delivery{}, err
	}
	var again Delivery
	err := s.inTx(ctx, func(tx Tx) error {
		d, err := tx.Delivery(ctx, c.WorkspaceID, id)
		if err != nil {
			return err
		}
		e, err := tx.LockEndpoint(ctx, c.WorkspaceID, d.EndpointID)
		switch {
		case err != nil:
			return err
		case d.EventNumber == 0:
			return fault.New(fault.Conflict, "delivery_is_test", "A test is not sent again. Send another one.")
		case e.State != StateActive:
			return errDisabled
		}
		now := s.now()
		again, err = tx.InsertDelivery(ctx, Delivery{
			WorkspaceID: d.WorkspaceID, EndpointID: d.EndpointID, EventNumber: d.EventNumber, EventType: d.EventType, ChannelID: d.ChannelID,
			State: DeliveryPending, NextAt: now, CreatedAt: now, UpdatedAt: now,
		})
		if err != nil {
			return err
		}
		return s.record(tx, c, connect.AuditDeliveryReplayed, map[string]any{"delivery_id": id, "endpoint_id": d.EndpointID, "as": again.ID})
	})
	if err != nil {
		return Delivery{}, fmt.Errorf("replay delivery %d: %w", id, err)
	}
	s.nudge(again.EndpointID)
	return again, nil
}
