package webhook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
)

const (
	dropBatch = 500
	// keptFor is how long a delivery that has ended can be looked at.
	keptFor = 30 * 24 * time.Hour
)

// DropDeliveries deletes the deliveries that ended 30 days ago, with their attempts. The
// caller runs it every few minutes.
func (s *Service) DropDeliveries(ctx context.Context) error {
	for {
		var dropped int
		err := s.inTx(ctx, func(tx Tx) (err error) {
			dropped, err = tx.DropDeliveries(ctx, s.now().Add(-keptFor), dropBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("drop old deliveries: %w", err)
		}
		if dropped < dropBatch || ctx.Err() != nil {
			return nil
		}
	}
}

// EndEndpoints drops what is still pending for endpoints where nothing is sent any more,
// and takes away what deleted ones leave. The caller runs it every few seconds. What an
// event added while its endpoint was being disabled is found here too.
func (s *Service) EndEndpoints(ctx context.Context) error {
	const most = 100
	ended, err := s.store.EndedEndpoints(ctx, most)
	if err != nil {
		return fmt.Errorf("endpoints that ended: %w", err)
	}
	for _, e := range ended {
		if ctx.Err() != nil {
			return nil
		}
		if e.State == stateDeleted {
			err = s.purge(ctx, e)
		} else {
			err = s.dropLeftovers(ctx, e.WorkspaceID, e.ID)
		}
		if err != nil && !errors.Is(err, fault.NotFound) {
			return fmt.Errorf("end endpoint %d: %w", e.ID, err)
		}
	}
	return nil
}

func (s *Service) purge(ctx context.Context, e Endpoint) error {
	for more := true; more && ctx.Err() == nil; {
		err := s.inTx(ctx, func(tx Tx) (err error) {
			more, err = tx.PurgeEndpoint(ctx, e.WorkspaceID, e.ID, dropBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropLeftovers drops the pending deliveries of an endpoint that is disabled.
func (s *Service) dropLeftovers(ctx context.Context, workspaceID, id int64) error {
	for dropped := dropBatch; dropped == dropBatch && ctx.Err() == nil; {
		err := s.inTx(ctx, func(tx Tx) error {
			dropped = 0
			e, err := tx.LockEndpoint(ctx, workspaceID, id)
			if err != nil || e.State != StateDisabled {
				return err
			}
			dropped, err = tx.DropPending(ctx, workspaceID, id, s.now(), dropBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
