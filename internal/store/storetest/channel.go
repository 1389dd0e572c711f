package storetest

import (
	"context"
	"fmt"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func saveChannel(t *testing.T, s connect.Store, c connect.Channel) (saved connect.Channel, made bool) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		result, err := tx.SaveChannel(ctx, c)
		saved, made = result.Channel, result.Made
		return err
	})
	return saved, made
}

func testChannels(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := w.newChannel("page-2")
	want.Lifecycle, want.Health, want.HealthReason = connect.LifecycleDisconnected, connect.HealthNeedsReauth, "revoked"
	want.Review, want.Label = connect.ReviewSuspended, "the big one"
	want.HealthAt, want.ProvenAt = at(3), at(4)
	want.Facts, want.FactsAt = facts(), at(1)
	saved, made := saveChannel(t, s, want)
	want.ID = saved.ID
	same(t, "made", saved, want)
	same(t, "made", made, true)

	want.Lifecycle, want.Health, want.HealthReason = connect.LifecycleActive, connect.HealthHealthy, ""
	want.GrantID, want.TargetID, want.FactsAt, want.UpdatedAt = 0, 0, at(2), at(2)
	want.HealthAt, want.ProvenAt = at(5), at(6)
	again := want
	again.ID, again.CreatedAt, again.Review, again.Label = 0, at(2), connect.ReviewNone, "" // what a reviewer decided stays, and the name
	saved, made = saveChannel(t, s, again)
	same(t, "revived", saved, want)
	same(t, "made", made, false)
	got, err := s.Channel(ctx, w.workspace.ID, want.ID)
	same(t, "read", got, want)
	same(t, "error", err, nil)
	got, owner, err := s.ChannelAndOwner(ctx, w.workspace.ID, want.ID)
	same(t, "read with its owner", got, want)
	same(t, "its owner", owner, w.owner)
	same(t, "error", err, nil)
	_, err = s.Channel(ctx, w.workspace.ID, want.ID+99)
	wants(t, "absent", err, fault.NotFound)

	var other connect.Owner // who has the same page
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		other, _, err = tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: "other", CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	theirs := w.newChannel("page-2")
	theirs.OwnerID = other.ID
	for _, makes := range []bool{true, false} {
		saved, made = saveChannel(t, s, theirs)
		theirs.ID, theirs.UpdatedAt = saved.ID, at(3)
		same(t, "made", made, makes)
		same(t, "another owner's", saved.OwnerID, other.ID)
	}
	got, err = s.Channel(ctx, w.workspace.ID, want.ID)
	same(t, "the first owner's afterwards", got, want)
	same(t, "error", err, nil)

	nameless := w.newChannel("")
	first, made1 := saveChannel(t, s, nameless)
	second, made2 := saveChannel(t, s, nameless)
	if !made1 || !made2 || first.ID == second.ID {
		t.Errorf("without external id: got ids %d and %d, made %v and %v, want two", first.ID, second.ID, made1, made2)
	}
}

func testChannelsOfGrant(t *testing.T, s connect.Store) {
	w := newWorld(t, s, "a")
	other := insertGrant(t, s, w.newGrant("other"))
	all := []connect.Channel{w.channel}
	for i, change := range []func(*connect.Channel){
		func(c *connect.Channel) { c.Lifecycle = connect.LifecyclePaused },
		func(c *connect.Channel) { c.Lifecycle = connect.LifecycleDisconnected },
		func(c *connect.Channel) { c.GrantID = other.ID },
		func(c *connect.Channel) { c.GrantID = 0 },
	} {
		c := w.newChannel(fmt.Sprint("page ", i))
		change(&c)
		c, _ = saveChannel(t, s, c)
		all = append(all, c)
	}
	for grant, want := range map[int64][]connect.Channel{w.grant.ID: all[:2], other.ID: all[3:4], other.ID + 99: nil} {
		got, err := s.ChannelsOfGrant(t.Context(), w.workspace.ID, grant)
		same(t, "of the grant", got, want)
		same(t, "error", err, nil)
	}
}

