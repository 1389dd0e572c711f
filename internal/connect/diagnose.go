package connect

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/platform"
)

// setHealth gives the consent a reason (empty: it is healthy), and its channels too,
// with an event each. What is wrong with a single target stays said of its channel until
// a probe finds otherwise. The caller writes the grant.
func (s *Service) setHealth(ctx context.Context, tx Tx, g *Grant, reason string, cause Cause) error {
	if g.HealthReason == reason && g.Health == Diagnose(reason).Health {
		return nil
	}
	before := g.HealthReason
	g.Health, g.HealthReason = Diagnose(reason).Health, reason
	if before == reason { // it was healthy without saying so
		return nil
	}
	channels, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	alive, err := s.livesOn(ctx, tx, *g, reason)
	if err != nil {
		return err
	}
	for _, c := range channels {
		why := reason
		switch {
		case !follows(c, before) && Diagnose(reason).Health != HealthNeedsReauth:
			continue // it has a reason of its own, until a probe finds otherwise
		case alive[c.TargetID]:
			why = ReasonEnding
		}
		if err := s.setChannelHealth(ctx, tx, c, news{reason: why, cause: cause}); err != nil {
			return err
		}
	}
	return nil
}

// follows tells whether a channel's health is that of its grant, whose reason is before,
// and not its target's own.
func follows(c Channel, before string) bool {
	return c.HealthReason == before || c.HealthReason == "" || c.HealthReason == ReasonEnding
}

// livesOn names the targets that go on working after the consent's own token ran out:
// those with a token of their own that does not (a Facebook page's).
func (s *Service) livesOn(ctx context.Context, tx Tx, g Grant, reason string) (map[int64]bool, error) {
	if reason != platform.ReasonConsentExpired {
		return nil, nil
	}
	targets, err := tx.Targets(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return nil, err
	}
	alive := map[int64]bool{}
	for _, t := range targets {
		own, err := s.targetCredentials(t)
		alive[t.ID] = err == nil && !own.Access.Empty() && (own.ExpiresAt.IsZero() || s.now().Before(own.ExpiresAt))
	}
	return alive, nil
}

// targetCredentials opens a target's own credentials; empty where it has none.
func (s *Service) targetCredentials(t Target) (platform.Credentials, error) {
	if t.Sealed == nil {
		return platform.Credentials{}, nil
	}
	secret, err := s.vault.Open(t.place(), t.Sealed)
	if err != nil {
		return platform.Credentials{}, fmt.Errorf("credentials of target %d: %w", t.ID, err)
	}
	return platform.DecodeCredentials(secret)
}

// foretell tells each channel that the consent ends in so many days.
func (s *Service) foretell(ctx context.Context, tx Tx, g *Grant, days int) error {
	channels, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	if g.HealthReason == "" || g.HealthReason == ReasonEnding { // else its channels hear when it has passed
		g.Health, g.HealthReason = HealthExpiring, ReasonEnding
	}
	data := eventData("platform", g.Platform, "days", fmt.Sprint(days), "ends_at", g.EndsAt.UTC().Format(time.RFC3339))
	for _, c := range channels {
		if c.Health == HealthHealthy || c.Health == HealthExpiring {
			if err := s.setChannelHealth(ctx, tx, c, news{reason: ReasonEnding, cause: CauseSystem, forecast: data}); err != nil {
				return err
			}
		}
	}
	return nil
}

// news is what was learned about a channel.
type news struct {
	reason   string // of its health; empty: it works
	cause    Cause
	forecast []byte // data of a forecast, which is an event of its own each time; nil: none
	proven   bool   // the platform was asked about this channel, and it works
}

// setChannelHealth writes a channel's health and emits its event, unless all is as it was.
func (s *Service) setChannelHealth(ctx context.Context, tx Tx, c Channel, n news) error {
	d, was := Diagnose(n.reason), c.Health
	changed := was != d.Health || c.HealthReason != n.reason
	if !changed && n.forecast == nil && !n.proven {
		return nil
	}
	c.Health, c.HealthReason, c.UpdatedAt = d.Health, n.reason, s.now()
	if changed {
		c.HealthAt = s.now()
	}
	if n.proven {
		c.ProvenAt = s.now()
	}
	if err := tx.SetChannelHealth(ctx, c); err != nil || (!changed && n.forecast == nil) {
		return err
	}
	data := n.forecast
	if data == nil {
		data = eventData("platform", c.Platform, "health", string(d.Health), "reason", n.reason, "act", string(d.Act), "before", string(was))
	}
	kind := healthEvent(d.Health)
	if d.Health == HealthExpiring && n.forecast == nil && was != HealthHealthy { // its end was foretold before
		kind = EventChannelRecovered
	}
	s.emit(tx, Event{
		WorkspaceID: c.WorkspaceID, Type: kind, OwnerID: c.OwnerID, ChannelID: c.ID, Cause: n.cause, Data: data,
	})
	return nil
}

func healthEvent(h Health) string {
	switch h {
	case HealthExpiring:
		return EventChannelExpiring
	case HealthNeedsReauth:
		return EventChannelNeedsReauth
	case HealthError:
		return EventChannelError
	default:
		return EventChannelRecovered
	}
}
