package connect

import (
	"context"
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
	proof, refused := s.ask(ctx, p, c.grant, only)
	if no = platform.RefusalOf(refused); no != nil {
		s.log.WarnContext(ctx, "probe refused", slog.Int64("grant", c.grant.ID), slog.String("platform", c.grant.Platform),
			slog.String("class", string(no.Class)), slog.Any("cause", refused))
		return no, s.commit(ctx, c, func(tx Tx, g *Grant) error { return s.doubted(ctx, tx, c, g, p.Spec(), no, proof.Scopes) })
	}
	return nil, s.commit(ctx, c, func(tx Tx, g *Grant) error { return s.proven(ctx, tx, c, g, p.Spec(), proof, only) })
}

// ask makes the harmless calls.
func (s *Service) ask(ctx context.Context, p platform.Platform, g Grant, only int64) (platform.Proof, error) {
	app, credentials, err := s.armed(ctx, g)
	if err != nil {
		return platform.Proof{}, err
	}
	targets, err := s.probed(ctx, g, only)
	if err != nil {
		return platform.Proof{}, platform.Refuse(platform.ClassTransient, "", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.deadlineOf(p.Spec()))
	defer cancel()
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
		wanted[c.TargetID] = only == 0 || only == c.ID
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
func (s *Service) proven(ctx context.Context, tx Tx, c Claim, g *Grant, spec platform.Spec, proof platform.Proof, only int64) error {
	now := s.now()
	g.Fence++
	g.ProvenAt = now
	dead := Diagnose(g.HealthReason).Health == HealthNeedsReauth
	if proof.Scopes != nil {
		g.Scopes, g.ScopesTold, g.UpdatedAt = proof.Scopes, true, now
	}
	reason := ""
	switch {
	case g.ScopesTold && spec.LacksRequired(g.Scopes):
		reason = platform.ReasonScopesMissing
	case g.Told != 0:
		reason = ReasonEnding
	}
	if dead && reason == "" { // it lives after all: plan it anew
		if credentials, err := s.credentialsOf(*g); err == nil {
			*g = s.scheduled(*g, spec, credentials)
		}
	}
	g.ProbeAt = s.nextProbe(spec, now)
	if ends := earlier(proof.EndsAt, g.ExpiresAt); !proof.EndsAt.IsZero() && g.RefreshAt.IsZero() && ends.Sub(g.EndsAt).Abs() > time.Hour {
		g.EndsAt, g.Told = ends, 0
		g.TellAt = tellAt(*g)
	}
	if err := s.setHealth(ctx, tx, g, reason, CausePlatform); err != nil {
		return err
	}
	if err := s.provenChannels(ctx, tx, *g, reason, proof, only); err != nil {
		return err
	}
	return s.noteApp(ctx, tx, c.app, nil)
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
		why := news{cause: CausePlatform, reason: proof.Broken[platform.TargetKey{Kind: c.Kind, ExternalID: c.ExternalID}]}
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
// scopes are those that are left, where it told so.
func (s *Service) doubted(ctx context.Context, tx Tx, c Claim, g *Grant, spec platform.Spec, no *platform.Refusal, scopes []string) error {
	now := s.now()
	g.Fence++
	if scopes != nil {
		g.Scopes, g.ScopesTold = scopes, true
	}
	if no.Class != platform.ClassPermanent {
		if spec.ProbeEvery > 0 {
			g.ProbeAt = now.Add(max(backOff(4), no.RetryAfter))
		}
		return s.noteApp(ctx, tx, c.app, no)
	}
	if Diagnose(g.HealthReason).Health == HealthNeedsReauth {
		g.ProbeAt = time.Time{}
		return s.noteApp(ctx, tx, c.app, nil) // nothing new
	}
	credentials, err := s.credentialsOf(*g)
	if err != nil {
		return err
	}
	fresh := now.Sub(g.IssuedAt) < time.Minute
	refreshable := platform.Refreshable(spec, credentials) && spec.Refresh != platform.RefreshRenewing
	if refreshable && !fresh && (no.Reason == platform.ReasonTokenRefused || no.Reason == platform.ReasonConsentExpired) {
		if g.Failures == 0 {
			g.RefreshAt = now
		}
		if spec.ProbeEvery > 0 {
			g.ProbeAt = g.RefreshAt.Add(time.Second)
		}
		return s.noteApp(ctx, tx, c.app, nil)
	}
	return s.end(ctx, tx, c, g, no.Reason, no)
}
