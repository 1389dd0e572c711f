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

// verify asks whose the stored credentials are and what they reach, and makes
// the grant usable. Where nothing is to be chosen the channels come with it.
func (s *Service) verify(ctx context.Context, a Attempt, token platform.Token) error {
	p, ok := s.platforms.Get(a.Platform)
	if !ok {
		return s.failAttempt(ctx, a, ErrNotOffered)
	}
	app, err := s.appOf(ctx, a)
	if err != nil {
		return s.failAttempt(ctx, a, err)
	}
	client := &platform.Client{
		Env: s.envOf(a.Platform), App: app, Credentials: token.Credentials, Scopes: token.Scopes, Subject: token.Subject,
	}
	identity, targets, err := platform.Verify(ctx, p, client)
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err() // told to stop: resumed later
	}
	a.subject = identity.Subject // told beside ErrNoTargets and ErrScopesMissing too
	if err != nil && !errors.Is(err, platform.ErrNoTargets) {
		return s.failAttempt(ctx, a, err)
	}
	why, wrong := s.unwanted(ctx, a, identity, targets)
	switch {
	case wrong != nil:
		return wrong
	case why != nil:
		return s.failAttempt(ctx, a, why)
	case err != nil:
		return s.failAttempt(ctx, a, err)
	}
	if identity.Scopes == nil {
		identity.Scopes = token.Scopes
	}
	found := consent{identity: identity, targets: targets, credentials: client.Credentials}
	err = s.acceptConsent(ctx, a, found)
	if errors.Is(err, fault.Conflict) || errors.Is(err, fault.NotFound) {
		// Another session took in the same person's consent, or dropped it, at this moment.
		err = s.acceptConsent(ctx, a, found)
	}
	if errors.Is(err, errUnpinned) {
		return s.failAttempt(ctx, a, ErrTargetMissing)
	}
	return err
}

// consent is what a verified grant brings.
type consent struct {
	identity    platform.Identity
	targets     []platform.Target
	credentials platform.Credentials
	knowing     bool      // the person knows which channels it drops
	issued      time.Time // when its access token was, as far as that is known; zero: now
}

// acceptConsent commits the verified consent: the usable grant, its targets, and
// either the channels or the choice; or the warning that it would drop channels.
func (s *Service) acceptConsent(ctx context.Context, a Attempt, c consent) error {
	return s.inSession(ctx, a.WorkspaceID, a.SessionID, func(tx Tx, session *Session) error {
		if session.Final() {
			return s.supersede(ctx, tx, a)
		}
		return s.takeIn(ctx, tx, session, a, c)
	})
}

// takeIn is acceptConsent inside its transaction.
func (s *Service) takeIn(ctx context.Context, tx Tx, session *Session, a Attempt, c consent) error {
	if !c.knowing && session.Display != DisplayDirect {
		lost, err := s.losses(ctx, tx, a, session.OwnerID, c)
		if err != nil {
			return err
		}
		if len(lost) > 0 {
			return s.warn(ctx, tx, a, c, len(lost))
		}
	}
	take := s.promote
	if session.InitiatorCheck == CheckConfirm {
		take = s.hold
	}
	grant, err := take(ctx, tx, a, session.OwnerID, c)
	if err != nil {
		return err
	}
	targets, err := s.saveTargets(ctx, tx, grant, c.targets)
	if err != nil {
		return err
	}
	now := a
	now.GrantID = grant.ID
	chosen, err := s.withoutChoice(ctx, tx, *session, targets)
	if err != nil {
		return err
	}
	if len(chosen) > 0 {
		return s.finishOrWait(ctx, tx, session, now, grant, chosen)
	}
	next := now.moved(s.now(), AttemptChoosing, nil)
	if err := tx.UpdateAttempt(ctx, next, a.State); err != nil {
		return err
	}
	if err := s.dropTemporary(ctx, tx, a, grant); err != nil {
		return err
	}
	return s.step(ctx, tx, next, string(AttemptChoosing), fmt.Sprint(len(targets)))
}

