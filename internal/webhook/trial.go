package webhook

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// Tested is what a test message met.
type Tested struct {
	Delivery Delivery
	Attempt  Attempt
}

// TestEndpoint sends a message of the type EventTest now, once, and tells what came of it.
// It works for a disabled endpoint too, and says nothing of how the endpoint does.
func (s *Service) TestEndpoint(ctx context.Context, c connect.Caller, id int64) (Tested, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsWrite); err != nil {
		return Tested{}, err
	}
	e, d, err := s.beginTest(ctx, c, id)
	if err != nil {
		return Tested{}, fmt.Errorf("test endpoint %d: %w", id, err)
	}
	ctx = context.WithoutCancel(ctx)
	a, reply := s.send(ctx, e, d)
	scheme, err := s.schemeOf(e)
	if err != nil {
		return Tested{}, err
	}
	d.Attempts, a.Number = 1, 1
	d.Status, d.Error, d.UpdatedAt, d.EndedAt = a.Status, a.Error, s.now(), s.now()
	if scheme.Accept(reply) == VerdictDelivered {
		d.State, d.Error = DeliveryDelivered, ""
	}
	err = s.inTx(ctx, func(tx Tx) error {
		if err := tx.SaveDelivery(ctx, d, d.Fence); err != nil {
			return err
		}
		return tx.InsertDeliveryAttempt(ctx, d.WorkspaceID, a)
	})
	if err != nil {
		return Tested{}, fmt.Errorf("test endpoint %d: %w", id, err)
	}
	return Tested{Delivery: d, Attempt: a}, nil
}

// beginTest writes the delivery down as failed: it is no part of the queue, and when this
// process dies before the answer, that is what it was.
func (s *Service) beginTest(ctx context.Context, c connect.Caller, id int64) (e Endpoint, d Delivery, err error) {
	err = s.inTx(ctx, func(tx Tx) error {
		if e, err = tx.Endpoint(ctx, c.WorkspaceID, id); err != nil {
			return err
		}
		now := s.now()
		d, err = tx.InsertDelivery(ctx, Delivery{
			WorkspaceID: e.WorkspaceID, EndpointID: e.ID, EventType: EventTest, State: DeliveryFailed,
			Error: "The server stopped while it was being sent.", CreatedAt: now, UpdatedAt: now, EndedAt: now,
		})
		if err != nil {
			return err
		}
		data, err := EncodeJSON(map[string]any{"endpoint_id": e.ID})
		if err != nil {
			return err
		}
		event := connect.Event{WorkspaceID: e.WorkspaceID, Type: EventTest, Cause: connect.CauseIntegration, Data: data, At: now}
		var tells bool
		var trouble error
		if d.Body, d.Kind, tells, trouble, err = s.encode(ctx, tx, e, d, event); err != nil || trouble != nil {
			return errors.Join(err, trouble)
		}
		if !tells {
			return fault.New(fault.Unsupported, "no_test", "The scheme of this endpoint has no test message.")
		}
		if err := tx.FreezeDelivery(ctx, d); err != nil {
			return err
		}
		return s.record(tx, c, connect.AuditEndpointTested, map[string]any{"endpoint_id": e.ID, "delivery_id": d.ID})
	})
	return e, d, err
}
