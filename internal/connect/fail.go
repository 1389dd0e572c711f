package connect

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"time"

	"patchbay/internal/fault"
)

// failAttempt ends an attempt with what went wrong, and tells its session. The
// credentials that it may have stored are erased. It is recorded also when the time
// for the platform is over: an attempt left open would be resumed for ever.
func (s *Service) failAttempt(ctx context.Context, a Attempt, cause error) error {
	ctx = context.WithoutCancel(ctx)
	why := fault.From(cause)
	s.log.WarnContext(ctx, "attempt failed", slog.Int64("attempt", a.ID), slog.String("platform", a.Platform),
		slog.String("reason", why.Reason), slog.Any("cause", cause))
	return s.endAttempt(ctx, a, endState(why), why)
}

func endState(why *fault.Error) AttemptState {
	for state, reason := range map[AttemptState]*fault.Error{
		AttemptDenied: ErrDenied, AttemptInterrupted: ErrInterrupted, AttemptExpired: ErrAttemptExpired, AttemptSuperseded: ErrSuperseded,
	} {
		if why.Code == reason.Code && why.Reason == reason.Reason {
			return state
		}
	}
	return AttemptFailed
}

// endAttempt moves the attempt from the state it was read in to a final one.
// fault.Conflict when it has moved since.
func (s *Service) endAttempt(ctx context.Context, a Attempt, to AttemptState, why *fault.Error) error {
	return s.inSession(ctx, a.WorkspaceID, a.SessionID, func(tx Tx, session *Session) error {
		from, grantID := a.State, a.GrantID
		ended, err := s.retired(ctx, tx, a, to, why)
		if err != nil {
			return err
		}
		if err := tx.UpdateAttempt(ctx, ended, from); err != nil {
			return err
		}
		if err := s.step(ctx, tx, ended, string(to), why.Reason); err != nil {
			return err
		}
		if err := s.dropGrant(ctx, tx, a.WorkspaceID, grantID, a.subject); err != nil {
			return err
		}
		if from == AttemptConfirming {
			session.ConfirmHash, session.ConfirmBy = nil, time.Time{}
		}
		if session.Final() || to == AttemptSuperseded || to == AttemptExpired {
			return nil // a session expires by its own time
		}
		return s.failSession(ctx, tx, session, ended)
	})
}

// retired is the attempt in a final state: it lets go of its grant, and of every
// secret but the link, which a late callback still leads back to. One whose secrets
// no longer open (its key is gone) ends all the same. They are read again: while a was
// away with a call to the platform its key may have been exchanged.
func (s *Service) retired(ctx context.Context, tx Tx, a Attempt, to AttemptState, why *fault.Error) (Attempt, error) {
	ended := a.moved(s.now(), to, why)
	if to != AttemptSucceeded {
		ended.GrantID = 0
	}
	ended.Sealed, ended.ChosenIDs = nil, nil
	stored, err := tx.Attempt(ctx, a.WorkspaceID, a.ID)
	if err != nil {
		return ended, err
	}
	private, err := s.privateOf(stored)
	if err != nil {
		return ended, nil
	}
	ended.Sealed, err = s.vault.Seal(ended.place(), attemptPrivate{Link: private.Link}.encode())
	return ended, err
}

// failSession tells of the attempt, unless a later one is under way or the link
// is over anyway.
func (s *Service) failSession(ctx context.Context, tx Tx, session *Session, a Attempt) error {
	attempts, err := tx.Attempts(ctx, a.WorkspaceID, a.SessionID)
	if err != nil {
		return err
	}
	for _, other := range attempts {
		if (other.ID > a.ID && !other.State.Final()) || other.State == AttemptConfirming {
			return nil // the session tells of that one
		}
	}
	session.Status, session.Platform, session.Reason, session.Message = SessionFailed, a.Platform, a.Reason, a.Message
	if session.Display == DisplayDirect { // its link was used: there is no way to try again
		session.EndedAt = s.now()
	}
	s.emit(tx, Event{
		WorkspaceID: session.WorkspaceID, Type: EventSessionFailed, OwnerID: session.OwnerID, SessionID: session.ID,
		Cause: failureCause(a), Data: eventData("platform", a.Platform, "reason", a.Reason),
	})
	return nil
}

func failureCause(a Attempt) Cause {
	switch a.State {
	case AttemptDenied:
		return CauseCustomer
	case AttemptInterrupted, AttemptExpired:
		return CauseSystem
	default:
		return CausePlatform
	}
}

// dropGrant erases a grant that nothing uses: one that never became usable, whose
// consent led to no channel, or whose last channel went to another. Its platform is told
// as far as the reach allows. subject is whose it is, where the grant does not know it yet.
// 0 is none.
func (s *Service) dropGrant(ctx context.Context, tx Tx, workspaceID, grantID int64, subject string) error {
	return s.dropGrantBut(ctx, tx, workspaceID, grantID, subject, true)
}

func (s *Service) dropGrantBut(ctx context.Context, tx Tx, workspaceID, grantID int64, subject string, revoke bool) error {
	if grantID == 0 {
		return nil
	}
	grant, err := tx.Grant(ctx, workspaceID, grantID)
	if err == nil {
		grant.Subject = cmp.Or(grant.Subject, subject)
		err = s.endGrant(ctx, tx, grant, revoke)
	}
	if errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) {
		return nil // something uses it, or it went with another attempt
	}
	return err
}
