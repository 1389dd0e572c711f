package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// Work refreshes or probes a claimed grant and commits what came of it. What the platform
// answered is recorded on the grant and is no error here.
//
// It runs on when ctx is canceled: what was sent must be waited for.
func (s *Service) Work(ctx context.Context, c Claim) error {
	ctx = context.WithoutCancel(ctx)
	defer s.servers.call(c.where)()
	if c.task == taskProbe {
		_, err := s.probe(ctx, c, 0)
		return err
	}
	_, err := s.refresh(ctx, c)
	return err
}

// refresh sends the refresh once and commits the outcome. The refusal is what the platform
// said instead of a token; err is ours.
func (s *Service) refresh(ctx context.Context, c Claim) (no *platform.Refusal, err error) {
	p, ok := s.platforms.Get(c.grant.Platform)
	if !ok {
		return nil, ErrNotOffered
	}
	c.sent = s.now()
	token, refused := s.redeem(ctx, p, c)
	no = platform.RefusalOf(refused)
	class := platform.ClassFine
	if no != nil {
		class = no.Class
		s.log.WarnContext(ctx, "refresh refused", slog.Int64("grant", c.grant.ID), slog.String("platform", c.grant.Platform),
			slog.String("class", string(class)), slog.Bool("ambiguous", no.Ambiguous), slog.Any("cause", refused))
	}
	s.refreshed(c.grant.Platform, class)
	if no == nil {
		return nil, s.keep(ctx, c, p.Spec(), token)
	}
	return no, s.commit(ctx, c, func(tx Tx, g *Grant) error { return s.refused(ctx, tx, c, g, p.Spec(), no) })
}

// redeem is the one request. Nothing else is done before what it answered is stored.
func (s *Service) redeem(ctx context.Context, p platform.Platform, c Claim) (platform.Token, error) {
	ctx, cancel := context.WithDeadline(ctx, c.until)
	defer cancel()
	g := c.grant
	app, credentials, err := s.armed(ctx, g)
	if err != nil {
		return platform.Token{}, err
	}
	return platform.Refresh(ctx, s.envOf(g.Platform), p, platform.RefreshRequest{App: app, Credentials: credentials, Subject: g.Subject})
}

// errOurs marks refusals that say nothing of the platform: nothing was sent.
var errOurs = errors.New("on our side")

// armed is what a call for the grant needs. Its errors are refusals: nothing was sent.
func (s *Service) armed(ctx context.Context, g Grant) (platform.App, platform.Credentials, error) {
	app, err := s.clientOf(ctx, g)
	if errors.Is(err, fault.PlatformRejected) {
		return app, platform.Credentials{}, platform.Refuse(platform.ClassConfiguration, "", err)
	}
	var credentials platform.Credentials
	if err == nil {
		credentials, err = s.credentialsOf(g)
	}
	if errors.Is(err, errErased) { // since the caller looked: it is over, as was known
		return app, credentials, platform.Refuse(platform.ClassPermanent, g.HealthReason, err)
	}
	if err == nil {
		err = ctx.Err() // frozen, or kept waiting by the database: another may hold the grant by now
	}
	if err != nil {
		return app, credentials, platform.Refuse(platform.ClassTransient, "", fmt.Errorf("%w: %w", errOurs, err))
	}
	return app, credentials, nil
}

// errLate answers a write that came after another process had taken the grant over, or
// the person had consented anew.
var errLate = fault.New(fault.Conflict, "late", "The grant was changed meanwhile.")

// keep commits new credentials. Where the compare-and-swap refuses, because our lease was
// over and another process took the grant for abandoned, the answer may still be the only
// valid successor of what is stored: then it is taken in as a claim of its own.
func (s *Service) keep(ctx context.Context, c Claim, spec platform.Spec, token platform.Token) error {
	renew := func(tx Tx, g *Grant) error { return s.renewed(ctx, tx, c, g, spec, token) }
	err := s.commit(ctx, c, renew)
	if !errors.Is(err, errLate) {
		return err
	}
	s.log.WarnContext(ctx, "late answer refused", slog.Int64("grant", c.grant.ID), slog.String("platform", c.grant.Platform))
	orphan := false
	err = s.persist(ctx, func() error {
		return s.store.InTx(ctx, func(tx Tx) error {
			orphan = false
			g, err := tx.LockGrant(ctx, c.grant.WorkspaceID, c.grant.ID)
			switch {
			case errors.Is(err, fault.NotFound): // erased meanwhile: what came of its token is to be ended too
				orphan = true
				return s.queueRevocation(ctx, tx, c.grant, token.Credentials)
			case err != nil:
				return err
			case g.TokenVersion != c.grant.TokenVersion:
				return errLate // renewed, or consented anew
			case g.LeaseLeft > 0:
				return errBusy // tried again: what holds it may be a probe
			}
			fence := g.Fence
			if err := renew(tx, &g); err != nil {
				return err
			}
			s.log.InfoContext(ctx, "late answer taken in", slog.Int64("grant", g.ID))
			return tx.UpdateGrant(ctx, g, fence)
		})
	})
	if err == nil && orphan {
		return errLate
	}
	return err
}

