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
		if life := g.ExpiresAt.Sub(g.IssuedAt); g.TokenVersion > r.NewerThan && !g.ExpiresAt.IsZero() && life < r.MinLife {
			return g, ErrTokenShort // a new one would not live longer
		}
		claim, err := s.claimNow(ctx, g, taskRefresh)
		switch {
		case errors.Is(err, errBusy):
			if err := s.awaitOther(ctx, g); err != nil {
				return g, err
			}
			continue
		case errors.Is(err, errNotRefreshable):
			return g, s.cannotRefresh(ctx, g, r)
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
)

// claimNow claims one grant for a task that somebody waits for. errBusy while another
// process holds it, errNotRefreshable, ErrRefreshing where its platform is not to be asked now.
func (s *Service) claimNow(ctx context.Context, g Grant, t task) (claim Claim, err error) {
	p, ok := s.platforms.Get(g.Platform)
	if !ok {
		return Claim{}, ErrNotOffered
	}
	spec := p.Spec()
	refused := error(nil)
	err = s.store.InTx(ctx, func(tx Tx) error {
		refused = nil
		g, err := tx.LockGrant(ctx, g.WorkspaceID, g.ID)
		if err != nil {
			return err
		}
		app, err := tx.App(ctx, g.WorkspaceID, g.AppID)
		if err != nil {
			return fmt.Errorf("app %d: %w", g.AppID, err)
		}
		if refused = s.mayClaim(g, app, spec, t); refused != nil {
			return nil
		}
		if g.Phase == PhaseHeld && !rotates(spec) {
			g.Phase = PhaseIdle
		}
		lost := g.Phase != PhaseIdle
		if g.Phase == PhaseRedeeming && t == taskRefresh { // whoever held it is dead: as when it is found due
			before := g.Fence
			if g, _, lost = s.next(g, spec, s.now()); g.Phase == PhaseAwaiting && !s.nearEnd(g) {
				g.Fence++
				refused = ErrRefreshing
				return tx.UpdateGrant(ctx, g, before)
			}
		}
		claim = Claim{grant: g, app: app, task: t, lost: lost && t == taskRefresh}
		return s.writeClaim(ctx, tx, &claim, spec)
	})
	if err == nil {
		err = refused
	}
	return claim, err
}

// mayClaim is why the grant cannot be claimed on demand.
func (s *Service) mayClaim(g Grant, app App, spec platform.Spec, t task) error {
	if g.LeaseLeft > 0 {
		return errBusy
	}
	if app.held(s.now()) {
		return ErrRefreshing.After(app.HoldUntil.Sub(s.now()))
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
	case g.Phase == PhaseAwaiting && !s.nearEnd(g):
		return ErrRefreshing // the refresh token may be spent: it is sent once more when there is little to lose
	}
	return nil
}

// nearEnd tells whether so little is left of the access token that a refresh token which
// may be spent is worth sending.
func (s *Service) nearEnd(g Grant) bool { return !s.now().Before(lastTryAt(g)) }

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

// cannotRefresh is the answer where only the person can renew the token.
func (s *Service) cannotRefresh(ctx context.Context, g Grant, r LeaseRequest) error {
	if !g.ExpiresAt.IsZero() && !s.now().Before(g.ExpiresAt) {
		return reauth(platform.ReasonConsentExpired)
	}
	if g.TokenVersion > r.NewerThan {
		return ErrTokenShort
	}
	channels, err := s.store.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return ErrNoNewerToken
	}
	return s.unrenewable(ctx, channels[0])
}

// ChannelHealth explains a channel's health as it is known. Needs ScopeChannelsRead;
// another owner's channel is not found.
func (s *Service) ChannelHealth(ctx context.Context, c Caller, id int64) (HealthReport, error) {
	if err := c.Require(ScopeChannelsRead); err != nil {
		return HealthReport{}, err
	}
	channel, grant, err := s.grantedChannel(ctx, c, id)
	if errors.Is(err, ErrNoGrant) || errors.Is(err, ErrDisconnected) {
		return HealthReport{Channel: channel, Diagnosis: Diagnose(channel.HealthReason)}, nil
	}
	if err != nil {
		return HealthReport{}, err
	}
	return s.report(channel, grant), nil
}

