package connect

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/fault"
)

// Erased is what an erasure took away.
type Erased struct {
	OwnerID  int64
	Channels int
	Grants   int
	Sessions int
	Keys     int
}

// EraseOwner takes an owner away with everything of theirs: channels, consents with their
// credentials, sessions, keys, groups; what events and deliveries told of them is blanked.
// Channels of other owners that stood on their consents are disconnected with the reason
// DisconnectErased. The platforms are told as far as their reach allows (see Revocation).
// The default owner stays, emptied. A second time there is no such owner. The audit log
// keeps who did it and when, and the owner's number. Needs ScopeOwnersWrite and a key that
// is not bound to an owner.
func (s *Service) EraseOwner(ctx context.Context, c Caller, id int64) (Erased, error) {
	if err := c.requireWhole(ScopeOwnersWrite); err != nil {
		return Erased{}, err
	}
	ended, err := s.eraseOld(ctx, c.WorkspaceID, id)
	if err != nil {
		return Erased{}, fmt.Errorf("erase owner %d: %w", id, err)
	}
	var erased Erased
	err = errMoved
	for tries := 0; errors.Is(err, errMoved) && tries < 20; tries++ { // a channel of theirs was connected anew, or came to them, at this moment
		err = s.store.InTx(ctx, func(tx Tx) (err error) {
			erased, err = s.erase(ctx, tx, c, id, ended)
			return err
		})
	}
	if err != nil {
		return Erased{}, fmt.Errorf("erase owner %d: %w", id, err)
	}
	s.keys.forget()
	for _, session := range s.waiters.ids() { // those of the owner are gone, the others look once too often
		s.waiters.nudge(session)
	}
	return erased, nil
}

// eraseBatch is how much of what is over goes in one transaction.
const eraseBatch = 1000

// eraseOld takes what is over and may be much away before the rest goes at once: sessions
// that have ended, which it counts, and what events tell. Where the process dies on the
// way the erasure is asked for again.
func (s *Service) eraseOld(ctx context.Context, workspaceID, id int64) (sessions int, err error) {
	if _, err := s.store.Owner(ctx, workspaceID, id); err != nil {
		return 0, err
	}
	for n := eraseBatch; n == eraseBatch; sessions += n {
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			n, err = tx.ForgetEndedSessions(ctx, workspaceID, id, eraseBatch)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	for after, last := int64(0), int64(1); last != 0; after = last {
		err := s.store.InTx(ctx, func(tx Tx) (err error) {
			last, err = tx.BlankEvents(ctx, workspaceID, id, after, eraseBatch)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	return sessions, nil
}

// erase takes away what is left of an owner. ended is how many sessions went before.
func (s *Service) erase(ctx context.Context, tx Tx, c Caller, id int64, ended int) (Erased, error) {
	if _, err := tx.LockOwner(ctx, c.WorkspaceID, id); err != nil {
		return Erased{}, err
	}
	// Sessions first: whoever consents at this moment holds theirs, and then its grant.
	sessions, err := tx.ForgetSessions(ctx, c.WorkspaceID, id)
	if err != nil {
		return Erased{}, err
	}
	grants, err := tx.GrantsOfOwner(ctx, c.WorkspaceID, id)
	if err != nil {
		return Erased{}, err
	}
	for _, g := range grants {
		if err := s.eraseGrant(ctx, tx, c, g); err != nil {
			return Erased{}, err
		}
	}
	if err := s.leaveGrants(ctx, tx, c, id); err != nil {
		return Erased{}, err
	}
	channels, more, keys, err := tx.ForgetOwner(ctx, c.WorkspaceID, id)
	if errors.Is(err, fault.Conflict) {
		return Erased{}, fmt.Errorf("%w: %w", errMoved, err)
	}
	if err != nil {
		return Erased{}, err
	}
	erased := Erased{OwnerID: id, Channels: channels, Grants: len(grants), Sessions: ended + sessions + more, Keys: keys}
	data := eventData("channels", fmt.Sprint(channels), "grants", fmt.Sprint(erased.Grants), "sessions", fmt.Sprint(erased.Sessions), "keys", fmt.Sprint(keys))
	s.emit(tx, Event{WorkspaceID: c.WorkspaceID, Type: EventOwnerErased, OwnerID: id, Cause: CauseIntegration, Data: data})
	s.Record(tx, c, AuditEntry{Action: AuditOwnerErased, OwnerID: id, Data: data})
	return erased, nil
}

// eraseGrant ends a consent of the owner's. Their own channels go with them; those of others
// are disconnected.
func (s *Service) eraseGrant(ctx context.Context, tx Tx, c Caller, g Grant) error {
	channels, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return err
	}
	for _, seen := range channels {
		ch, err := tx.LockChannel(ctx, seen.WorkspaceID, seen.ID)
		if err != nil {
			return err
		}
		if ch, err = s.detach(ctx, tx, ch); err != nil {
			return err
		}
		if ch.OwnerID == g.OwnerID {
			s.tellErased(tx, ch)
		} else {
			data := eventData("platform", ch.Platform, "reason", DisconnectErased)
			s.told(tx, c, ch, EventChannelDisconnected, AuditChannelDisconnected, data)
		}
	}
	return s.endGrant(ctx, tx, g, true)
}

// tellErased tells that a channel that was connected goes with its owner. The event is not
// about the channel, which is gone by then, and keeps nothing of it but its number and platform.
func (s *Service) tellErased(tx Tx, ch Channel) {
	s.emit(tx, Event{
		WorkspaceID: ch.WorkspaceID, Type: EventChannelErased, OwnerID: ch.OwnerID, Cause: CauseIntegration,
		Data: eventData("channel_id", fmt.Sprint(ch.ID), "platform", ch.Platform, "reason", "owner_erased"),
	})
}

// leaveGrants takes the owner's channels from the consents of others, which end where
// nothing else uses them.
func (s *Service) leaveGrants(ctx context.Context, tx Tx, c Caller, ownerID int64) error {
	const page = 500
	for after, more := int64(0), true; more; {
		channels, err := tx.Channels(ctx, c.WorkspaceID, ChannelFilter{OwnerID: ownerID}, after, page)
		if err != nil {
			return err
		}
		for _, seen := range channels {
			after = seen.ID
			if err := s.leaveGrant(ctx, tx, seen); err != nil {
				return err
			}
		}
		more = len(channels) == page
	}
	return nil
}

func (s *Service) leaveGrant(ctx context.Context, tx Tx, seen Channel) error {
	g, err := lockGrantOf(ctx, tx, seen)
	if err != nil || g.ID == 0 {
		return err
	}
	ch, err := tx.LockChannel(ctx, seen.WorkspaceID, seen.ID)
	if err != nil {
		return err
	}
	if ch.GrantID != seen.GrantID {
		return errMoved
	}
	if _, err := s.detach(ctx, tx, ch); err != nil {
		return err
	}
	s.tellErased(tx, ch)
	err = s.letGo(ctx, tx, g, ch)
	if errors.Is(err, fault.Conflict) { // its person is consenting at this moment
		return nil
	}
	return err
}