// withoutChoice is what becomes channels where nobody is to be asked: the pinned
// channel's target, everything there is, or the only one.
func (s *Service) withoutChoice(ctx context.Context, tx Tx, session Session, targets []Target) ([]Target, error) {
	switch {
	case session.ReconnectID != 0:
		ch, err := tx.Channel(ctx, session.WorkspaceID, session.ReconnectID)
		if errors.Is(err, fault.NotFound) {
			return nil, errUnpinned
		}
		if err != nil {
			return nil, err
		}
		wanted := slices.DeleteFunc(choosable(targets), func(t Target) bool {
			return t.Kind != ch.Kind || t.ExternalID != ch.ExternalID || t.Blocked != ""
		})
		if len(wanted) != 1 || ch.OwnerID != session.OwnerID {
			return nil, errUnpinned
		}
		return wanted, nil
	case session.Selection == SelectAll:
		return slices.DeleteFunc(choosable(targets), func(t Target) bool { return t.Blocked != "" }), nil
	}
	if only, ok := onlyChoice(targets); ok {
		return []Target{only}, nil
	}
	return nil, nil
}

// supersede ends an attempt whose session ended without it.
func (s *Service) supersede(ctx context.Context, tx Tx, a Attempt) error {
	ended, err := s.retired(ctx, tx, a, AttemptSuperseded, ErrSuperseded)
	if err != nil {
		return err
	}
	if err := tx.UpdateAttempt(ctx, ended, a.State); err != nil {
		return err
	}
	if err := s.dropGrant(ctx, tx, a.WorkspaceID, a.GrantID, a.subject); err != nil {
		return err
	}
	return s.step(ctx, tx, ended, string(AttemptSuperseded), ErrSuperseded.Reason)
}

// onlyChoice is the one target when there is exactly one and it can be chosen.
func onlyChoice(targets []Target) (Target, bool) {
	if accounts := choosable(targets); len(accounts) == 1 && accounts[0].Blocked == "" {
		return accounts[0], true
	}
	return Target{}, false
}

// choosable lists what a picker shows: targets that may become channels.
func choosable(targets []Target) []Target {
	var out []Target
	for _, t := range targets {
		if t.Role == platform.RoleAccount {
			out = append(out, t)
		}
	}
	return out
}

// fillGrant writes a verified consent into a grant.
func (s *Service) fillGrant(ctx context.Context, tx Tx, grant Grant, state GrantState, c consent) (Grant, error) {
	fence := grant.Fence
	grant.Fence++
	grant.TokenVersion++
	grant.State, grant.Subject, grant.Facts = state, c.identity.Subject, c.identity.Facts
	grant.Scopes, grant.ScopesTold, grant.UpdatedAt = c.identity.Scopes, c.identity.Scopes != nil, s.now()
	grant, err := s.sealGrant(grant, c.credentials)
	if err != nil {
		return Grant{}, err
	}
	if p, ok := s.platforms.Get(grant.Platform); ok && state == GrantUsable {
		grant.IssuedAt, grant.ProvenAt, grant.Told = earlier(s.now(), c.issued), s.now(), 0
		grant = s.scheduled(grant, p.Spec(), c.credentials)
		if err := s.callOff(ctx, tx, &grant, p.Spec()); err != nil {
			return Grant{}, err
		}
		if err := s.setHealth(ctx, tx, &grant, "", CauseCustomer); err != nil {
			return Grant{}, err
		}
	}
	return grant, tx.UpdateGrant(ctx, grant, fence)
}

// dropTemporary erases the unverified grant whose credentials went to an older one.
func (s *Service) dropTemporary(ctx context.Context, tx Tx, a Attempt, kept Grant) error {
	if a.GrantID == kept.ID {
		return nil
	}
	return s.dropGrantBut(ctx, tx, a.WorkspaceID, a.GrantID, "", false)
}

func (t Target) place() vault.Place {
	return vault.Place{Workspace: t.WorkspaceID, Table: "targets", Row: t.ID, Field: "credentials", Version: t.TokenVersion}
}

