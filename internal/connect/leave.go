package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/vault"
)

// Leave ends a session because the person goes back to the application: one that
// failed stays failed, one that is pending is canceled, one that has ended stays
// as it is. Only the browser page's own form leads here.
func (s *Service) Leave(ctx context.Context, link vault.Secret) (Session, error) {
	session, err := s.store.SessionByTokenHash(ctx, HashToken(link))
	if errors.Is(err, fault.NotFound) {
		return Session{}, ErrLinkUnknown
	}
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	err = s.inSession(ctx, session.WorkspaceID, session.ID, func(tx Tx, locked *Session) error {
		defer func() { session = *locked }()
		if locked.Final() {
			return nil
		}
		locked.EndedAt, locked.ConfirmHash, locked.ConfirmBy = s.now(), nil, time.Time{}
		if locked.Status == SessionPending {
			locked.Status = SessionCanceled
			s.emit(tx, Event{
				WorkspaceID: locked.WorkspaceID, Type: EventSessionCanceled, OwnerID: locked.OwnerID, SessionID: locked.ID,
				Cause: CauseCustomer, Data: eventData("platform", locked.Platform),
			})
		}
		return s.supersedeOthers(ctx, tx, Attempt{WorkspaceID: locked.WorkspaceID, SessionID: locked.ID})
	})
	return session, err
}
