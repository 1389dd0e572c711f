package connect

import (
	"context"
	"errors"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// ChannelHealth explains a channel's health as it is known. Needs ScopeChannelsRead;
// another owner's channel is not found.
func (s *Service) ChannelHealth(ctx context.Context, c Caller, id int64) (HealthReport, error) {
	if err := c.Require(ScopeChannelsRead); err != nil {
		return HealthReport{}, err
	}
	channel, grant, err := s.grantedChannel(ctx, c, id)
	if errors.Is(err, ErrNoGrant) || errors.Is(err, ErrDisconnected) {
		return HealthReport{Channel: channel, Diagnosis: Diagnosis{
			Health: channel.Health, Act: ActNobody, Sentence: "The channel stands without a consent: there is nothing to prove.",
		}}, nil
	}
	if err != nil {
		return HealthReport{}, err
	}
	return s.report(ctx, channel, grant)
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
	if _, err := s.check(ctx, channel); err != nil && !errors.Is(err, fault.NotFound) { // erased meanwhile: the channel tells
		return HealthReport{}, err
	}
	channel, grant, err := s.grantedChannel(ctx, c, id)
	if err != nil {
		return HealthReport{}, err
	}
	report, err := s.report(ctx, channel, grant)
	if err != nil {
		return HealthReport{}, err
	}
	report.CheckedNow = !grant.erased()
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
		if g.erased() {
			return g, nil // there is nothing left to ask with
		}
		if dead := Diagnose(g.HealthReason).Health == HealthNeedsReauth; !dead {
			g, err = s.freshGrant(ctx, g, LeaseRequest{MinLife: time.Second})
			if errors.Is(err, fault.ReauthRequired) {
				return g, nil // that is what the check found
			}
			if errors.Is(err, ErrRefreshing) { // there is no token to ask with
				return g, errUnasked.After(fault.From(err).RetryAfter)
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
	if health := Diagnose(now.HealthReason).Health; err != nil || health == HealthNeedsReauth || health == HealthError {
		return false, err
	}
	_, err = s.freshGrant(ctx, now, LeaseRequest{MinLife: time.Second, NewerThan: now.TokenVersion})
	if errors.Is(err, fault.ReauthRequired) || errors.Is(err, errUnrenewable) {
		return false, nil
	}
	return true, err
}

// report explains. The token in use is the target's own where it has one, as for a lease.
func (s *Service) report(ctx context.Context, c Channel, g Grant) (HealthReport, error) {
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
	own, _, err := s.ownToken(ctx, c)
	if errors.Is(err, fault.ReauthRequired) { // it cannot be opened: nothing is known of it
		return r, nil
	}
	switch {
	case err == nil && !own.Access.Empty():
		r.TokenExpiresAt = own.ExpiresAt
	case g.erased():
		r.TokenExpiresAt = time.Time{}
	}
	return r, err
}