func (s *Service) saveTargets(ctx context.Context, tx Tx, g Grant, found []platform.Target) ([]Target, error) {
	saved := make([]Target, 0, len(found))
	keep := make([]int64, 0, len(found))
	for _, f := range found {
		t, err := tx.SaveTarget(ctx, Target{
			WorkspaceID: g.WorkspaceID, GrantID: g.ID, Kind: f.Kind, Role: f.Role, ExternalID: f.ExternalID,
			Facts: f.Facts, Blocked: f.Blocked, TokenVersion: g.TokenVersion,
		})
		if err != nil {
			return nil, err
		}
		t.TokenVersion = g.TokenVersion
		if t.Sealed, err = s.vault.Seal(t.place(), f.Credentials.Encode()); err != nil {
			return nil, err
		}
		if err := tx.SealTarget(ctx, t.WorkspaceID, t.ID, t.Sealed, t.TokenVersion); err != nil {
			return nil, err
		}
		saved, keep = append(saved, t), append(keep, t.ID)
	}
	if err := tx.DropTargets(ctx, g.WorkspaceID, g.ID, keep); err != nil {
		return nil, err
	}
	return saved, s.reached(ctx, tx, g, saved)
}

// reached tells the grant's channels whether the new consent reaches them.
func (s *Service) reached(ctx context.Context, tx Tx, g Grant, found []Target) error {
	channels, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	for _, c := range channels {
		i := slices.IndexFunc(found, func(t Target) bool { return t.ID == c.TargetID })
		n := news{cause: CauseCustomer, proven: true}
		switch {
		case i < 0:
			n = news{cause: CauseCustomer, reason: platform.ReasonTargetGone}
		case found[i].Blocked != "":
			n = news{cause: CauseCustomer, reason: platform.ReasonTargetPermission}
		}
		if err := s.setChannelHealth(ctx, tx, c, n); err != nil {
			return err
		}
	}
	return nil
}

// Resume goes on with an attempt that died after its credentials were stored.
// Only one caller does it at a time; fault.Conflict for the others. When ctx is
// canceled the attempt is left for the next one.
func (s *Service) Resume(ctx context.Context, a Attempt, realNow time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, s.lease)
	defer cancel()
	a, err := s.takeOver(ctx, a, realNow)
	if err != nil {
		return err
	}
	token, err := s.storedToken(ctx, a)
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	if err != nil { // it will not open at the next try either
		return s.failAttempt(ctx, a, ErrInterrupted.Because(err))
	}
	return s.verify(ctx, a, token)
}

// storedToken is what the platform answered to the attempt's code, as stored.
func (s *Service) storedToken(ctx context.Context, a Attempt) (platform.Token, error) {
	grant, err := s.store.Grant(ctx, a.WorkspaceID, a.GrantID)
	if err != nil {
		return platform.Token{}, err
	}
	secret, err := s.vault.Open(grant.place(), grant.Sealed)
	if err != nil {
		return platform.Token{}, err
	}
	credentials, err := platform.DecodeCredentials(secret)
	token := platform.Token{Credentials: credentials}
	if grant.ScopesTold {
		token.Scopes = grant.Scopes
	}
	return token, err
}

// takeOver moves the lease of a verifying attempt whose holder has died to us.
func (s *Service) takeOver(ctx context.Context, a Attempt, realNow time.Time) (Attempt, error) {
	err := s.inSession(ctx, a.WorkspaceID, a.SessionID, func(tx Tx, _ *Session) error {
		current, err := tx.Attempt(ctx, a.WorkspaceID, a.ID)
		if err != nil {
			return err
		}
		if current.State != AttemptVerifying || realNow.Before(current.LeaseUntil) {
			return ErrReplayed
		}
		a = current
		if a.LeaseUntil, err = s.leaseEnd(ctx, tx); err != nil {
			return err
		}
		if err := tx.UpdateAttempt(ctx, a, AttemptVerifying); err != nil {
			return err
		}
		return s.step(ctx, tx, a, "resumed", "")
	})
	return a, err
}
