package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// task is what a claim is for.
type task int

const (
	taskNone task = iota
	taskRefresh
	taskProbe
)

// Claim is a grant that this process holds, to refresh or to probe it. It was written
// down before anything is sent: whoever finds it without a living lease knows that an
// answer may have been lost.
type Claim struct {
	grant Grant // as claimed: its Fence is ours alone
	app   App   // as it was when the call was begun
	task  task
	lost  bool      // an answer to this refresh token may have been lost before
	until time.Time // nothing is sent after it: the lease may be over soon
	sent  time.Time // when the refresh was begun, as the lives of its tokens count from there
	where string    // origin of the account's own server; empty: there is one for all, or somebody waits
}

// DueApps lists the ids of apps (OAuth clients) whose grants have something due. Each is
// worked on by itself, so that the trouble of one platform delays no other.
func (s *Service) DueApps(ctx context.Context) ([]int64, error) {
	const most = 100_000 // an index probe each
	apps, err := s.store.DueApps(ctx, s.now(), most)
	if err != nil {
		return nil, fmt.Errorf("apps with something due: %w", err)
	}
	ids := make([]int64, 0, len(apps))
	for _, a := range apps {
		ids = append(ids, a.ID)
	}
	return ids, nil
}

// ClaimDue claims up to limit grants of an app for Work: as many as its rate allows, one
// alone where a trial shows whether its platform is back, none while it is held back.
// What needs no call (a forecast, a first plan) is done at once. Done tells how many
// grants were looked at; wait is how long the rate asks to wait where it allowed none.
func (s *Service) ClaimDue(ctx context.Context, appID int64, limit int) (claims []Claim, done int, wait time.Duration, err error) {
	began := time.Now()
	err = s.store.InTx(ctx, func(tx Tx) error {
		claims, done, wait = nil, 0, 0
		app, err := tx.LockAppByID(ctx, appID)
		if err != nil {
			return err
		}
		now := s.now()
		app = app.sane(now)
		if app.held(now) {
			done, err = s.whileHeld(ctx, tx, app)
			return err
		}
		turn, err := s.turns(ctx, tx, &app, limit)
		if err != nil || turn.n == 0 {
			wait = turn.wait
			return err
		}
		trial := app.Holds > 0
		if trial {
			turn.n = 1
		}
		grants, err := tx.DueGrants(ctx, appID, now, turn.n)
		if err != nil {
			return err
		}
		done = len(grants)
		begun := map[string]int{} // by server
		for _, g := range grants {
			where := s.serverOf(g)
			if s.servers.full(where, begun) {
				if err := s.postpone(ctx, tx, g, backOff(4)); err != nil {
					return fmt.Errorf("grant %d: %w", g.ID, err)
				}
				continue
			}
			claim, err := s.plan(ctx, tx, app, g)
			if err != nil {
				return fmt.Errorf("grant %d: %w", g.ID, err)
			}
			if claim.task != taskNone {
				claim.where = where
				begun[where]++
				claims = append(claims, claim.begun(s, began))
			}
		}
		if len(claims) == 0 {
			return nil
		}
		next := app.spend(turn.at, turn.rate, len(claims))
		if trial {
			next.HoldUntil = now.Add(trialTime)
		}
		return tx.PaceApp(ctx, next)
	})
	return claims, done, wait, err
}

// begun is the claim with the time until which it may send.
func (c Claim) begun(s *Service, at time.Time) Claim {
	if p, ok := s.platforms.Get(c.grant.Platform); ok {
		c.until = at.Add(s.deadlineOf(p.Spec()))
	}
	return c
}

// whileHeld does what needs no call for the grants of an app that is held back.
func (s *Service) whileHeld(ctx context.Context, tx Tx, app App) (int, error) {
	told, err := s.tellDue(ctx, tx, app)
	if err != nil {
		return 0, err
	}
	stale, err := s.markStale(ctx, tx, app)
	return told + stale, err
}

// tellDue emits the forecasts that are due, and the ends.
func (s *Service) tellDue(ctx context.Context, tx Tx, app App) (int, error) {
	const most = 100
	grants, err := tx.TellGrants(ctx, app.ID, s.now(), most)
	if err != nil {
		return 0, err
	}
	for _, g := range grants {
		fence := g.Fence
		g.Fence++
		p, ok := s.platforms.Get(g.Platform)
		credentials, err := s.credentialsOf(g)
		if !ok || err != nil { // plan says what is the matter, when the app is let go
			g.TellAt = s.now().Add(time.Hour)
		} else if err := s.tell(ctx, tx, &g, p.Spec(), credentials); err != nil {
			return 0, err
		}
		if err := tx.UpdateGrant(ctx, g, fence); err != nil {
			return 0, err
		}
	}
	return len(grants), nil
}

