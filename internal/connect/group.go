package connect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"patchbay/internal/fault"
)

// Group is a named set of an owner's channels.
type Group struct {
	ID          int64
	WorkspaceID int64
	OwnerID     int64
	Name        string  // 1 to 255 bytes; several groups may have the same
	ChannelIDs  []int64 // ascending; those that were disconnected leave it
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// How many there may be.
const (
	MaxGroups        = 50 // of an owner
	MaxGroupChannels = 100
)

var (
	errTooManyGroups = fault.Newf(fault.Conflict, "limit_reached", "An owner has at most %d groups.", MaxGroups)
	errGroupTooBig   = fault.InvalidField("channel_ids", "length", fmt.Sprintf("must be at most %d channels", MaxGroupChannels))
	errGroupChannel  = fault.InvalidField("channel_ids", "unknown", "holds what is no connected channel of this owner")
)

// GroupChange is what to change; nil leaves as it is.
type GroupChange struct {
	Name       *string
	ChannelIDs *[]int64
}

// AddGroup makes a group of an owner's (0: the caller's own, else the default owner's).
// fault.Conflict "limit_reached" beyond MaxGroups. Needs ScopeChannelsWrite.
func (s *Service) AddGroup(ctx context.Context, c Caller, g Group, once Once[Group]) (Group, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return Group{}, err
	}
	if err := checkText("name", g.Name, 1, maxName); err != nil {
		return Group{}, err
	}
	made, err := effect(ctx, s, c, once, func(tx Tx) (Group, error) {
		owner, err := groupOwner(ctx, tx, c, g.OwnerID)
		if err != nil {
			return Group{}, err
		}
		if _, err := tx.LockOwner(ctx, c.WorkspaceID, owner); err != nil { // for the count
			return Group{}, err
		}
		there, err := tx.Groups(ctx, c.WorkspaceID, owner)
		if err != nil {
			return Group{}, err
		}
		if len(there) >= MaxGroups {
			return Group{}, errTooManyGroups
		}
		ids, err := groupChannels(ctx, tx, c.WorkspaceID, owner, g.ChannelIDs)
		if err != nil {
			return Group{}, err
		}
		return tx.InsertGroup(ctx, Group{
			WorkspaceID: c.WorkspaceID, OwnerID: owner, Name: g.Name, ChannelIDs: ids, CreatedAt: s.now(), UpdatedAt: s.now(),
		})
	})
	if err != nil {
		return Group{}, fmt.Errorf("add group: %w", err)
	}
	return made, nil
}

// groupOwner is whose groups are meant; another owner than the key's is not found.
func groupOwner(ctx context.Context, r Reader, c Caller, ownerID int64) (int64, error) {
	switch {
	case c.OwnerID != 0 && ownerID != 0 && ownerID != c.OwnerID:
		return 0, NoSuch("owner")
	case c.OwnerID != 0:
		return c.OwnerID, nil
	case ownerID == 0:
		owner, err := r.DefaultOwner(ctx, c.WorkspaceID)
		return owner.ID, err
	}
	owner, err := r.Owner(ctx, c.WorkspaceID, ownerID)
	return owner.ID, err
}

// groupChannels is the ids in order and once each: all of them live channels of the owner.
func groupChannels(ctx context.Context, tx Tx, workspaceID, ownerID int64, ids []int64) ([]int64, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) > MaxGroupChannels {
		return nil, errGroupTooBig
	}
	for _, id := range ids {
		ch, err := tx.LockChannel(ctx, workspaceID, id) // it is not disconnected, or moved, meanwhile
		if errors.Is(err, fault.NotFound) {
			return nil, errGroupChannel
		}
		if err != nil {
			return nil, err
		}
		if ch.OwnerID != ownerID || ch.Lifecycle == LifecycleDisconnected {
			return nil, errGroupChannel
		}
	}
	return ids, nil
}

// Groups lists an owner's groups (0: the caller's own, else the default owner's) by
// ascending id. Needs ScopeChannelsRead.
func (s *Service) Groups(ctx context.Context, c Caller, ownerID int64) ([]Group, error) {
	if err := c.Require(ScopeChannelsRead); err != nil {
		return nil, err
	}
	owner, err := groupOwner(ctx, s.store, c, ownerID)
	if err != nil {
		return nil, err
	}
	return s.store.Groups(ctx, c.WorkspaceID, owner)
}

// Group finds one; another owner's than the key's is not found. Needs ScopeChannelsRead.
func (s *Service) Group(ctx context.Context, c Caller, id int64) (Group, error) {
	if err := c.Require(ScopeChannelsRead); err != nil {
		return Group{}, err
	}
	return ownGroup(ctx, s.store, c, id)
}

func ownGroup(ctx context.Context, r Reader, c Caller, id int64) (Group, error) {
	g, err := r.Group(ctx, c.WorkspaceID, id)
	if err == nil && c.OwnerID != 0 && c.OwnerID != g.OwnerID {
		return Group{}, NoSuch("group")
	}
	return g, err
}

// ChangeGroup changes what is given. Needs ScopeChannelsWrite.
func (s *Service) ChangeGroup(ctx context.Context, c Caller, id int64, change GroupChange) (Group, error) {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return Group{}, err
	}
	if change.Name != nil {
		if err := checkText("name", *change.Name, 1, maxName); err != nil {
			return Group{}, err
		}
	}
	var changed Group
	err := s.store.InTx(ctx, func(tx Tx) error {
		g, err := ownGroup(ctx, tx, c, id)
		if err != nil {
			return err
		}
		if _, err := tx.LockOwner(ctx, c.WorkspaceID, g.OwnerID); err != nil { // one change at a time
			return err
		}
		if g, err = ownGroup(ctx, tx, c, id); err != nil {
			return err
		}
		setIf(&g.Name, change.Name)
		if change.ChannelIDs != nil {
			if g.ChannelIDs, err = groupChannels(ctx, tx, c.WorkspaceID, g.OwnerID, *change.ChannelIDs); err != nil {
				return err
			}
		}
		g.UpdatedAt = s.now()
		changed = g
		return tx.UpdateGroup(ctx, g)
	})
	return changed, err
}

// DeleteGroup takes a group away; its channels stay. Needs ScopeChannelsWrite.
func (s *Service) DeleteGroup(ctx context.Context, c Caller, id int64) error {
	if err := c.Require(ScopeChannelsWrite); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx Tx) error {
		if _, err := ownGroup(ctx, tx, c, id); err != nil {
			return err
		}
		return tx.DeleteGroup(ctx, c.WorkspaceID, id)
	})
}
