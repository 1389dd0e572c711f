package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// enough tells whether a grant's access token will do for a lease.
func (s *Service) enough(g Grant, r LeaseRequest) bool {
	return g.TokenVersion > r.NewerThan && (g.ExpiresAt.IsZero() || g.ExpiresAt.Sub(s.now()) >= r.MinLife)
}

// freshGrant is the grant with a token that will do, refreshed if need be. In this process one
// caller at a time sees to it; other replicas are kept away by the lease in the grant's row.
func (s *Service) freshGrant(ctx context.Context, g Grant, r LeaseRequest) (Grant, error) {
	if s.enough(g, r) {
		return g, nil
	}
	unlock, err := s.refreshing.lock(ctx, fmt.Sprint(g.ID))
	if err != nil {
		return g, err
	}
	defer unlock()
	for {
		if g, err = s.store.Grant(ctx, g.WorkspaceID, g.ID); err != nil || s.enough(g, r) {
			return g, err
		}
		if Diagnose(g.HealthReason).Health == HealthNeedsReauth {
			return g, reauth(g.HealthReason)
		}
		if err := s.tooLong(g, r); err != nil {
			return g, err
		}
		claim, err := s.claimNow(ctx, g, taskRefresh)
		switch {
		case errors.Is(err, errBusy):
			if err := s.awaitOther(ctx, g); err != nil {
				return g, err
			}
			continue
		case errors.Is(err, errNotRefreshable):
			return g, s.cannotRefresh(g, r)
		case err != nil:
			return g, err
		}
		no, err := s.refresh(context.WithoutCancel(ctx), claim)
		if errors.Is(err, errLate) {
			continue // somebody else renewed it
		}
		if err != nil {
			return g, err
		}
		return s.afterRefresh(ctx, g, r, no)
	}
}

// tooLong is why a new token would hardly live longer than the one in use: no token lives for
// so long, or this one is new.
func (s *Service) tooLong(g Grant, r LeaseRequest) error {
	life, used := g.ExpiresAt.Sub(g.IssuedAt), s.now().Sub(g.IssuedAt)
	switch {
	case g.TokenVersion <= r.NewerThan, g.ExpiresAt.IsZero():
		return nil
	case life < r.MinLife:
		return ErrTokenShort
	case used < life/10:
		return errTokenNew.After(life/10 - used)
	}
	return nil
}

// afterRefresh is the grant as it came out of a refresh on demand, or why it will not do.
func (s *Service) afterRefresh(ctx context.Context, g Grant, r LeaseRequest, no *platform.Refusal) (Grant, error) {
	g, err := s.store.Grant(ctx, g.WorkspaceID, g.ID)
	switch {
	case err != nil || s.enough(g, r):
		return g, err
	case Diagnose(g.HealthReason).Health == HealthNeedsReauth:
		return g, reauth(g.HealthReason)
	case no == nil:
		return g, ErrTokenShort
	case no.Class == platform.ClassConfiguration:
		return g, platform.ErrRejected
	default:
		return g, ErrRefreshing.After(max(no.RetryAfter, 15*time.Second))
	}
}

var (
	errBusy           = errors.New("another process holds the grant")
	errNotRefreshable = errors.New("only the person can renew this")
	errUnrenewable    = errors.New("the platform refused a token that only the person can renew")

	errTokenNew = fault.New(fault.Conflict, ErrTokenShort.Reason, "The token is new, and another one would hardly live longer. Ask for less, or later.")
	errUnasked  = fault.New(fault.PlatformUnavailable, platform.ErrUnavailable.Reason, "The platform is in trouble, and is not asked before it had time to recover. Nothing was learned about the channel.").After(shortestBackOff)
)

// claimNow claims one grant for a task that somebody waits for. errBusy while another
// process holds it, errNotRefreshable, ErrRefreshing where its platform is not to be asked
// now. It waits for its turn where the rate of the app asks to.
func (s *Service) claimNow(ctx context.Context, g Grant, t task) (claim Claim, err error) {
	for {
		claim, wait, err := s.tryClaim(ctx, g, t)
		if err != nil || wait == 0 {
			return claim, err
		}
		select {
		case <-ctx.Done():
			return Claim{}, ErrRefreshing
		case <-time.After(min(wait, time.Second)):
		}
	}
}