// commit writes what a call brought, provided that the claim is still ours; errLate when
// it is not. change gets the grant as it is stored.
func (s *Service) commit(ctx context.Context, c Claim, change func(Tx, *Grant) error) error {
	var wrote Grant // by the try before
	return s.persist(ctx, func() error {
		return s.store.InTx(ctx, func(tx Tx) error {
			g, err := tx.LockGrant(ctx, c.grant.WorkspaceID, c.grant.ID)
			switch {
			case errors.Is(err, fault.NotFound):
				return errLate
			case err != nil:
				return err
			case wrote.ID != 0 && g.Fence == wrote.Fence && g.TokenVersion == wrote.TokenVersion && g.Phase == wrote.Phase:
				return nil // the commit before went through, and its answer was lost
			case g.Fence != c.grant.Fence:
				return errLate
			}
			if err := change(tx, &g); err != nil {
				return err
			}
			wrote = g
			return tx.UpdateGrant(ctx, g, c.grant.Fence)
		})
	})
}

// persist runs a commit until the database takes it: what it holds exists nowhere else.
// After a commit whose outcome was lost the next try finds the fence moved on.
func (s *Service) persist(ctx context.Context, commit func() error) error {
	const longest = 15 * time.Minute // for what no patience mends; a database in trouble is waited for
	began, wait := time.Now(), 50*time.Millisecond
	for {
		err := commit()
		away := waitedFor[fault.ReasonOf(err)]
		if away {
			began = time.Now()
		}
		if err == nil || errors.Is(err, errLate) || !away && time.Since(began) > longest {
			return err
		}
		if !errors.Is(err, errBusy) {
			s.log.ErrorContext(ctx, "commit of a refresh", slog.Any("cause", err))
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
		wait = min(2*wait, longestPersist)
	}
}

// waitedFor are a database's own troubles, which end when somebody sees to it.
var waitedFor = map[string]bool{"database_away": true, "database_unwritable": true}

// longestPersist is the longest pause between two tries of a commit.
const longestPersist = 5 * time.Second

// renewed writes new credentials into the grant, and what follows from them.
func (s *Service) renewed(ctx context.Context, tx Tx, c Claim, g *Grant, spec platform.Spec, token platform.Token) error {
	now := s.now()
	before := g.ExpiresAt
	g.Fence++
	g.TokenVersion++
	g.IssuedAt, g.ProvenAt, g.UpdatedAt = c.sent, now, now // from where its life was counted
	sealed, err := s.sealGrant(*g, token.Credentials)
	if err != nil {
		return err
	}
	told, ends, held := g.Told, g.EndsAt, g.Phase == PhaseHeld
	*g = s.scheduled(sealed, spec, token.Credentials)
	if held { // since it was claimed
		g.Phase = PhaseHeld
	}
	if life := before.Sub(c.grant.IssuedAt); spec.Refresh == platform.RefreshRenewing && g.ExpiresAt.Sub(before) < min(time.Hour, life/10) {
		g.IssuedAt, g.Told, g.EndsAt = c.grant.IssuedAt, told, ends // it brought no time
		earliest := refreshAt(g.IssuedAt, g.ExpiresAt, 1)
		g.RefreshAt, g.TellAt = time.Time{}, tellAt(*g)
		if now.Before(renewAt(*g, earliest)) { // but it was asked for early, on demand
			g.RefreshAt = plannedAt(*g, spec, token.Credentials)
		}
	}
	if token.Scopes != nil {
		g.Scopes, g.ScopesTold = token.Scopes, true
	}
	reason := ""
	switch {
	case g.ScopesTold && spec.LacksRequired(g.Scopes):
		reason = platform.ReasonScopesMissing
	case g.Told != 0: // the end stays foretold
		reason = ReasonEnding
	}
	if err := s.setHealth(ctx, tx, g, reason, CausePlatform); err != nil {
		return err
	}
	return s.noteApp(ctx, tx, c.app, nil)
}

// refused writes into the grant what an answer without a token means for it.
func (s *Service) refused(ctx context.Context, tx Tx, c Claim, g *Grant, spec platform.Spec, no *platform.Refusal) error {
	now := s.now()
	g.Fence++
	first, held := g.UpdatedAt, g.Phase == PhaseHeld // when this refresh token was first sent; told since then to hold
	g.Phase, g.UpdatedAt = PhaseIdle, now
	if c.lost {
		g.Phase = PhaseAwaiting
	}
	switch no.Class {
	case platform.ClassPermanent:
		reason := no.Reason
		if c.lost && (reason == platform.ReasonRevoked || reason == "") {
			reason = ReasonLostRotation
		}
		return s.end(ctx, tx, c, g, spec, reason)
	case platform.ClassConfiguration: // its app is held back, until it is mended
		if spec.OwnServers { // or nobody but this grant
			g.Failures++
		}
		g.RefreshAt = now.Add(backOff(g.Failures))
	case platform.ClassRateLimited:
		if spec.OwnServers {
			g.Failures++
		}
		app, _ := c.app.after(no, now)
		g.RefreshAt = app.HoldUntil.Add(backOff(1))
	default:
		g.Failures++
		g.RefreshAt = now.Add(backOff(g.Failures))
		if app, _ := c.app.after(no, now); app.held(now) { // due as soon as its app may be tried again
			g.RefreshAt = earlier(g.RefreshAt, app.HoldUntil)
		}
		if asked := now.Add(no.RetryAfter); g.RefreshAt.Before(asked) {
			g.RefreshAt = asked
		}
	}
	if no.Ambiguous {
		s.awaitLost(g, spec, first)
	}
	if held {
		g.Phase = PhaseHeld
	}
	if !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt) {
		reason := ReasonUnavailable
		switch {
		case errors.Is(no, ErrNotConfigured):
			reason = ReasonNotConfigured
		case no.Class == platform.ClassConfiguration:
			reason = ReasonAppRejected
		}
		if err := s.setHealth(ctx, tx, g, reason, CausePlatform); err != nil {
			return err
		}
	}
	if errors.Is(no, errOurs) || spec.OwnServers { // it says nothing of our app
		return nil
	}
	return s.noteApp(ctx, tx, c.app, no)
}

