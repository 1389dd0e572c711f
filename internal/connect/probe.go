package connect

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"patchbay/internal/platform"
)

// probe asks the platform whether the consent and its channels' targets work, and commits
// what it learned. only is the one channel that is asked about; 0: all of the grant's.
func (s *Service) probe(ctx context.Context, c Claim, only int64) (no *platform.Refusal, err error) {
	p, ok := s.platforms.Get(c.grant.Platform)
	if !ok {
		return nil, ErrNotOffered
	}
	proof, refused := s.ask(ctx, p, c, only)
	if no = platform.RefusalOf(refused); no != nil {
		s.log.WarnContext(ctx, "probe refused", slog.Int64("grant", c.grant.ID), slog.String("platform", c.grant.Platform),
			slog.String("class", string(no.Class)), slog.Any("cause", refused))
		return no, s.commit(ctx, c, func(tx Tx, g *Grant) error { return s.doubted(ctx, tx, c, g, p.Spec(), no, proof.Scopes, only) })
	}
	return nil, s.commit(ctx, c, func(tx Tx, g *Grant) error { return s.proven(ctx, tx, g, p.Spec(), proof, only) })
}

// ask makes the harmless calls.
func (s *Service) ask(ctx context.Context, p platform.Platform, c Claim, only int64) (platform.Proof, error) {
	ctx, cancel := context.WithDeadline(ctx, c.until)
	defer cancel()
	g := c.grant
	app, credentials, err := s.armed(ctx, g)
	if err != nil {
		return platform.Proof{}, err
	}
	targets, err := s.probed(ctx, g, only)
	if err != nil {
		return platform.Proof{}, platform.Refuse(platform.ClassTransient, "", fmt.Errorf("%w: %w", errOurs, err))
	}
	client := &platform.Client{Env: s.envOf(g.Platform), App: app, Credentials: credentials, Subject: g.Subject}
	if g.ScopesTold {
		client.Scopes = g.Scopes
	}
	return platform.Probe(ctx, p, client, targets)
}

// probed is the targets of the grant's channels, with their own credentials.
func (s *Service) probed(ctx context.Context, g Grant, only int64) ([]platform.Target, error) {
	channels, err := s.store.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return nil, err
	}
	wanted := map[int64]bool{}
	for _, c := range channels {
		wanted[c.TargetID] = wanted[c.TargetID] || only == 0 || only == c.ID
	}
	stored, err := s.store.Targets(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return nil, err
	}
	var out []platform.Target
	for _, t := range stored {
		if !wanted[t.ID] {
			continue
		}
		own, err := s.targetCredentials(t)
		if err != nil {
			return nil, err
		}
		out = append(out, platform.Target{Kind: t.Kind, Role: t.Role, ExternalID: t.ExternalID, Facts: t.Facts, Credentials: own, Blocked: t.Blocked})
	}
	return out, nil
}

// proven writes what a probe found into the grant and its channels.
func (s *Service) proven(ctx context.Context, tx Tx, g *Grant, spec platform.Spec, proof platform.Proof, only int64) error {
	now := s.now()
	g.Fence++
	g.ProvenAt = now
	dead := Diagnose(g.HealthReason).Health == HealthNeedsReauth
	if dead && s.endedByRefresh(*g, spec) {
		g.ProbeAt = time.Time{}
		return nil // its last access token works on, and nothing will follow it
	}
	if proof.Scopes != nil {
		g.Scopes, g.ScopesTold = proof.Scopes, true
	}
	if g.Phase == PhaseIdle { // else it is when the refresh token was first sent
		g.UpdatedAt = now
	}
	unplanned := g.RefreshAt.IsZero() && g.TellAt.IsZero()
	reason := ""
	switch {
	case g.ScopesTold && spec.LacksRequired(g.Scopes):
		reason = platform.ReasonScopesMissing
	case g.Told != 0:
		reason = ReasonEnding
	}
	if (dead || unplanned) && reason == "" { // it lives after all: plan it anew
		if credentials, err := s.credentialsOf(*g); err == nil {
			phase := g.Phase
			*g = s.scheduled(*g, spec, credentials)
			g.Phase = phase
		}
		if !g.EndsAt.IsZero() && !g.EndsAt.After(now) { // it outlives the end that was told: only a probe can tell more
			g.TellAt, reason = time.Time{}, ReasonEnding
		}
	}
	if only == 0 || g.ProbeAt.IsZero() || !g.ProbeAt.After(now) {
		g.ProbeAt = s.nextProbe(spec, now)
	}
	if ends := earlier(proof.EndsAt, g.ExpiresAt); !proof.EndsAt.IsZero() && g.RefreshAt.IsZero() && ends.Sub(g.EndsAt).Abs() > time.Hour {
		g.EndsAt, g.Told = ends, 0
		g.TellAt = tellAt(*g)
	}
	if err := s.setHealth(ctx, tx, g, reason, CausePlatform); err != nil {
		return err
	}
	return s.provenChannels(ctx, tx, *g, reason, proof, only)
}

