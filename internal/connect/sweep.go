package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"patchbay/internal/fault"
)

const sweepBatch = 100

// Sweep looks after what time has passed over: attempts whose process died are
// interrupted or resumed, forgotten ones expire, and sessions end. It is safe to
// run in several replicas. It takes a batch of each and tells whether there may be more.
func (s *Service) Sweep(ctx context.Context) (more bool, err error) {
	realNow, err := s.store.Now(ctx)
	if err != nil {
		return false, fmt.Errorf("the database's clock: %w", err)
	}
	return s.sweep(ctx, realNow)
}

// sweep is Sweep at a time of the clock that leases follow.
func (s *Service) sweep(ctx context.Context, realNow time.Time) (more bool, err error) {
	attempts, err := s.store.StaleAttempts(ctx, realNow, s.now(), sweepBatch)
	if err != nil {
		return false, fmt.Errorf("stale attempts: %w", err)
	}
	sessions, err := s.store.DueSessions(ctx, s.now(), sweepBatch)
	if err != nil {
		return false, fmt.Errorf("due sessions: %w", err)
	}
	for _, session := range sessions {
		if _, err := s.settled(ctx, session); err != nil {
			s.log.ErrorContext(ctx, "sweep session", slog.Int64("session", session.ID), slog.Any("cause", err))
		}
	}
	// Those that are resumed ask their platform and may be slow: they come last.
	slices.SortStableFunc(attempts, func(a, b Attempt) int { return rank(a) - rank(b) })
	stuck := 0
	for _, a := range attempts {
		if ctx.Err() != nil {
			return false, nil // told to stop
		}
		if err := s.sweepAttempt(ctx, a, realNow); err != nil && !errors.Is(err, fault.Conflict) {
			s.log.ErrorContext(ctx, "sweep attempt", slog.Int64("attempt", a.ID), slog.Any("cause", err))
			stuck++
		}
	}
	return len(attempts) == sweepBatch && stuck < sweepBatch, nil
}

func rank(a Attempt) int {
	if a.State == AttemptVerifying {
		return 1
	}
	return 0
}

// ReleaseGrants gives back the grants that a process before this one held: for a process
// that has the store to itself, before it begins to refresh.
func (s *Service) ReleaseGrants(ctx context.Context) error {
	if err := s.store.InTx(ctx, func(tx Tx) error { return tx.ReleaseGrants(ctx) }); err != nil {
		return fmt.Errorf("release grants: %w", err)
	}
	return nil
}

// Recover sweeps as if every lease taken before started were over: for a process
// that has the store to itself, so that whoever held one is dead.
func (s *Service) Recover(ctx context.Context, started time.Time) error {
	for {
		more, err := s.sweep(ctx, started.Add(s.lease))
		if err != nil || !more {
			return err
		}
	}
}

func (s *Service) sweepAttempt(ctx context.Context, a Attempt, realNow time.Time) error {
	switch a.State {
	case AttemptExchanging:
		return s.failAttempt(ctx, a, ErrInterrupted)
	case AttemptVerifying:
		return s.Resume(ctx, a, realNow)
	case AttemptConfirming:
		return s.failAttempt(ctx, a, ErrNotConfirmed)
	default:
		return s.failAttempt(ctx, a, ErrAttemptExpired)
	}
}

// settled ends a session whose time is over and which no attempt can still turn:
// a failed one stays failed, any other expires.
func (s *Service) settled(ctx context.Context, session Session) (Session, error) {
	if session.Final() || s.now().Before(session.ExpiresAt) {
		return session, nil
	}
	if open, err := s.underWay(ctx, s.store, session); err != nil || open {
		return session, err
	}
	ended := &session
	err := s.inSession(ctx, session.WorkspaceID, session.ID, func(tx Tx, locked *Session) error {
		ended = locked
		if locked.Final() {
			return nil
		}
		open, err := s.underWay(ctx, tx, *locked)
		if err != nil || open {
			return err
		}
		locked.EndedAt, locked.ConfirmHash, locked.ConfirmBy = s.now(), nil, time.Time{}
		if locked.Status == SessionFailed {
			return nil
		}
		locked.Status = SessionExpired
		s.emit(tx, Event{
			WorkspaceID: locked.WorkspaceID, Type: EventSessionExpired, OwnerID: locked.OwnerID, SessionID: locked.ID,
			Cause: CauseSystem, Data: eventData("platform", locked.Platform),
		})
		return nil
	})
	if err != nil {
		return session, fmt.Errorf("settle session %d: %w", session.ID, err)
	}
	return *ended, nil
}

// underWay tells whether an attempt that began in time may still finish. One that
// is talking to its platform is bounded by its lease.
func (s *Service) underWay(ctx context.Context, tx Reader, session Session) (bool, error) {
	attempts, err := tx.Attempts(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return false, err
	}
	for _, a := range attempts {
		// One that talks is bounded by its lease; one that waits for the application ends
		// with its own reason first.
		busy := a.State == AttemptExchanging || a.State == AttemptVerifying || a.State == AttemptConfirming
		if busy || (!a.State.Final() && s.now().Before(a.ExpiresAt)) {
			return true, nil
		}
	}
	return false, nil
}
