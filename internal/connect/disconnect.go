package connect

import (
	"context"
	"errors"

	"patchbay/internal/fault"
)

// Why a channel is disconnected: the data of EventChannelDisconnected.
const (
	DisconnectRequested = "requested"    // the application asked for it
	DisconnectErased    = "grant_erased" // whoever consented was erased
)

// DisconnectChannel ends a channel until it is connected again, which brings back its id.
// Where no other channel uses the consent its credentials are erased at once, and the
// platform is told as far as its reach allows (see Revocation). Again changes nothing.
func (s *Service) DisconnectChannel(ctx context.Context, c Caller, id int64) (Channel, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return Channel{}, err
	}
	var ended Channel
	for {
		seen, err := s.store.Channel(ctx, c.WorkspaceID, id)
		if err != nil {
			return Channel{}, err
		}
		err = s.store.InTx(ctx, func(tx Tx) error {
			g, err := lockGrantOf(ctx, tx, seen)
			if err != nil {
				return err
			}
			ch, err := s.lockedChannel(ctx, tx, c, id)
			switch {
			case err != nil:
				return err
			case ch.GrantID != seen.GrantID:
				return errMoved // connected again, or disconnected, at this moment
			case ch.Lifecycle == LifecycleDisconnected:
				ended = ch
				return nil
			}
			data := eventData("platform", ch.Platform, "reason", DisconnectRequested)
			ended, err = s.detach(ctx, tx, ch)
			if err != nil {
				return err
			}
			s.told(tx, c, ended, EventChannelDisconnected, AuditChannelDisconnected, data)
			return s.letGo(ctx, tx, g, ch)
		})
		if !errors.Is(err, errMoved) {
			return ended, err
		}
	}
}

// lockGrantOf locks a channel's grant; the zero Grant where it has none.
func lockGrantOf(ctx context.Context, tx Tx, ch Channel) (Grant, error) {
	if ch.GrantID == 0 {
		return Grant{}, nil
	}
	g, err := tx.LockGrant(ctx, ch.WorkspaceID, ch.GrantID)
	if errors.Is(err, fault.NotFound) {
		return Grant{}, errMoved
	}
	return g, err
}

// detach writes the channel as disconnected: it stands on nothing any more.
func (s *Service) detach(ctx context.Context, tx Tx, ch Channel) (Channel, error) {
	ch.Lifecycle, ch.GrantID, ch.TargetID = LifecycleDisconnected, 0, 0
	ch.Health, ch.HealthReason, ch.HealthAt, ch.UpdatedAt = HealthUnknown, "", s.now(), s.now()
	return ch, tx.UpdateChannel(ctx, ch)
}

// letGo erases what a channel stood on and nothing else uses: its grant, or where other
// channels use that, its target's own credentials.
func (s *Service) letGo(ctx context.Context, tx Tx, g Grant, ch Channel) error {
	if g.ID == 0 {
		return nil
	}
	users, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	if len(users) == 0 {
		err := s.endGrant(ctx, tx, g, true)
		if errors.Is(err, fault.Conflict) { // the same person is choosing at this moment: the end of that drops it
			return nil
		}
		return err
	}
	for _, other := range users {
		if other.TargetID == ch.TargetID {
			return nil
		}
	}
	return s.emptyTarget(ctx, tx, g, ch.TargetID)
}

// emptyTarget erases a target's own credentials. Without them nothing can be done for it:
// it is not to be chosen before its person consents anew.
func (s *Service) emptyTarget(ctx context.Context, tx Tx, g Grant, id int64) error {
	targets, err := tx.Targets(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	for _, t := range targets {
		if t.ID != id || t.Sealed == nil {
			continue
		}
		own, err := s.targetCredentials(t)
		if err == nil && own.Access.Empty() {
			return nil // it goes by its person's token
		}
		t.Sealed, t.Blocked = nil, "no_token"
		if t, err = tx.SaveTarget(ctx, t); err != nil {
			return err
		}
		return tx.SealTarget(ctx, t.WorkspaceID, t.ID, nil, g.TokenVersion)
	}
	return nil
}
