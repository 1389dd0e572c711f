package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// ChannelTargets lists what the channel's consent reaches and may stand for, as it was told
// at the last consent or import. ErrNoGrant, ErrDisconnected. Needs ScopeChannelsRead;
// another owner's channel is not found.
func (s *Service) ChannelTargets(ctx context.Context, c Caller, id int64) ([]Target, error) {
	if err := c.Require(ScopeChannelsRead); err != nil {
		return nil, err
	}
	_, grant, err := s.grantedChannel(ctx, c, id)
	if err != nil {
		return nil, err
	}
	targets, err := s.store.Targets(ctx, grant.WorkspaceID, grant.ID)
	return choosable(targets), err
}

// Retarget has a channel stand for another target of its consent; the id stays.
// ErrChannelExists where the owner has a connected channel for that one already (a
// disconnected one gives way, see replace); ErrTargetUnknown for
// what the consent does not reach or may not act for.
func (s *Service) Retarget(ctx context.Context, c Caller, id, targetID int64) (Channel, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return Channel{}, err
	}
	for {
		changed, err := s.retargetOnce(ctx, c, id, targetID)
		if !errors.Is(err, errMoved) {
			return changed, err
		}
	}
}

func (s *Service) retargetOnce(ctx context.Context, c Caller, id, targetID int64) (changed Channel, err error) {
	seen, _, err := s.grantedChannel(ctx, c, id)
	if err != nil {
		return Channel{}, err
	}
	err = s.store.InTx(ctx, func(tx Tx) error {
		g, err := lockGrantOf(ctx, tx, seen)
		if err != nil {
			return err
		}
		ch, err := s.lockedChannel(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if ch.GrantID != seen.GrantID {
			return errMoved
		}
		t, err := reachedTarget(ctx, tx, g, targetID)
		if err != nil {
			return err
		}
		changed = ch
		if ch.TargetID == t.ID && ch.ExternalID == t.ExternalID && ch.Kind == t.Kind {
			return nil
		}
		return s.repoint(ctx, tx, c, &changed, g, t)
	})
	return changed, err
}

// reachedTarget is a target of the grant that may become a channel; ErrTargetUnknown.
func reachedTarget(ctx context.Context, tx Reader, g Grant, id int64) (Target, error) {
	targets, err := tx.Targets(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return Target{}, err
	}
	targets = choosable(targets)
	i := slices.IndexFunc(targets, func(t Target) bool { return t.ID == id && t.Blocked == "" })
	if i < 0 {
		return Target{}, ErrTargetUnknown
	}
	return targets[i], nil
}

// repoint writes the channel's new target; its health is that of its consent again.
func (s *Service) repoint(ctx context.Context, tx Tx, c Caller, ch *Channel, g Grant, t Target) error {
	data := eventData("platform", ch.Platform, "before", ch.ExternalID, "before_kind", ch.Kind, "external_id", t.ExternalID, "kind", t.Kind)
	noted := eventData("platform", ch.Platform, "target_id_before", fmt.Sprint(ch.TargetID), "target_id", fmt.Sprint(t.ID))
	ch.Kind, ch.ExternalID, ch.TargetID, ch.Facts, ch.FactsAt = t.Kind, t.ExternalID, t.ID, t.Facts, s.now()
	if ofTarget(ch.HealthReason) {
		ch.Health, ch.HealthReason, ch.HealthAt = Diagnose(g.HealthReason).Health, g.HealthReason, s.now()
	}
	ch.UpdatedAt = s.now()
	if err := s.replace(ctx, tx, c, *ch); err != nil {
		return err
	}
	if err := tx.UpdateChannel(ctx, *ch); err != nil {
		return err
	}
	s.emit(tx, Event{
		WorkspaceID: ch.WorkspaceID, Type: EventChannelRetargeted, OwnerID: ch.OwnerID, ChannelID: ch.ID, Cause: CauseIntegration, Data: data,
	})
	s.Record(tx, c, AuditEntry{Action: AuditChannelRetargeted, OwnerID: ch.OwnerID, ChannelID: ch.ID, Data: noted})
	return nil
}