// markStale says of grants whose app is held back, and whose access token has run out
// meanwhile, what keeps them.
func (s *Service) markStale(ctx context.Context, tx Tx, app App) (int, error) {
	const most = 100
	grants, err := tx.StaleGrants(ctx, app.ID, s.now(), most)
	if err != nil {
		return 0, err
	}
	reason := ReasonUnavailable
	if app.Trouble == ReasonAppRejected {
		reason = ReasonAppRejected
	}
	for _, g := range grants {
		fence := g.Fence
		g.Fence++
		if err := s.setHealth(ctx, tx, &g, reason, CausePlatform); err != nil {
			return 0, err
		}
		if err := tx.UpdateGrant(ctx, g, fence); err != nil {
			return 0, err
		}
	}
	return len(grants), nil
}

// plan decides what a due grant needs, and writes it down: the claim, or the grant as it
// is after what needed no call. The grant was locked in this transaction.
func (s *Service) plan(ctx context.Context, tx Tx, app App, g Grant) (Claim, error) {
	fence, now := g.Fence, s.now()
	p, ok := s.platforms.Get(g.Platform)
	if !ok { // of a newer version, or no longer supported
		return Claim{}, s.postpone(ctx, tx, g, time.Hour)
	}
	spec := p.Spec()
	credentials, err := s.credentialsOf(g)
	if err != nil {
		s.log.ErrorContext(ctx, "stored credentials", "grant", g.ID, "cause", err)
		g.Fence++
		if err := s.setHealth(ctx, tx, &g, ReasonUnreadable, CauseSystem); err != nil {
			return Claim{}, err
		}
		g.RefreshAt, g.TellAt, g.ProbeAt = time.Time{}, time.Time{}, now.Add(time.Hour) // its key may come back
		return Claim{}, tx.UpdateGrant(ctx, g, fence)
	}
	if g.HealthReason == ReasonUnreadable { // its key is back
		g = s.scheduled(g, spec, credentials)
		if err := s.setHealth(ctx, tx, &g, "", CauseOperator); err != nil {
			return Claim{}, err
		}
	}
	if g.IssuedAt.IsZero() { // from before there was anything to plan
		g.IssuedAt = now
		if !g.ExpiresAt.IsZero() && spec.AccessLifetime > 0 {
			g.IssuedAt = g.ExpiresAt.Add(-spec.AccessLifetime)
		}
		phase := g.Phase
		g = s.scheduled(g, spec, credentials)
		g.Phase = phase
	}
	if g.Phase == PhaseAwaiting && !rotates(spec) { // it was held for nothing, and goes on as planned
		g.Phase, g.RefreshAt = PhaseIdle, plannedAt(g, spec, credentials)
	}
	if !platform.Refreshable(spec, credentials) {
		g.RefreshAt = time.Time{}
	}
	if err := s.tell(ctx, tx, &g, spec, credentials); err != nil {
		return Claim{}, err
	}
	if g.Phase == PhaseHeld {
		if err := s.holdBack(ctx, tx, &g, spec, credentials); err != nil {
			return Claim{}, err
		}
	}
	claim := Claim{app: app}
	claim.grant, claim.task, claim.lost = s.next(g, spec, now)
	if claim.task == taskProbe && app.Holds > 0 { // a refresh shows whether the trouble is over
		claim.task, claim.grant.ProbeAt = taskNone, now.Add(backOff(7))
	}
	if claim.task == taskNone {
		claim.grant.Fence++
		return claim, tx.UpdateGrant(ctx, claim.grant, fence)
	}
	return claim, s.writeClaim(ctx, tx, &claim, spec)
}

// rotates tells whether a refresh token works once, so that sending an old one may end
// what another server lives on.
func rotates(spec platform.Spec) bool {
	return spec.Refresh == platform.RefreshRotating || spec.Refresh == platform.RefreshRotatingGrace
}

// holdBack leaves the refresh token of a restored grant alone. Where there is none, or
// where sending an old one does no harm, nothing is held back.
func (s *Service) holdBack(ctx context.Context, tx Tx, g *Grant, spec platform.Spec, c platform.Credentials) error {
	if !rotates(spec) || !platform.Refreshable(spec, c) {
		g.Phase = PhaseIdle
		return nil
	}
	now := s.now()
	if g.RefreshAt.IsZero() || now.Before(g.RefreshAt) { // of a consent that is over there is none
		return nil
	}
	expired := !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt)
	g.RefreshAt = now.Add(15 * time.Minute) // looked at again
	if !expired {
		g.RefreshAt = earlier(g.RefreshAt, g.ExpiresAt)
	}
	if !g.ProbeAt.IsZero() && g.ProbeAt.Before(g.RefreshAt) { // a token that is due was proven long ago, or refused just now
		g.ProbeAt = g.RefreshAt.Add(time.Second)
	}
	if !expired {
		return nil
	}
	return s.setHealth(ctx, tx, g, ReasonHeld, CauseSystem)
}

