package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// LinkView is everything a page needs to show a session to the browser that
// opened its link. Looking changes nothing but what time had already ended.
type LinkView struct {
	SessionView
	Workspace Workspace
	Offered   []Offered
	Attempt   Attempt  // this browser's latest; zero ID: none
	Grant     Grant    // of an attempt that is choosing or succeeded
	Targets   []Target // while the choice is open
	Pick      platform.Pick
	Expired   bool // no new attempt may begin
	// Reconnect is the channel that the session is pinned to; nil: none.
	Reconnect *Channel
	// Losses are the channels that would lose their page, while the attempt is warned.
	Losses []Channel
	// ConfirmCode goes to the redirect URL, while the application must confirm what
	// this browser's attempt chose.
	ConfirmCode vault.Secret
}

// OpenLink shows the session of a link to a browser. ErrLinkUnknown when there is none.
func (s *Service) OpenLink(ctx context.Context, link, browser vault.Secret) (LinkView, error) {
	session, err := s.store.SessionByTokenHash(ctx, HashToken(link))
	if errors.Is(err, fault.NotFound) {
		return LinkView{}, ErrLinkUnknown
	}
	if err != nil {
		return LinkView{}, fmt.Errorf("find session: %w", err)
	}
	if session, err = s.settled(ctx, session); err != nil {
		return LinkView{}, err
	}
	v := LinkView{Expired: !s.now().Before(session.ExpiresAt)}
	if v.SessionView, err = s.view(ctx, session); err != nil {
		return LinkView{}, err
	}
	if v.Workspace, err = s.store.Workspace(ctx, session.WorkspaceID); err != nil {
		return LinkView{}, err
	}
	if v.Offered, err = s.offered(ctx, session); err != nil {
		return LinkView{}, err
	}
	if v.Attempt, err = s.attemptOf(ctx, session, browser); err != nil {
		return LinkView{}, err
	}
	if v.Reconnect, err = s.pinned(ctx, session); err != nil {
		return LinkView{}, err
	}
	return s.withChoice(ctx, v)
}

// attemptOf is this browser's attempt that succeeded, else its latest. A later
// one does not hide one that waits to be confirmed: the person can still go on with that,
// until another that is finished takes its place.
func (s *Service) attemptOf(ctx context.Context, session Session, browser vault.Secret) (Attempt, error) {
	attempts, err := s.store.Attempts(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return Attempt{}, err
	}
	var found Attempt
	for _, a := range attempts {
		hidden := found.State == AttemptSucceeded || found.State == AttemptConfirming
		if sameHash(a.BrowserHash, HashToken(browser)) && !hidden {
			found = a
		}
	}
	return found, nil
}

// pinned is the channel that a session is pinned to; nil where it is not, or the channel
// was erased since.
func (s *Service) pinned(ctx context.Context, session Session) (*Channel, error) {
	if session.ReconnectID == 0 {
		return nil, nil
	}
	ch, err := s.store.Channel(ctx, session.WorkspaceID, session.ReconnectID)
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	return &ch, err
}

// withChoice adds what the attempt's consent brought: the grant, and the targets
// while the choice among them is open.
func (s *Service) withChoice(ctx context.Context, v LinkView) (LinkView, error) {
	a := v.Attempt
	if a.State == AttemptConfirming {
		private, err := s.privateOf(a)
		v.ConfirmCode = vault.NewSecret(private.Confirm)
		return v, err
	}
	if a.State == AttemptWarned && !v.Session.Final() {
		var err error
		v.Losses, err = s.lossesOf(ctx, v.Session, a)
		return v, err
	}
	if a.GrantID == 0 || (a.State != AttemptChoosing && a.State != AttemptSucceeded) {
		return v, nil
	}
	var err error
	if v.Grant, err = s.store.Grant(ctx, a.WorkspaceID, a.GrantID); err != nil {
		return v, fmt.Errorf("grant of attempt %d: %w", a.ID, err)
	}
	if a.State != AttemptChoosing || v.Session.Final() {
		return v, nil
	}
	targets, err := s.store.Targets(ctx, a.WorkspaceID, a.GrantID)
	v.Targets, v.Pick = choosable(targets), s.pickOf(v.Session, a.Platform)
	return v, err
}

// Nudge lets the page of an attempt that died go on: it resumes one whose lease is
// over and otherwise does nothing. The page calls it before it shows progress.
func (s *Service) Nudge(ctx context.Context, a Attempt) error {
	if a.State != AttemptVerifying && a.State != AttemptExchanging {
		return nil
	}
	now, err := s.store.Now(ctx)
	if err != nil || now.Before(a.LeaseUntil) {
		return err
	}
	err = s.sweepAttempt(context.WithoutCancel(ctx), a, now) // whoever looks may look away
	if errors.Is(err, fault.Conflict) {
		return nil
	}
	return err
}