// awaitLost is what follows when the refresh token may be spent: by the platform's model.
func (s *Service) awaitLost(g *Grant, spec platform.Spec, first time.Time) {
	now := s.now()
	switch spec.Refresh {
	case platform.RefreshRotatingGrace:
		if now.Before(first.Add(spec.RefreshGrace)) { // sent again, it answers the same
			g.Phase, g.UpdatedAt, g.RefreshAt = PhaseRedeeming, first, now.Add(time.Second)
			return
		}
	case platform.RefreshRotating:
	default:
		return
	}
	g.Phase = PhaseAwaiting
	if at := lastTryAt(*g); at.IsZero() || at.After(g.RefreshAt) {
		g.RefreshAt = at
	}
}

// end stops what is due for a consent that only the person can mend. One that somebody
// else can mend is asked about again.
func (s *Service) end(ctx context.Context, tx Tx, c Claim, g *Grant, spec platform.Spec, reason string) error {
	if reason == "" {
		reason = platform.ReasonRevoked
	}
	if Diagnose(reason).Health == HealthNeedsReauth {
		g.Phase, g.RefreshAt, g.ProbeAt, g.TellAt = PhaseIdle, time.Time{}, time.Time{}, time.Time{}
	} else {
		g.ProbeAt = s.nextProbe(spec, s.now())
		if later := s.now().Add(backOff(7)); !g.RefreshAt.IsZero() && g.RefreshAt.Before(later) {
			g.RefreshAt = later
		}
	}
	if err := s.setHealth(ctx, tx, g, reason, CausePlatform); err != nil {
		return fmt.Errorf("health of grant %d: %w", g.ID, err)
	}
	if c.task == taskProbe || spec.OwnServers {
		return nil
	}
	return s.noteApp(ctx, tx, c.app, nil) // it was answered
}