// next is what the grant needs now, and the grant in the phase that says so.
func (s *Service) next(g Grant, spec platform.Spec, now time.Time) (_ Grant, t task, lost bool) {
	if g.Phase == PhaseRedeeming { // whoever held it died, or froze, on the way
		switch {
		case spec.Refresh == platform.RefreshRotatingGrace && now.Before(g.UpdatedAt.Add(spec.RefreshGrace)):
			return g, taskRefresh, true
		case rotates(spec):
			g.Phase, g.RefreshAt, g.UpdatedAt = PhaseAwaiting, lastTryAt(g), now
			// Whoever held it may still be trying to commit what it was answered.
			if soon := now.Add(2 * longestPersist); !g.RefreshAt.IsZero() && g.RefreshAt.Before(soon) {
				g.RefreshAt = soon
			}
		default: // sending it again does no harm
			return g, taskRefresh, false
		}
	}
	if !g.RefreshAt.IsZero() && !g.ExpiresAt.IsZero() && !now.Before(g.ExpiresAt) && !g.ProbeAt.IsZero() {
		g.ProbeAt = g.RefreshAt.Add(time.Second) // a token that has run out proves nothing
	}
	switch {
	case !g.RefreshAt.IsZero() && !now.Before(g.RefreshAt):
		return g, taskRefresh, g.Phase == PhaseAwaiting
	case !g.ProbeAt.IsZero() && !now.Before(g.ProbeAt):
		return g, taskProbe, false
	default:
		return g, taskNone, false
	}
}

// writeClaim is the intent: after it is committed, and only then, something is sent.
func (s *Service) writeClaim(ctx context.Context, tx Tx, c *Claim, spec platform.Spec) error {
	fence := c.grant.Fence
	c.grant.Fence++
	if c.task == taskRefresh {
		if c.grant.Phase == PhaseIdle || c.grant.Phase == PhaseAwaiting {
			c.grant.UpdatedAt = s.now() // when this refresh token was first sent, as far as that counts
		}
		c.grant.Phase, c.grant.RefreshAt = PhaseRedeeming, s.now() // due, should we die
	}
	deadline := s.deadlineOf(spec)
	return tx.ClaimGrant(ctx, c.grant, fence, deadline+deadline/2)
}

// deadlineOf bounds a refresh or a probe as a whole. Where the old refresh token lives on
// for a while, a lost answer must be noticed in time to send it again.
func (s *Service) deadlineOf(spec platform.Spec) time.Duration {
	if spec.Refresh == platform.RefreshRotatingGrace && spec.RefreshGrace > 0 {
		return min(s.deadline, spec.RefreshGrace/3)
	}
	return s.deadline
}

// tell emits the forecast that is due, or the end of the consent.
func (s *Service) tell(ctx context.Context, tx Tx, g *Grant, spec platform.Spec, c platform.Credentials) error {
	now := s.now()
	if g.TellAt.IsZero() || now.Before(g.TellAt) {
		return nil
	}
	if !now.Before(g.EndsAt) {
		g.TellAt = time.Time{}
		if spec.Refresh == platform.RefreshStable && platform.Refreshable(spec, c) && now.Before(g.ExpiresAt) {
			g.RefreshAt = time.Time{} // the refresh token has ended, the access token is still good
			g.EndsAt, g.TellAt = g.ExpiresAt, g.ExpiresAt
			return nil
		}
		g.RefreshAt, g.ProbeAt = time.Time{}, time.Time{}
		if spec.ProbeEvery > 0 { // once more: should our clock have leapt, it is found alive
			g.ProbeAt = now.Add(time.Hour)
		}
		return s.setHealth(ctx, tx, g, platform.ReasonConsentExpired, CauseSystem)
	}
	days := forecast(*g, now)
	if days != 0 {
		g.Told = days
		if err := s.foretell(ctx, tx, g, days); err != nil {
			return err
		}
	}
	g.TellAt = tellAt(*g)
	return nil
}

// postpone looks at the grant again later.
func (s *Service) postpone(ctx context.Context, tx Tx, g Grant, by time.Duration) error {
	at, fence := s.now().Add(by), g.Fence
	for _, due := range []*time.Time{&g.RefreshAt, &g.ProbeAt, &g.TellAt} {
		if !due.IsZero() && due.Before(at) {
			*due = at
		}
	}
	g.Fence++
	return tx.UpdateGrant(ctx, g, fence)
}

// credentialsOf opens a grant's credentials; errErased where it was dead for long.
func (s *Service) credentialsOf(g Grant) (platform.Credentials, error) {
	if g.erased() {
		return platform.Credentials{}, fmt.Errorf("credentials of grant %d: %w", g.ID, errErased)
	}
	secret, err := s.vault.Open(g.place(), g.Sealed)
	if err != nil {
		return platform.Credentials{}, fmt.Errorf("credentials of grant %d: %w", g.ID, err)
	}
	return platform.DecodeCredentials(secret)
}

// clientOf is the app with which a grant was given.
func (s *Service) clientOf(ctx context.Context, g Grant) (platform.App, error) {
	app, err := s.appOf(ctx, Attempt{WorkspaceID: g.WorkspaceID, Platform: g.Platform, AppID: g.AppID})
	if errors.Is(err, fault.NotFound) {
		return platform.App{}, ErrNotConfigured
	}
	return app, err
}