// CheckChannel asks the platform now whether the channel works, and learns from it as from
// a refresh. Where the platform does not answer properly that is an error and the channel
// stays as it was. Each check stands in the audit log. Needs ScopeChannelsWrite; another
// owner's channel is not found.
func (s *Service) CheckChannel(ctx context.Context, c Caller, id int64) (HealthReport, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return HealthReport{}, err
	}
	channel, _, err := s.grantedChannel(ctx, c, id)
	if err != nil {
		return HealthReport{}, err
	}
	if _, err := s.check(ctx, channel); err != nil {
		return HealthReport{}, err
	}
	channel, grant, err := s.grantedChannel(ctx, c, id)
	if err != nil {
		return HealthReport{}, err
	}
	report := s.report(channel, grant)
	report.CheckedNow = true
	return report, s.audit(ctx, c, AuditEntry{
		Action: AuditChannelChecked, OwnerID: channel.OwnerID, ChannelID: channel.ID,
		Data: eventData("platform", channel.Platform, "health", string(channel.Health), "reason", channel.HealthReason),
	})
}

// check probes one channel, after a refresh where its access token has run out.
func (s *Service) check(ctx context.Context, channel Channel) (Grant, error) {
	for tries := 0; ; tries++ {
		g, err := s.store.Grant(ctx, channel.WorkspaceID, channel.GrantID)
		if err != nil {
			return g, err
		}
		if dead := Diagnose(g.HealthReason).Health == HealthNeedsReauth; !dead {
			g, err = s.freshGrant(ctx, g, LeaseRequest{MinLife: time.Second})
			if errors.Is(err, fault.ReauthRequired) {
				return g, nil // that is what the check found
			}
			if err != nil {
				return g, err
			}
		}
		claim, err := s.claimNow(ctx, g, taskProbe)
		if errors.Is(err, errBusy) {
			if err := s.awaitOther(ctx, g); err != nil {
				return g, err
			}
			continue
		}
		if err != nil {
			return g, err
		}
		no, err := s.probe(context.WithoutCancel(ctx), claim, channel.ID)
		switch {
		case errors.Is(err, errLate):
			continue
		case err != nil:
			return g, err
		case no == nil:
			return g, nil
		}
		again, err := s.afterDoubt(ctx, g, no)
		if err != nil || !again || tries > 0 {
			return g, err
		}
	}
}

// afterDoubt says what follows a refused probe: a token that was refused is refreshed and
// tried again; what is permanent is now known; anything else could not be learned.
func (s *Service) afterDoubt(ctx context.Context, g Grant, no *platform.Refusal) (again bool, err error) {
	if no.Class != platform.ClassPermanent {
		return false, no
	}
	now, err := s.store.Grant(ctx, g.WorkspaceID, g.ID)
	if err != nil || Diagnose(now.HealthReason).Health == HealthNeedsReauth {
		return false, err
	}
	_, err = s.freshGrant(ctx, now, LeaseRequest{MinLife: time.Second, NewerThan: now.TokenVersion})
	if errors.Is(err, fault.ReauthRequired) {
		return false, nil
	}
	return true, err
}

// report explains.
func (s *Service) report(c Channel, g Grant) HealthReport {
	r := HealthReport{
		Channel: c, Diagnosis: Diagnose(c.HealthReason), ScopesGranted: g.Scopes, ScopesTold: g.ScopesTold,
		ProvenAt: g.ProvenAt, TokenExpiresAt: g.ExpiresAt, EndsAt: g.EndsAt,
	}
	if c.ProvenAt.After(r.ProvenAt) {
		r.ProvenAt = c.ProvenAt
	}
	if p, ok := s.platforms.Get(g.Platform); ok {
		r.ScopesWanted = p.Spec().ScopeNames()
	}
	return r
}
