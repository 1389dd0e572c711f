package connect

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

// finish makes the chosen targets channels, in order, and ends the attempt and
// the session: a session connects one platform, so its first success ends it.
func (s *Service) finish(ctx context.Context, tx Tx, session *Session, a Attempt, g Grant, chosen []Target) error {
	before, err := tx.Attempt(ctx, a.WorkspaceID, a.ID)
	if err != nil {
		return err
	}
	done, err := s.retired(ctx, tx, a, AttemptSucceeded, nil)
	if err != nil {
		return err
	}
	if err := tx.UpdateAttempt(ctx, done, before.State); err != nil {
		return err
	}
	if err := s.dropTemporary(ctx, tx, before, g); err != nil {
		return err
	}
	for _, t := range chosen {
		channel, err := s.connectTarget(ctx, tx, *session, a, g, t)
		if err != nil {
			return err
		}
		if session.ReconnectID != 0 && channel.ID != session.ReconnectID {
			return errUnpinned
		}
		session.ChannelIDs = append(session.ChannelIDs, channel.ID)
		if err := s.dropGrant(ctx, tx, g.WorkspaceID, channel.ReplacedGrant, ""); err != nil {
			return err
		}
	}
	if err := s.step(ctx, tx, done, string(AttemptSucceeded), fmt.Sprint(len(chosen))); err != nil {
		return err
	}
	session.Status, session.Platform, session.Reason, session.Message = SessionSucceeded, a.Platform, "", ""
	session.EndedAt, session.ConfirmBy = s.now(), time.Time{} // the hash stays: confirming again is no error
	s.emit(tx, Event{
		WorkspaceID: session.WorkspaceID, Type: EventSessionSucceeded, OwnerID: session.OwnerID, SessionID: session.ID,
		Cause: CauseCustomer, Data: eventData("platform", a.Platform),
	})
	return s.supersedeOthers(ctx, tx, done)
}

func (s *Service) connectTarget(ctx context.Context, tx Tx, session Session, a Attempt, g Grant, t Target) (SavedChannel, error) {
	channel, err := s.saveConnected(ctx, tx, session.OwnerID, g, t)
	if err != nil {
		return SavedChannel{}, err
	}
	s.emit(tx, Event{
		WorkspaceID: session.WorkspaceID, Type: channel.event(), OwnerID: session.OwnerID, SessionID: session.ID, ChannelID: channel.ID,
		Cause: CauseCustomer, Data: eventData("platform", g.Platform, "kind", t.Kind, "name", t.Facts.Name, "before", string(channel.Before)),
	})
	entry := AuditEntry{
		From: coarse(a.from), Action: AuditChannelConnected, OwnerID: session.OwnerID, ChannelID: channel.ID,
		Data: eventData("platform", g.Platform, "session_id", fmt.Sprint(session.ID)),
	}
	if a.by != nil {
		s.Record(tx, *a.by, entry)
	} else {
		s.recordPerson(tx, session.WorkspaceID, entry)
	}
	return channel, nil
}

// saveConnected makes a target a channel of the owner, or connects the one that was for it.
// A paused one stays paused: neither a new consent nor new tokens end a pause.
func (s *Service) saveConnected(ctx context.Context, tx Tx, ownerID int64, g Grant, t Target) (SavedChannel, error) {
	now := s.now()
	channel, err := tx.SaveChannel(ctx, Channel{
		WorkspaceID: g.WorkspaceID, OwnerID: ownerID, Platform: g.Platform, Kind: t.Kind, ExternalID: t.ExternalID,
		GrantID: g.ID, TargetID: t.ID, Lifecycle: LifecycleActive, Health: HealthHealthy, HealthAt: now, ProvenAt: now, Review: ReviewNone,
		Facts: t.Facts, FactsAt: now, CreatedAt: now, UpdatedAt: now,
	})
	if err == nil && channel.Before == LifecyclePaused {
		channel.Lifecycle = LifecyclePaused
		err = tx.UpdateChannel(ctx, channel.Channel)
	}
	return channel, err
}

// coarse is a person's address without its last part: the network they came from. The
// audit log can never forget, and an address names somebody.
func coarse(from string) string {
	addr, err := netip.ParseAddr(from)
	if err != nil {
		return ""
	}
	bits := 24
	if addr.Is6() {
		bits = 48
	}
	network, err := addr.Prefix(bits)
	if err != nil {
		return ""
	}
	return network.String()
}

