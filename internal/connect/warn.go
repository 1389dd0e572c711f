package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// losses lists the living channels that a new consent of the same person no longer reaches:
// whoever ticks one page more is easily brought to untick the others.
func (s *Service) losses(ctx context.Context, tx Reader, a Attempt, ownerID int64, c consent) (lost []Channel, err error) {
	grants, err := s.replaced(ctx, tx, a, ownerID, c.identity.Subject)
	if err != nil {
		return nil, err
	}
	seen := map[platform.TargetKey]bool{} // reached, or listed already
	for _, t := range c.targets {
		seen[platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}] = true
	}
	for _, g := range grants {
		channels, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
		if err != nil {
			return nil, err
		}
		for _, ch := range channels {
			key := platform.TargetKey{Kind: ch.Kind, ExternalID: ch.ExternalID}
			if seen[key] || ofTarget(ch.HealthReason) { // what is gone already is no new loss
				continue
			}
			seen[key] = true
			lost = append(lost, ch)
		}
	}
	return lost, nil
}

// replaced are the consents of the same person that a new one takes the place of, the
// owner's own first. Where a platform knows the person and the app alone, as it tells by
// what a revocation ends, it is those of the workspace's other owners too: an agency
// connects the pages of one person for several of them.
func (s *Service) replaced(ctx context.Context, tx Reader, a Attempt, ownerID int64, subject string) (grants []Grant, err error) {
	const most = 100
	own, err := tx.GrantBySubject(ctx, a.WorkspaceID, a.AppID, subject, ownerID)
	switch {
	case err == nil:
		grants = append(grants, own)
	case !errors.Is(err, fault.NotFound):
		return nil, err
	}
	if p, ok := s.platforms.Get(a.Platform); !ok || p.Spec().Revocation != platform.ReachUserApp {
		return grants, nil
	}
	app, err := tx.App(ctx, a.WorkspaceID, a.AppID)
	if err != nil {
		return nil, fmt.Errorf("app %d: %w", a.AppID, err)
	}
	all, err := tx.ConsentsOf(ctx, app.ClientID, app.Server, subject, most)
	for _, g := range all {
		if g.WorkspaceID == a.WorkspaceID && g.Platform == a.Platform && g.ID != own.ID {
			grants = append(grants, g)
		}
	}
	return grants, err
}

// warn keeps the consent apart, under a grant that nothing finds, until its person says
// whether the channels may go.
func (s *Service) warn(ctx context.Context, tx Tx, a Attempt, c consent, lost int) error {
	grant, err := s.hold(ctx, tx, a, 0, c)
	if err != nil {
		return err
	}
	if _, err := s.saveTargets(ctx, tx, grant, c.targets); err != nil {
		return err
	}
	next := a.moved(s.now(), AttemptWarned, nil)
	if err := tx.UpdateAttempt(ctx, next, a.State); err != nil {
		return err
	}
	return s.step(ctx, tx, next, string(AttemptWarned), fmt.Sprint(lost))
}

// AcceptLossRequest is the person's word that channels may go.
type AcceptLossRequest struct {
	Link    vault.Secret
	Browser vault.Secret
	From    string // the address that the person asks from
}

// AcceptLoss goes on with a consent that drops pages which channels use, after its person
// was warned (AttemptWarned): those channels are told that their page is gone. Errors:
// ErrLink… when the session has ended, ErrNothingToChoose when this browser was not warned,
// ErrAttemptExpired.
func (s *Service) AcceptLoss(ctx context.Context, r AcceptLossRequest) (Session, error) {
	session, err := s.acceptLoss(ctx, r)
	if errors.Is(err, errMoved) { // another session took in the same person's consent at this moment
		session, err = s.acceptLoss(ctx, r)
	}
	return session, err
}

func (s *Service) acceptLoss(ctx context.Context, r AcceptLossRequest) (Session, error) {
	session, err := s.store.SessionByTokenHash(ctx, HashToken(r.Link))
	if errors.Is(err, fault.NotFound) {
		return Session{}, ErrLinkUnknown
	}
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	var a Attempt
	err = s.inSession(ctx, session.WorkspaceID, session.ID, func(tx Tx, locked *Session) (err error) {
		defer func() { session = *locked }()
		if locked.Final() {
			return errGone(*locked)
		}
		a, err = latestOf(ctx, tx, *locked, r.Browser, AttemptWarned)
		if err != nil {
			return err
		}
		if !s.now().Before(a.ExpiresAt) {
			return ErrAttemptExpired
		}
		a.from = r.From
		return s.takeWarned(ctx, tx, locked, a)
	})
	if errors.Is(err, errUnpinned) {
		return session, errors.Join(ErrTargetMissing, s.failAttempt(ctx, a, ErrTargetMissing))
	}
	return session, err
}

// takeWarned takes in the consent that was kept apart.
func (s *Service) takeWarned(ctx context.Context, tx Tx, session *Session, a Attempt) error {
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
	c.knowing = true
	err = s.takeIn(ctx, tx, session, a, c)
	if errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) {
		return fmt.Errorf("%w: %w", errMoved, err)
	}
	return err
}

// lossesOf is what the page of a warned attempt lists.
func (s *Service) lossesOf(ctx context.Context, session Session, a Attempt) ([]Channel, error) {
	held, err := s.store.Grant(ctx, a.WorkspaceID, a.GrantID)
	if err != nil {
		return nil, fmt.Errorf("grant of attempt %d: %w", a.ID, err)
	}
	stored, err := s.store.Targets(ctx, a.WorkspaceID, held.ID)
	if err != nil {
		return nil, err
	}
	c := consent{identity: platform.Identity{Subject: held.Subject}}
	for _, t := range stored {
		c.targets = append(c.targets, platform.Target{Kind: t.Kind, ExternalID: t.ExternalID})
	}
	return s.losses(ctx, s.store, a, session.OwnerID, c)
}