// endedByRefresh tells whether a consent is over because its refresh token is: an access
// token that still works proves nothing then.
func (s *Service) endedByRefresh(g Grant, spec platform.Spec) bool {
	credentials, err := s.credentialsOf(g)
	refreshable := err == nil && spec.Refresh != platform.RefreshRenewing && platform.Refreshable(spec, credentials)
	return refreshable && (g.HealthReason == platform.ReasonRevoked || g.HealthReason == ReasonLostRotation)
}

// provenChannels gives each channel that was asked about its own finding.
func (s *Service) provenChannels(ctx context.Context, tx Tx, g Grant, reason string, proof platform.Proof, only int64) error {
	channels, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if only != 0 && only != c.ID {
			continue
		}
		key := platform.TargetKey{Kind: c.Kind, ExternalID: c.ExternalID}
		why := news{cause: CausePlatform, reason: proof.Broken[key]}
		if proof.Unasked[key] && Diagnose(reason).Health != HealthNeedsReauth {
			continue
		}
		if why.reason == "" || Diagnose(reason).Health == HealthNeedsReauth {
			why.reason, why.proven = reason, reason == "" || reason == ReasonEnding
		}
		if err := s.setChannelHealth(ctx, tx, c, why); err != nil {
			return err
		}
	}
	return nil
}

// doubted writes into the grant what a refused probe means for it. It disconnects nobody
// for passing trouble; an access token that is refused is refreshed first where it can be.
// scopes are those that are left, where it told so. It holds back no app: what is said of
// one account's call says nothing of the others', and anybody may ask for a check.
func (s *Service) doubted(ctx context.Context, tx Tx, c Claim, g *Grant, spec platform.Spec, no *platform.Refusal, scopes []string, only int64) error {
	now := s.now()
	g.Fence++
	if scopes != nil {
		g.Scopes, g.ScopesTold = scopes, true
	}
	if no.Class != platform.ClassPermanent {
		switch {
		case spec.ProbeEvery == 0:
			g.ProbeAt = time.Time{}
		case only == 0:
			g.ProbeAt = now.Add(max(backOff(7), no.RetryAfter))
		}
		return nil
	}
	if Diagnose(g.HealthReason).Health == HealthNeedsReauth {
		g.ProbeAt = time.Time{}
		return nil // nothing new
	}
	credentials, err := s.credentialsOf(*g)
	if err != nil {
		return err
	}
	age := now.Sub(g.IssuedAt)
	fresh := age >= 0 && age < time.Minute // a clock that was set back makes none new
	refreshable := platform.Refreshable(spec, credentials) && spec.Refresh != platform.RefreshRenewing
	if refreshable && !fresh && (no.Reason == platform.ReasonTokenRefused || no.Reason == platform.ReasonConsentExpired) {
		if g.Failures == 0 || g.Phase == PhaseAwaiting { // there is nothing left to lose
			g.RefreshAt = now
		}
		if g.Phase == PhaseHeld && rotates(spec) {
			if err := s.setHealth(ctx, tx, g, ReasonHeld, CauseSystem); err != nil {
				return err
			}
		}
		if spec.ProbeEvery > 0 {
			g.ProbeAt = g.RefreshAt.Add(time.Second)
		}
		return nil
	}
	if err := s.end(ctx, tx, c, g, spec, no.Reason); err != nil {
		return err
	}
	if refreshable && fresh { // a token of a minute ago: not every server of theirs may know it yet
		g.ProbeAt = now.Add(backOff(7))
	}
	return nil
}