// tryClaim is claimNow, with the time to wait where the rate allows nothing now.
func (s *Service) tryClaim(ctx context.Context, g Grant, t task) (claim Claim, wait time.Duration, err error) {
	p, ok := s.platforms.Get(g.Platform)
	if !ok {
		return Claim{}, 0, ErrNotOffered
	}
	spec := p.Spec()
	began, refused := time.Now(), error(nil)
	err = s.store.InTx(ctx, func(tx Tx) error {
		refused, wait = nil, 0
		known := g.TokenVersion
		g, err := tx.LockGrant(ctx, g.WorkspaceID, g.ID)
		if err != nil {
			return err
		}
		if t == taskRefresh && g.TokenVersion != known { // renewed between the look and the lock
			refused = errBusy
			return nil
		}
		app, err := tx.LockAppByID(ctx, g.AppID)
		if err != nil {
			return fmt.Errorf("app %d: %w", g.AppID, err)
		}
		app = app.sane(s.now())
		if refused = s.mayClaim(g, app, spec, t); refused != nil {
			return nil
		}
		if (g.Phase == PhaseHeld || g.Phase == PhaseAwaiting) && !rotates(spec) {
			g.Phase = PhaseIdle
		}
		lost := g.Phase != PhaseIdle
		if g.Phase == PhaseRedeeming && t == taskRefresh { // whoever held it is dead: as when it is found due
			before := g.Fence
			if g, _, lost = s.next(g, spec, s.now()); g.Phase == PhaseAwaiting && !s.lastTryDue(g) {
				g.Fence++
				refused = ErrRefreshing
				return tx.UpdateGrant(ctx, g, before)
			}
		}
		turn, err := s.turns(ctx, tx, &app, 1)
		if err != nil || turn.n == 0 {
			wait = turn.wait
			return err
		}
		next := app.spend(turn.at, turn.rate, 1)
		if app.Holds > 0 && t == taskRefresh {
			next.HoldUntil = s.now().Add(trialTime)
		}
		if err := tx.PaceApp(ctx, next); err != nil {
			return err
		}
		claim = Claim{grant: g, app: app, task: t, lost: lost && t == taskRefresh, until: began.Add(s.deadlineOf(spec))}
		return s.writeClaim(ctx, tx, &claim, spec)
	})
	if err == nil {
		err = refused
	}
	return claim, wait, err
}

// mayClaim is why the grant cannot be claimed on demand.
func (s *Service) mayClaim(g Grant, app App, spec platform.Spec, t task) error {
	if g.LeaseLeft > 0 {
		return errBusy
	}
	if app.held(s.now()) {
		return heldOnDemand(app, t, s.now())
	}
	if t != taskRefresh {
		return nil
	}
	credentials, err := s.credentialsOf(g)
	switch {
	case err != nil:
		return reauth(ReasonUnreadable)
	case !platform.Refreshable(spec, credentials):
		return errNotRefreshable
	case g.Phase == PhaseHeld && rotates(spec):
		return ErrHeld
	}
	if wait := s.restOf(g, spec); wait > 0 {
		return ErrRefreshing.After(wait)
	}
	return nil
}

// heldOnDemand is why nothing is sent for an app that is held back: its operator has to act,
// or its platform is in trouble.
func heldOnDemand(app App, t task, now time.Time) error {
	wait := app.HoldUntil.Sub(now)
	switch {
	case app.Trouble == ReasonAppRejected:
		return platform.ErrRejected.After(wait)
	case t == taskRefresh:
		return ErrRefreshing.After(wait)
	default:
		return errUnasked.After(wait)
	}
}

// restOf is how long a grant's refresh token is still left alone though somebody waits. One
// that may be spent is sent once more when there is little to lose. One whose last try
// failed is tried when the next one is due, or once the platform said so; but whoever
// waits is not made to wait for a long back-off, and not at all where the clock was set
// back since.
func (s *Service) restOf(g Grant, spec platform.Spec) time.Duration {
	now := s.now()
	due, since := g.RefreshAt.Sub(now), now.Sub(g.UpdatedAt)
	awaiting := g.Phase == PhaseAwaiting && rotates(spec)
	switch {
	case g.RefreshAt.IsZero():
		if awaiting {
			return shortestBackOff
		}
		return 0
	case awaiting && (g.ExpiresAt.IsZero() || now.Before(g.ExpiresAt)):
		return max(0, due)
	case !awaiting && g.Failures == 0, since < 0:
		return 0
	case g.RefreshAt.Sub(g.UpdatedAt) > 2*longestBackOff: // the platform said when
		return max(0, due)
	}
	return max(0, min(due, shortestBackOff-since))
}

// lastTryDue tells whether a refresh token that may be spent is worth sending now: little is
// left of the access token, the platform refused that, or the operator says so.
func (s *Service) lastTryDue(g Grant) bool {
	return !g.RefreshAt.IsZero() && !s.now().Before(g.RefreshAt)
}

// awaitOther waits until the process that holds the grant is done with it, or dead.
func (s *Service) awaitOther(ctx context.Context, g Grant) error {
	wait := 20 * time.Millisecond
	for {
		select {
		case <-ctx.Done():
			return ErrRefreshing
		case <-time.After(wait):
		}
		now, err := s.store.Grant(ctx, g.WorkspaceID, g.ID)
		if err != nil || now.LeaseLeft <= 0 {
			return err
		}
		wait = min(2*wait, 250*time.Millisecond)
	}
}

// cannotRefresh is the answer where only the person can renew the token; errUnrenewable
// where the platform is to be asked what is the matter with it.
func (s *Service) cannotRefresh(g Grant, r LeaseRequest) error {
	switch {
	case !g.ExpiresAt.IsZero() && !s.now().Before(g.ExpiresAt):
		return reauth(platform.ReasonConsentExpired)
	case g.TokenVersion > r.NewerThan:
		return ErrTokenShort
	default:
		return errUnrenewable
	}
}