// supersedeOthers ends the session's other open attempts. One that is talking to
// the platform at this moment finds the session ended when it comes back.
func (s *Service) supersedeOthers(ctx context.Context, tx Tx, done Attempt) error {
	attempts, err := tx.Attempts(ctx, done.WorkspaceID, done.SessionID)
	if err != nil {
		return err
	}
	for _, a := range attempts {
		if a.ID == done.ID || (a.State != AttemptAway && a.State != AttemptChoosing && a.State != AttemptWarned && a.State != AttemptConfirming) {
			continue
		}
		if err := s.supersede(ctx, tx, a); err != nil {
			return err
		}
	}
	return nil
}

// ChooseRequest is the person's choice on the picker.
type ChooseRequest struct {
	Link      vault.Secret
	Browser   vault.Secret
	TargetIDs []int64
	From      string // the address that the person asks from
}

// Choose makes the chosen targets channels. Errors: ErrLink… when the session has
// ended, ErrNothingToChoose when no choice of this browser is open,
// ErrNothingChosen, ErrTargetUnknown; nothing is changed then.
func (s *Service) Choose(ctx context.Context, r ChooseRequest) (Session, error) {
	session, err := s.store.SessionByTokenHash(ctx, HashToken(r.Link))
	if errors.Is(err, fault.NotFound) {
		return Session{}, ErrLinkUnknown
	}
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	err = s.inSession(ctx, session.WorkspaceID, session.ID, func(tx Tx, locked *Session) error {
		if locked.Final() {
			return errGone(*locked)
		}
		a, err := openChoice(ctx, tx, *locked, r.Browser)
		if err != nil {
			return err
		}
		if !s.now().Before(a.ExpiresAt) {
			return ErrAttemptExpired
		}
		a.from = r.From
		grant, chosen, err := s.chosenTargets(ctx, tx, *locked, a, r.TargetIDs)
		if err != nil {
			return err
		}
		err = s.finishOrWait(ctx, tx, locked, a, grant, chosen)
		session = *locked
		return err
	})
	return session, err
}

// openChoice is this browser's latest attempt that waits for a choice.
func openChoice(ctx context.Context, tx Reader, session Session, browser vault.Secret) (Attempt, error) {
	return latestOf(ctx, tx, session, browser, AttemptChoosing)
}

// latestOf is this browser's latest attempt in a state; ErrNothingToChoose without one.
func latestOf(ctx context.Context, tx Reader, session Session, browser vault.Secret, state AttemptState) (Attempt, error) {
	attempts, err := tx.Attempts(ctx, session.WorkspaceID, session.ID)
	if err != nil {
		return Attempt{}, err
	}
	for _, a := range slices.Backward(attempts) {
		if a.State == state && sameHash(a.BrowserHash, HashToken(browser)) {
			return a, nil
		}
	}
	return Attempt{}, ErrNothingToChoose
}

func (s *Service) chosenTargets(ctx context.Context, tx Tx, session Session, a Attempt, ids []int64) (Grant, []Target, error) {
	if len(ids) == 0 {
		return Grant{}, nil, ErrNothingChosen
	}
	if len(ids) > 1 && s.pickOf(session, a.Platform) != platform.PickMany {
		return Grant{}, nil, ErrTargetUnknown
	}
	grant, err := tx.Grant(ctx, a.WorkspaceID, a.GrantID)
	if err != nil {
		return Grant{}, nil, err
	}
	targets, err := tx.Targets(ctx, a.WorkspaceID, a.GrantID)
	if err != nil {
		return Grant{}, nil, err
	}
	var chosen []Target
	for _, t := range choosable(targets) {
		if slices.Contains(ids, t.ID) && t.Blocked == "" {
			chosen = append(chosen, t)
		}
	}
	if len(chosen) != len(slices.Compact(slices.Sorted(slices.Values(ids)))) {
		return Grant{}, nil, ErrTargetUnknown
	}
	return grant, chosen, nil
}

func (s *Service) pickOf(session Session, platformID string) platform.Pick {
	p, ok := s.platforms.Get(platformID)
	if !ok || session.Selection == SelectOne {
		return platform.PickOne
	}
	return p.Spec().Pick
}
