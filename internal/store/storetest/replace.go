package storetest

import (
	"context"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testGiveWay(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	other := w.newOwner(t, s, "other")
	theirs := w.newChannel(w.channel.ExternalID)
	theirs.OwnerID, theirs.Label = other.ID, "theirs"
	theirs, _ = saveChannel(t, s, theirs)
	moved := w.channel
	moved.OwnerID, moved.UpdatedAt = other.ID, at(7)
	give := func() (old connect.Channel, gave bool, refused error) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			if old, gave, err = tx.GiveWay(ctx, moved); err != nil {
				return err
			}
			refused = tx.UpdateChannel(ctx, moved)
			return nil
		})
		return old, gave, refused
	}
	for _, state := range []connect.Lifecycle{connect.LifecycleActive, connect.LifecyclePaused} {
		theirs.Lifecycle = state
		write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateChannel(ctx, theirs) })
		_, gave, refused := give()
		same(t, "one that is connected gives way", gave, false)
		wants(t, "beside it", refused, fault.Conflict)
	}
	theirs.Lifecycle, theirs.GrantID, theirs.TargetID = connect.LifecycleDisconnected, 0, 0
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateChannel(ctx, theirs) })
	want := theirs
	want.ExternalID, want.ReplacedBy, want.UpdatedAt = "", w.channel.ID, at(7)
	old, gave, refused := give()
	same(t, "gave way", gave, true)
	same(t, "the old one", old, want)
	same(t, "the new one", refused, nil)
	_, gave, refused = give() // itself is not in its way
	same(t, "gave way again", gave, false)
	same(t, "the new one again", refused, nil)
	got, err := s.Channel(ctx, w.workspace.ID, theirs.ID)
	same(t, "error", err, nil)
	same(t, "as stored", got, want)

	want.Label = "renamed"
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		if err := tx.UpdateChannel(ctx, want); err != nil {
			return err
		}
		again := w.newChannel(w.channel.ExternalID)
		again.OwnerID = other.ID
		saved, err := tx.SaveChannel(ctx, again)
		same(t, "connected anew", saved.ID, w.channel.ID)
		return err
	})
	got, err = s.Channel(ctx, w.workspace.ID, theirs.ID)
	same(t, "error", err, nil)
	same(t, "after an update", got, want)
	oneWins(t, race(4, func(int) error { // several come to one owner's account at once
		return s.InTx(ctx, func(tx connect.Tx) error {
			made, err := tx.SaveChannel(ctx, w.newChannel(""))
			if err != nil {
				return err
			}
			c := made.Channel
			c.OwnerID, c.ExternalID = other.ID, "raced"
			if _, _, err := tx.GiveWay(ctx, c); err != nil {
				return err
			}
			return tx.UpdateChannel(ctx, c)
		})
	}), fault.Conflict)
}
