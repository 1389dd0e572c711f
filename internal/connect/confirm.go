package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// ConfirmGrace is how long an application may take to confirm.
const ConfirmGrace = 10 * time.Minute

// finishOrWait makes the chosen targets channels, or, where the application must
// confirm who finished, remembers them until it does.
func (s *Service) finishOrWait(ctx context.Context, tx Tx, session *Session, a Attempt, g Grant, chosen []Target) error {
	if session.InitiatorCheck != CheckConfirm {
		return s.finish(ctx, tx, session, a, g, chosen)
	}
	before, err := tx.Attempt(ctx, a.WorkspaceID, a.ID)
	if err != nil {
		return err
	}
	private, err := s.privateOf(before)
	if err != nil {
		return err
	}
	code := newToken()
	private.Confirm = code.Reveal()
	next := a.moved(s.now(), AttemptConfirming, nil)
	next.ExpiresAt = s.now().Add(ConfirmGrace)
	for _, t := range chosen {
		next.ChosenIDs = append(next.ChosenIDs, t.ID)
	}
	if next.Sealed, err = s.vault.Seal(next.place(), private.encode()); err != nil {
		return err
	}
	if err := tx.UpdateAttempt(ctx, next, before.State); err != nil {
		return err
	}
	session.Status, session.Platform, session.Reason, session.Message = SessionPending, a.Platform, "", ""
	session.ConfirmHash, session.ConfirmBy = HashToken(code), next.ExpiresAt
	if err := s.step(ctx, tx, next, string(AttemptConfirming), fmt.Sprint(len(chosen))); err != nil {
		return err
	}
	return s.supersedeOthers(ctx, tx, next)
}

// hold takes in a verified consent that the application has to confirm: under a grant
// of its own, which nothing else finds.
func (s *Service) hold(ctx context.Context, tx Tx, a Attempt, _ int64, c consent) (Grant, error) {
	grant, err := tx.Grant(ctx, a.WorkspaceID, a.GrantID)
	if err != nil {
		return Grant{}, err
	}
	return s.fillGrant(ctx, tx, grant, GrantHeld, c)
}

// ConfirmSession connects what the person chose in a session that waits for it. code
// is what came to the redirect URL. Confirming again with the same code changes
// nothing. Errors: ErrConfirmCode, ErrNotWaiting, ErrNotConfirmed when it is too late,
// ErrLink… when the session has ended otherwise. Needs ScopeSessionsWrite.
func (s *Service) ConfirmSession(ctx context.Context, c Caller, id int64, code vault.Secret) (SessionView, error) {
	view, err := s.confirmOnce(ctx, c, id, code)
	if errors.Is(err, errMoved) { // another session took in the same person's consent at this moment
		view, err = s.confirmOnce(ctx, c, id, code)
	}
	if errors.Is(err, errUnpinned) {
		return view, errors.Join(ErrTargetMissing, s.failConfirming(ctx, c.WorkspaceID, id))
	}
	return view, err
}

// failConfirming ends the attempt whose channel is another one by now.
func (s *Service) failConfirming(ctx context.Context, workspaceID, sessionID int64) error {
	attempts, err := s.store.Attempts(ctx, workspaceID, sessionID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if a.State == AttemptConfirming {
			return s.failAttempt(ctx, a, ErrTargetMissing)
		}
	}
	return nil
}

// errMoved tells that what a transaction stood on was changed by another.
var errMoved = errors.New("changed by another transaction")

func (s *Service) confirmOnce(ctx context.Context, c Caller, id int64, code vault.Secret) (SessionView, error) {
	return s.changeSession(ctx, c, id, func(tx Tx, session *Session) error {
		switch {
		case session.ConfirmHash == nil && session.Final():
			return errGone(*session)
		case session.ConfirmHash == nil:
			return ErrNotWaiting
		case !sameHash(session.ConfirmHash, HashToken(code)):
			return ErrConfirmCode
		case session.Status == SessionSucceeded:
			return nil
		case session.Final() || !s.now().Before(session.ConfirmBy):
			return ErrNotConfirmed
		}
		err := s.confirm(ctx, tx, session)
		if !errors.Is(err, ErrNotWaiting) && (errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound)) {
			return fmt.Errorf("%w: %w", errMoved, err)
		}
		s.recordSession(tx, c, *session, AuditSessionConfirmed)
		return err
	})
}

