package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
)

// ErrChannelExists answers a change that would give an owner the same channel twice.
var ErrChannelExists = fault.New(fault.Conflict, "channel_exists", "The owner has a channel for this already. Disconnect that one first: a disconnected one gives way.")

// PauseChannel pauses: its token is lent to nobody, and it is kept alive. Pausing again
// changes nothing. ErrDisconnected for one that is. Needs ScopeChannelsWrite; another
// owner's is not found.
func (s *Service) PauseChannel(ctx context.Context, c Caller, id int64) (Channel, error) {
	return s.turn(ctx, c, id, LifecyclePaused, EventChannelPaused, AuditChannelPaused)
}

// ResumeChannel ends a pause.
func (s *Service) ResumeChannel(ctx context.Context, c Caller, id int64) (Channel, error) {
	return s.turn(ctx, c, id, LifecycleActive, EventChannelResumed, AuditChannelResumed)
}

func (s *Service) turn(ctx context.Context, c Caller, id int64, to Lifecycle, event, action string) (Channel, error) {
	return s.changeChannel(ctx, c, id, func(tx Tx, ch *Channel) error {
		if ch.Lifecycle == LifecycleDisconnected {
			return ErrDisconnected
		}
		if ch.Lifecycle == to {
			return nil
		}
		ch.Lifecycle = to
		s.told(tx, c, *ch, event, action, eventData("platform", ch.Platform))
		return nil
	})
}

// RenameChannel gives a channel the application's own name, at most 255 characters; empty:
// the platform's again.
func (s *Service) RenameChannel(ctx context.Context, c Caller, id int64, label string) (Channel, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return Channel{}, err
	}
	if err := checkText("label", label, 0, maxName); err != nil {
		return Channel{}, err
	}
	return s.changeChannel(ctx, c, id, func(tx Tx, ch *Channel) error {
		if ch.Label == label {
			return nil
		}
		ch.Label = label
		s.told(tx, c, *ch, EventChannelRenamed, AuditChannelRenamed, eventData("platform", ch.Platform))
		return nil
	})
}

// MoveChannel gives a channel to another owner of the workspace; the consent stays whose it
// was. ErrChannelExists where that owner holds the same already and connected; a
// disconnected one gives way (see replace). Needs a key that is not bound to an owner.
func (s *Service) MoveChannel(ctx context.Context, c Caller, id, ownerID int64) (Channel, error) {
	if err := c.requireWhole(ScopeChannelsWrite); err != nil {
		return Channel{}, err
	}
	return s.changeChannel(ctx, c, id, func(tx Tx, ch *Channel) error {
		to, err := tx.LockOwner(ctx, c.WorkspaceID, ownerID) // nobody erases it meanwhile
		if errors.Is(err, fault.NotFound) {
			return errOwnerUnknown
		}
		if err != nil || to.ID == ch.OwnerID {
			return err
		}
		from := ch.OwnerID
		if err := s.leaveGroups(ctx, tx, *ch); err != nil {
			return err
		}
		// The former owner is told apart, of their own event: who hears of one owner alone
		// learns nothing of another.
		s.emit(tx, Event{
			WorkspaceID: ch.WorkspaceID, Type: EventChannelMovedAway, OwnerID: from, ChannelID: ch.ID, Cause: CauseIntegration,
			Data: eventData("platform", ch.Platform),
		})
		ch.OwnerID, ch.UpdatedAt = to.ID, s.now()
		if err := s.replace(ctx, tx, c, *ch); err != nil {
			return err
		}
		s.told(tx, c, *ch, EventChannelMoved, AuditChannelMoved,
			eventData("platform", ch.Platform, "from_owner_id", fmt.Sprint(from), "to_owner_id", fmt.Sprint(to.ID)))
		return nil
	})
}

// leaveGroups takes a channel out of its owner's groups.
func (s *Service) leaveGroups(ctx context.Context, tx Tx, ch Channel) error {
	groups, err := tx.Groups(ctx, ch.WorkspaceID, ch.OwnerID)
	if err != nil {
		return err
	}
	for _, g := range groups {
		kept := without(g.ChannelIDs, ch.ID)
		if len(kept) == len(g.ChannelIDs) {
			continue
		}
		g.ChannelIDs, g.UpdatedAt = kept, s.now()
		if err := tx.UpdateGroup(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

func without(ids []int64, id int64) []int64 {
	var kept []int64
	for _, other := range ids {
		if other != id {
			kept = append(kept, other)
		}
	}
	return kept
}

// changeChannel runs fn with a channel of the caller's locked, and saves what it changed.
func (s *Service) changeChannel(ctx context.Context, c Caller, id int64, fn func(Tx, *Channel) error) (Channel, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return Channel{}, err
	}
	var changed Channel
	err := s.store.InTx(ctx, func(tx Tx) error {
		ch, err := s.lockedChannel(ctx, tx, c, id)
		if err != nil {
			return err
		}
		before := ch
		if err := fn(tx, &ch); err != nil {
			return err
		}
		changed = ch
		if ch == before {
			return nil
		}
		changed.UpdatedAt = s.now()
		return tx.UpdateChannel(ctx, changed)
	})
	return changed, err
}

// lockedChannel is a channel that the caller may change.
func (s *Service) lockedChannel(ctx context.Context, tx Tx, c Caller, id int64) (Channel, error) {
	ch, err := tx.LockChannel(ctx, c.WorkspaceID, id)
	if err == nil && c.OwnerID != 0 && c.OwnerID != ch.OwnerID {
		return Channel{}, NoSuch("channel")
	}
	return ch, err
}

// told emits the event of what a caller did to a channel, and puts it into the audit log.
func (s *Service) told(tx Tx, c Caller, ch Channel, event, action string, data []byte) {
	s.emit(tx, Event{
		WorkspaceID: ch.WorkspaceID, Type: event, OwnerID: ch.OwnerID, ChannelID: ch.ID, Cause: CauseIntegration, Data: data,
	})
	s.Record(tx, c, AuditEntry{Action: action, OwnerID: ch.OwnerID, ChannelID: ch.ID, Data: data})
}
