package webhook

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// replayBatch is how many events of a replay one transaction looks at: few enough that
// what happens meanwhile does not wait for it.
const replayBatch = 200

// ReplayRequest asks for events to be sent again.
type ReplayRequest struct {
	EndpointID int64
	After      int64     // event number; 0: from the first
	Until      int64     // event number; 0: up to the last there is now
	Since      time.Time // in place of After: events at or after it
	FailedOnly bool      // without After and Since: of those that may still be known as delivered
}

// StartReplay begins to send a range of events again, in order. fault.Conflict while
// another replay of the endpoint runs, and for a disabled endpoint.
func (s *Service) StartReplay(ctx context.Context, c connect.Caller, r ReplayRequest, once connect.Once[Replay]) (Replay, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsWrite); err != nil {
		return Replay{}, err
	}
	if err := checkReplay(r); err != nil {
		return Replay{}, err
	}
	started, err := connect.Effect(ctx, s.core, c, once, func(tx connect.Tx) (Replay, error) {
		made, err := s.insertReplay(ctx, writer(tx), c.WorkspaceID, r)
		if err != nil {
			return Replay{}, err
		}
		return made, s.record(tx, c, connect.AuditDeliveryReplayed, map[string]any{
			"endpoint_id": made.EndpointID, "replay_id": made.ID, "after": made.After, "until": made.Until, "failed_only": made.FailedOnly,
		})
	})
	if err != nil {
		return Replay{}, fmt.Errorf("replay to endpoint %d: %w", r.EndpointID, err)
	}
	return started, nil
}

func checkReplay(r ReplayRequest) error {
	switch {
	case r.After < 0:
		return fault.InvalidField("after", "range", "must not be below 0")
	case r.Until < 0:
		return fault.InvalidField("until", "range", "must not be below 0")
	case r.After != 0 && !r.Since.IsZero():
		return fault.InvalidField("since", "ambiguous", "takes the place of after: name one of them")
	case r.Until != 0 && r.Until <= r.After:
		return fault.InvalidField("until", "range", "must be above after")
	}
	return nil
}

func (s *Service) insertReplay(ctx context.Context, tx Tx, workspaceID int64, r ReplayRequest) (Replay, error) {
	e, err := tx.LockEndpoint(ctx, workspaceID, r.EndpointID)
	if err != nil {
		return Replay{}, err
	}
	if e.State != StateActive {
		return Replay{}, errDisabled
	}
	if r.FailedOnly && r.After == 0 && r.Since.IsZero() { // of what is older nobody knows that it was taken
		r.Since = s.now().Add(-keptFor)
	}
	after, until, err := rangeOf(ctx, tx, workspaceID, r)
	if err != nil {
		return Replay{}, err
	}
	now := s.now()
	row := Replay{
		WorkspaceID: workspaceID, EndpointID: e.ID, After: after, Until: until, FailedOnly: r.FailedOnly, State: ReplayRunning,
		Cursor: after, CreatedAt: now, UpdatedAt: now,
	}
	if until <= after {
		row.State = ReplayDone
	}
	row, err = tx.InsertReplay(ctx, row)
	if errors.Is(err, fault.Conflict) {
		return Replay{}, fault.New(fault.Conflict, "replay_running", "Another replay to this endpoint still runs. Wait until it is done.")
	}
	return row, err
}

// rangeOf is which events a replay is about: those above after, up to until.
func rangeOf(ctx context.Context, tx Tx, workspaceID int64, r ReplayRequest) (after, until int64, err error) {
	last, err := tx.LastEvent(ctx, workspaceID) // those of transactions under way reach the endpoint by themselves
	if err != nil {
		return 0, 0, err
	}
	after, until = r.After, last
	if r.Until != 0 {
		until = min(r.Until, last)
	}
	if !r.Since.IsZero() {
		after, err = lastBefore(ctx, tx, workspaceID, last, r.Since)
	}
	return min(after, until), until, err
}

// lastBefore finds the last event before a time. Numbers and times go up together, but
// for a clock that was set back.
func lastBefore(ctx context.Context, tx Tx, workspaceID, last int64, since time.Time) (int64, error) {
	var trouble error
	n := sort.Search(int(last), func(i int) bool {
		events, err := tx.Events(ctx, workspaceID, int64(i), 1)
		if err != nil || len(events) == 0 {
			trouble = errors.Join(trouble, err)
			return true
		}
		return !events[0].At.Before(since)
	})
	return int64(n), trouble
}

// Replay tells how far a replay is.
func (s *Service) Replay(ctx context.Context, c connect.Caller, id int64) (Replay, error) {
	if err := c.RequireWhole(connect.ScopeEndpointsRead); err != nil {
		return Replay{}, err
	}
	return s.store.Replay(ctx, c.WorkspaceID, id)
}

// CarryReplays takes each replay that runs a step further. A step makes deliveries and
// moves the cursor in one transaction: whoever is killed in the middle goes on where the
// last step ended, and each event is queued once. One that errs is left for the next time,
// and keeps no other waiting. The caller runs it again and again.
func (s *Service) CarryReplays(ctx context.Context) error {
	const most = 100
	var errs []error
	stuck := map[int64]bool{}
	for went := true; went && ctx.Err() == nil; {
		went = false
		running, err := s.store.RunningReplays(ctx, most)
		if err != nil {
			return errors.Join(append(errs, fmt.Errorf("running replays: %w", err))...)
		}
		for _, r := range running {
			if stuck[r.ID] {
				continue
			}
			went = true
			if err := s.carry(ctx, r); err != nil && ctx.Err() == nil {
				stuck[r.ID] = true
				errs = append(errs, fmt.Errorf("carry on replay %d: %w", r.ID, err))
			}
		}
	}
	return errors.Join(errs...)
}

// carry takes one replay a step further. That of an endpoint where nothing is sent any
// more ends.
func (s *Service) carry(ctx context.Context, r Replay) error {
	queued := 0
	err := s.inTx(ctx, func(tx Tx) error {
		e, err := tx.LockEndpointByID(ctx, r.EndpointID)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		active := err == nil && e.State == StateActive
		if r, err = tx.LockReplay(ctx, r.WorkspaceID, r.ID); err != nil || r.State != ReplayRunning {
			return err
		}
		if err := tx.LockEvents(ctx, r.WorkspaceID); err != nil { // so that ids go up in the order of commits
			return err
		}
		upTo := min(r.Cursor+replayBatch, r.Until)
		queued = 0
		if active {
			if queued, err = tx.QueueReplay(ctx, r, upTo, s.now()); err != nil {
				return err
			}
			r.Cursor = upTo
		}
		r.Queued += int64(queued)
		r.UpdatedAt = s.now()
		if !active || r.Cursor >= r.Until {
			r.State = ReplayDone
		}
		return tx.UpdateReplay(ctx, r)
	})
	if err == nil && queued > 0 {
		s.nudge(r.EndpointID)
	}
	return err
}