func testChannelHealth(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := w.channel
	want.Health, want.HealthReason, want.HealthAt, want.ProvenAt, want.UpdatedAt = connect.HealthError, "target_gone", at(1), at(2), at(3)
	for _, want := range []connect.Channel{want, w.channel} { // and back
		written := want
		written.Lifecycle, written.GrantID, written.Review = connect.LifecyclePaused, 0, connect.ReviewRejected // not written
		write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.SetChannelHealth(ctx, written) })
		got, err := s.Channel(ctx, w.workspace.ID, want.ID)
		same(t, "health", got, want)
		same(t, "error", err, nil)
	}
	want.ID += 99
	wants(t, "absent", s.InTx(ctx, func(tx connect.Tx) error { return tx.SetChannelHealth(ctx, want) }), fault.NotFound)
}

func testChannelRace(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	var ids [8]int64
	var made [8]bool
	errs := race(8, func(i int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			c, err := tx.SaveChannel(ctx, w.newChannel("raced"))
			ids[i], made[i] = c.ID, c.Made
			return err
		})
	})
	n := 0
	for i := range errs {
		same(t, "error", errs[i], nil)
		same(t, "id", ids[i], ids[0])
		if made[i] {
			n++
		}
	}
	same(t, "times made", n, 1)
}

func testChannelPages(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	other := w.owner
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		other, _, err = tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: "other", CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	all := []connect.Channel{w.channel}
	for i := range 9 {
		c := w.newChannel(fmt.Sprint("page ", i))
		switch i {
		case 1:
			c.Platform = "x"
		case 2:
			c.Kind = "profile"
		case 3:
			c.Health = connect.HealthError
		case 4:
			c.OwnerID = other.ID
		case 5:
			c.Lifecycle = connect.LifecyclePaused
		case 6:
			c.Lifecycle = connect.LifecycleDisconnected
		}
		c, _ = saveChannel(t, s, c)
		all = append(all, c)
	}
	list := func(f connect.ChannelFilter, after int64, limit int) []connect.Channel {
		channels, err := s.Channels(ctx, w.workspace.ID, f, after, limit)
		same(t, "error", err, nil)
		return channels
	}
	live := append(append([]connect.Channel(nil), all[:7]...), all[8:]...) // without the disconnected one
	var paged []connect.Channel
	for after := int64(0); ; after = paged[len(paged)-1].ID {
		page := list(connect.ChannelFilter{}, after, 4)
		paged = append(paged, page...)
		if len(page) < 4 {
			break
		}
	}
	same(t, "paged", paged, live)
	for name, c := range map[string]struct {
		filter connect.ChannelFilter
		want   connect.Channel
	}{
		"platform":     {connect.ChannelFilter{Platform: "x"}, all[2]},
		"kind":         {connect.ChannelFilter{Kind: "profile"}, all[3]},
		"health":       {connect.ChannelFilter{Health: connect.HealthError}, all[4]},
		"owner":        {connect.ChannelFilter{OwnerID: other.ID}, all[5]},
		"paused":       {connect.ChannelFilter{Lifecycle: connect.LifecyclePaused}, all[6]},
		"disconnected": {connect.ChannelFilter{Lifecycle: connect.LifecycleDisconnected}, all[7]},
		"two at once":  {connect.ChannelFilter{Platform: "x", Kind: "page", Lifecycle: connect.LifecycleActive}, all[2]},
	} {
		same(t, name, list(c.filter, 0, 9), []connect.Channel{c.want})
	}
	same(t, "nothing fits", len(list(connect.ChannelFilter{Platform: "x", Kind: "profile"}, 0, 9)), 0)
	same(t, "limit 0", len(list(connect.ChannelFilter{}, 0, 0)), 0)
}
