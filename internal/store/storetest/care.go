package storetest

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testLockChannel(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	errs := race(16, func(int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			c, err := tx.LockChannel(ctx, w.workspace.ID, w.channel.ID)
			if err != nil {
				return err
			}
			n, _ := strconv.Atoi(c.Label)
			c.Label = strconv.Itoa(n + 1)
			return tx.UpdateChannel(ctx, c)
		})
	})
	for _, err := range errs {
		same(t, "error", err, nil)
	}
	got, err := s.Channel(ctx, w.workspace.ID, w.channel.ID)
	same(t, "increments kept", got.Label, "16")
	same(t, "error", err, nil)
	err = s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.LockChannel(ctx, w.workspace.ID, got.ID+99); return err })
	wants(t, "absent", err, fault.NotFound)
}

// testLockChannels locks the same channels in opposite orders.
func testLockChannels(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	ids := []int64{w.channel.ID}
	for i := range 120 { // more than one statement takes
		c, _ := saveChannel(t, s, w.newChannel("page-more-"+strconv.Itoa(i)))
		ids = append(ids, c.ID)
	}
	back := append(slices.Clone(ids), ids[0], ids[0]+9999) // twice, and one that is not there
	slices.Reverse(back)
	errs := race(16, func(i int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			channels, err := tx.LockChannels(ctx, w.workspace.ID, [][]int64{ids, back}[i%2])
			if err != nil {
				return err
			}
			same(t, "channels", len(channels), len(ids))
			c := channels[w.channel.ID]
			n, _ := strconv.Atoi(c.Label)
			c.Label = strconv.Itoa(n + 1)
			return tx.UpdateChannel(ctx, c)
		})
	})
	for _, err := range errs {
		same(t, "error", err, nil)
	}
	got, err := s.Channel(ctx, w.workspace.ID, w.channel.ID)
	same(t, "increments kept", got.Label, "16")
	same(t, "error", err, nil)
}

func testUpdateChannel(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	other := w.newOwner(t, s, "other")
	theirs := w.newChannel("page-2")
	theirs.OwnerID = other.ID
	theirs, _ = saveChannel(t, s, theirs)
	read := func() connect.Channel {
		c, err := s.Channel(ctx, w.workspace.ID, w.channel.ID)
		same(t, "error", err, nil)
		return c
	}
	want := w.channel
	want.OwnerID, want.Kind, want.ExternalID, want.GrantID, want.TargetID = other.ID, "profile", "page-9", 0, 0
	want.Lifecycle, want.Health, want.HealthReason = connect.LifecyclePaused, connect.HealthUnknown, "moved"
	want.HealthAt, want.ProvenAt, want.FactsAt, want.UpdatedAt = at(1), at(2), at(3), at(4)
	want.Facts, want.Label = facts(), "my page"
	written := want
	written.Platform, written.Review, written.CreatedAt = "x", connect.ReviewRejected, at(9) // not written
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateChannel(ctx, written) })
	same(t, "written", read(), want)

	taken := want
	taken.Kind, taken.ExternalID, taken.Label = theirs.Kind, theirs.ExternalID, "not written"
	var inside error
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		inside = tx.UpdateChannel(ctx, taken)
		return ensure(ctx, tx, w, "and it goes on")
	})
	wants(t, "an account that the owner has", inside, fault.Conflict)
	same(t, "reason", fault.ReasonOf(inside), "channel_exists")
	same(t, "afterwards", read(), want)
	there(t, s, w, "and it goes on", true)

	free := taken
	free.OwnerID = w.owner.ID // who has no such page
	nameless := free
	nameless.ExternalID = ""
	for _, c := range []connect.Channel{free, nameless, w.channel} {
		write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateChannel(ctx, c) })
		same(t, "written too", read(), c)
	}
	want.ID += 99
	wants(t, "absent", s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateChannel(ctx, want) }), fault.NotFound)
	oneWins(t, race(4, func(i int) error { // four channels become the same account
		c, _ := saveChannel(t, s, w.newChannel("raced "+strconv.Itoa(i)))
		c.ExternalID = "raced"
		err := s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateChannel(ctx, c) })
		if err != nil {
			same(t, "reason", fault.ReasonOf(err), "channel_exists")
		}
		return err
	}), fault.Conflict)
}

func testSavedBefore(t *testing.T, s connect.Store) {
	w := newWorld(t, s, "a")
	for _, before := range []connect.Lifecycle{connect.LifecycleActive, connect.LifecyclePaused, connect.LifecycleDisconnected} {
		c := w.channel
		c.Lifecycle = before
		write(t, s, func(ctx context.Context, tx connect.Tx) error {
			if err := tx.UpdateChannel(ctx, c); err != nil {
				return err
			}
			saved, err := tx.SaveChannel(ctx, w.newChannel(c.ExternalID))
			same(t, "what it was", saved.Before, before)
			same(t, "what it is", saved.Lifecycle, connect.LifecycleActive)
			return err
		})
	}
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		saved, err := tx.SaveChannel(ctx, w.newChannel("new"))
		same(t, "of a new one", saved.Before, connect.Lifecycle(""))
		return err
	})
}
