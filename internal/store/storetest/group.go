package storetest

import (
	"context"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func readGroup(t *testing.T, s connect.Store, g connect.Group) connect.Group {
	t.Helper()
	got, err := s.Group(t.Context(), g.WorkspaceID, g.ID)
	same(t, "error", err, nil)
	return got
}

func testGroups(t *testing.T, s connect.Store) {
	ctx, w, foreign := t.Context(), newWorld(t, s, "a"), newWorld(t, s, "b")
	second, _ := saveChannel(t, s, w.newChannel("page-2"))
	third, _ := saveChannel(t, s, w.newChannel("page-3"))
	want := w.newGroup("spring", third.ID, w.channel.ID, third.ID)
	var made connect.Group
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		made, err = tx.InsertGroup(ctx, want)
		return err
	})
	want.ID, want.ChannelIDs = made.ID, []int64{w.channel.ID, third.ID}
	same(t, "inserted, ascending, each once", made, want)
	same(t, "read", readGroup(t, s, want), want)

	change := func(g connect.Group) error {
		return s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateGroup(ctx, g) })
	}
	want.Name, want.ChannelIDs, want.UpdatedAt = "summer", []int64{second.ID}, at(1)
	written := want
	written.CreatedAt, written.OwnerID = at(9), 99 // not written
	same(t, "changed", change(written), nil)
	same(t, "read after the change", readGroup(t, s, want), want)
	empty := want
	empty.ChannelIDs = nil
	same(t, "emptied", change(empty), nil)
	same(t, "read empty", readGroup(t, s, want), empty)
	for what, id := range map[string]int64{"another workspace's channel": foreign.channel.ID, "no channel": third.ID + 99} {
		with := want
		with.ChannelIDs = []int64{second.ID, id}
		wants(t, what, change(with), fault.NotFound)
	}
	same(t, "afterwards", readGroup(t, s, want), empty)

	groups, err := s.Groups(ctx, w.workspace.ID, w.owner.ID)
	same(t, "of the owner", groups, []connect.Group{w.group, empty})
	same(t, "error", err, nil)
	groups, err = s.Groups(ctx, w.workspace.ID, w.newOwner(t, s, "other").ID)
	same(t, "of another owner", len(groups), 0)
	same(t, "error", err, nil)

	remove := func() error {
		return s.InTx(ctx, func(tx connect.Tx) error { return tx.DeleteGroup(ctx, w.workspace.ID, w.group.ID) })
	}
	same(t, "deleted", remove(), nil)
	wants(t, "deleted again", remove(), fault.NotFound)
	_, err = s.Group(ctx, w.workspace.ID, w.group.ID)
	wants(t, "read when it is gone", err, fault.NotFound)
	wants(t, "changed when it is gone", change(w.group), fault.NotFound)
	_, err = s.Channel(ctx, w.workspace.ID, w.channel.ID)
	same(t, "its channel stays", err, nil)
}

func testLeaveGroups(t *testing.T, s connect.Store) {
	w := newWorld(t, s, "a")
	second, _ := saveChannel(t, s, w.newChannel("page-2"))
	group := w.group
	group.ChannelIDs = []int64{w.channel.ID, second.ID}
	change := func(c connect.Channel) {
		write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateChannel(ctx, c) })
	}
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateGroup(ctx, group) })
	paused := w.channel
	paused.Lifecycle = connect.LifecyclePaused
	change(paused)
	same(t, "one is paused", readGroup(t, s, group).ChannelIDs, group.ChannelIDs)
	moved := second
	moved.OwnerID = w.newOwner(t, s, "other").ID
	change(moved)
	same(t, "one is another owner's", readGroup(t, s, group).ChannelIDs, []int64{w.channel.ID})
	paused.Lifecycle = connect.LifecycleDisconnected
	change(paused)
	same(t, "the other is disconnected", len(readGroup(t, s, group).ChannelIDs), 0)
	change(w.channel)
	same(t, "and comes back", len(readGroup(t, s, group).ChannelIDs), 0)
}