// confirm turns the held consent into a usable one and its chosen targets into channels.
func (s *Service) confirm(ctx context.Context, tx Tx, session *Session) error {
	attempts, err := tx.Attempts(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(attempts, func(a Attempt) bool { return a.State == AttemptConfirming })
	if i < 0 {
		return ErrNotWaiting
	}
	a := attempts[i]
	held, err := tx.Grant(ctx, a.WorkspaceID, a.GrantID)
	if err != nil {
		return err
	}
	stored, err := tx.Targets(ctx, a.WorkspaceID, held.ID)
	if err != nil {
		return err
	}
	c, err := s.heldConsent(held, stored)
	if err != nil {
		return err
	}
	grant, err := s.promote(ctx, tx, a, session.OwnerID, c)
	if err != nil {
		return err
	}
	targets, err := s.saveTargets(ctx, tx, grant, c.targets) // in the order of stored
	if err != nil {
		return err
	}
	var chosen []Target
	for i, t := range stored {
		if slices.Contains(a.ChosenIDs, t.ID) {
			chosen = append(chosen, targets[i])
		}
	}
	a.GrantID = grant.ID
	return s.finish(ctx, tx, session, a, grant, chosen)
}

// heldConsent is what verify found, read back.
func (s *Service) heldConsent(held Grant, stored []Target) (consent, error) {
	secret, err := s.vault.Open(held.place(), held.Sealed)
	if err != nil {
		return consent{}, err
	}
	c := consent{identity: platform.Identity{Subject: held.Subject, Facts: held.Facts}}
	if held.ScopesTold {
		c.identity.Scopes = held.Scopes
	}
	if c.credentials, err = platform.DecodeCredentials(secret); err != nil {
		return consent{}, err
	}
	for _, t := range stored {
		own, err := s.vault.Open(t.place(), t.Sealed)
		if err != nil {
			return consent{}, err
		}
		credentials, err := platform.DecodeCredentials(own)
		if err != nil {
			return consent{}, err
		}
		c.targets = append(c.targets, platform.Target{
			Kind: t.Kind, Role: t.Role, ExternalID: t.ExternalID, Facts: t.Facts, Credentials: credentials, Blocked: t.Blocked,
		})
	}
	return c, nil
}

// CancelSession ends a session that has not ended: nothing can be connected with its
// link any more, and a consent that was not finished is erased. Canceling again changes
// nothing; ErrLink… when it has ended otherwise. Needs ScopeSessionsWrite.
func (s *Service) CancelSession(ctx context.Context, c Caller, id int64) (SessionView, error) {
	return s.changeSession(ctx, c, id, func(tx Tx, session *Session) error {
		if session.Status == SessionCanceled {
			return nil
		}
		if session.Final() {
			return errGone(*session)
		}
		session.Status, session.EndedAt = SessionCanceled, s.now()
		session.ConfirmHash, session.ConfirmBy = nil, time.Time{}
		s.emit(tx, Event{
			WorkspaceID: session.WorkspaceID, Type: EventSessionCanceled, OwnerID: session.OwnerID, SessionID: session.ID,
			Cause: CauseIntegration, Data: eventData("platform", session.Platform),
		})
		s.recordSession(tx, c, *session, AuditSessionCanceled)
		return s.supersedeOthers(ctx, tx, Attempt{WorkspaceID: session.WorkspaceID, SessionID: session.ID})
	})
}

// recordSession writes what a caller did with a session into the audit log.
func (s *Service) recordSession(tx Tx, c Caller, session Session, action string) {
	s.Record(tx, c, AuditEntry{
		Action: action, OwnerID: session.OwnerID, Data: eventData("session_id", fmt.Sprint(session.ID), "platform", session.Platform),
	})
}

// changeSession runs fn with a session of the caller's locked, after what time had
// ended was ended, and answers how it stands then.
func (s *Service) changeSession(ctx context.Context, c Caller, id int64, fn func(Tx, *Session) error) (SessionView, error) {
	if err := c.Require(ScopeSessionsWrite); err != nil {
		return SessionView{}, err
	}
	session, err := s.store.Session(ctx, c.WorkspaceID, id)
	if err != nil {
		return SessionView{}, err
	}
	if c.OwnerID != 0 && c.OwnerID != session.OwnerID {
		return SessionView{}, NoSuch("session")
	}
	if session, err = s.settled(ctx, session); err != nil {
		return SessionView{}, err
	}
	var changed *Session
	err = s.inSession(ctx, c.WorkspaceID, session.ID, func(tx Tx, locked *Session) error {
		changed = locked
		return fn(tx, locked)
	})
	if err != nil {
		return SessionView{}, err
	}
	return s.view(ctx, *changed)
}
