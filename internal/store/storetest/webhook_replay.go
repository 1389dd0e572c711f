package storetest

import (
	"context"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

func testReplays(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error {
		emitTest(tx, w, "x", 3)
		emitTest(tx, w, "y", 1)
		emitTest(tx, w, "x", 4)
		return nil
	})
	last, err := s.LastEvent(ctx, w.workspace.ID)
	same(t, "last event", last, int64(8))
	same(t, "error", err, nil)
	e := endpoint(t, s, w.newEndpoint("e"), "x")
	r := webhook.Replay{WorkspaceID: w.workspace.ID, EndpointID: e.ID, After: 1, Until: 8, State: webhook.ReplayRunning, Cursor: 1, CreatedAt: t0, UpdatedAt: t0}
	hook(t, s, func(ctx context.Context, tx webhook.Tx) (err error) {
		r, err = tx.InsertReplay(ctx, r)
		return err
	})
	same(t, "events", r.Events, int64(7))
	err = s.InTx(ctx, func(tx connect.Tx) error {
		_, err := tx.(webhook.Tx).InsertReplay(ctx, r)
		return err
	})
	wants(t, "another one beside it", err, fault.Conflict)

	for _, step := range []struct {
		upTo   int64
		queued int
	}{{4, 2}, {8, 4}} { // 2 and 3; 5 to 8
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
			p, err := tx.LockReplay(ctx, w.workspace.ID, r.ID)
			if err != nil {
				return err
			}
			if err := tx.LockEvents(ctx, w.workspace.ID); err != nil {
				return err
			}
			n, err := tx.QueueReplay(ctx, p, step.upTo, at(7))
			same(t, "queued", n, step.queued)
			p.Cursor, p.UpdatedAt = step.upTo, at(7)
			p.Queued += int64(n)
			if p.Cursor == p.Until {
				p.State = webhook.ReplayDone
			}
			if err != nil {
				return err
			}
			return tx.UpdateReplay(ctx, p)
		})
	}
	same(t, "told", sentTo(t, s, w, e), []string{"2 x", "3 x", "5 x", "6 x", "7 x", "8 x"})
	list := deliveries(t, s, w, webhook.DeliveryFilter{})
	same(t, "of the replay", list[0].ReplayID == r.ID && list[0].NextAt.Equal(at(7)) && list[0].ChannelID == w.channel.ID, true)
	for i, state := range []webhook.DeliveryState{"delivered", "failed", "delivered", "skipped", "dropped"} {
		d := list[i]
		d.State, d.EndedAt = state, at(8)
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error { return tx.SaveDelivery(ctx, d, 0) })
	}
	got, err := s.Replay(ctx, w.workspace.ID, r.ID)
	r.State, r.Cursor, r.Queued, r.UpdatedAt = webhook.ReplayDone, 8, 6, at(7)
	r.Delivered, r.Failed, r.Skipped, r.Dropped = 2, 1, 1, 1 // and one is pending
	same(t, "progress", got, r)
	same(t, "error", err, nil)
	running, err := s.RunningReplays(ctx, 9)
	same(t, "running", len(running), 0)
	same(t, "error", err, nil)
}

// A replay does not go through numbers that no event has.
func testReplayOverAJump(t *testing.T, s webhook.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	tell := func() {
		hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 3); return nil })
	}
	jump := func() { write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.JumpEvents(ctx) }) }
	tell()
	jump()
	tell()
	jump() // nothing came of it yet
	last, err := s.LastEvent(ctx, w.workspace.ID)
	same(t, "error", err, nil)
	e := endpoint(t, s, w.newEndpoint("e"), "x")
	r := webhook.Replay{WorkspaceID: w.workspace.ID, EndpointID: e.ID, After: 1, Until: last, State: webhook.ReplayRunning, Cursor: 1, CreatedAt: t0, UpdatedAt: t0}
	hook(t, s, func(ctx context.Context, tx webhook.Tx) (err error) {
		r, err = tx.InsertReplay(ctx, r)
		return err
	})
	queued, steps := 0, 0
	for ; r.Cursor < last; steps++ {
		if steps == 4 {
			t.Fatalf("after %d steps the replay is at %d of %d", steps, r.Cursor, last)
		}
		hook(t, s, func(ctx context.Context, tx webhook.Tx) (err error) {
			if r, err = tx.LockReplay(ctx, w.workspace.ID, r.ID); err != nil {
				return err
			}
			upTo := min(r.Cursor+200, last)
			n, err := tx.QueueReplay(ctx, r, upTo, at(7))
			if err != nil {
				return err
			}
			r.Cursor, queued = upTo, queued+n
			return tx.UpdateReplay(ctx, r)
		})
	}
	same(t, "queued", queued, 5)
	same(t, "told", len(sentTo(t, s, w, e)), 5)
}

func testReplayFailedOnly(t *testing.T, s webhook.Store) {
	w := newWorld(t, s, "a")
	e, other := endpoint(t, s, w.newEndpoint("e"), "*"), endpoint(t, s, w.newEndpoint("other"), "*")
	hook(t, s, func(_ context.Context, tx webhook.Tx) error { emitTest(tx, w, "x", 6); return nil })
	states := []webhook.DeliveryState{"delivered", "failed", "dropped", "skipped", "pending", "failed"}
	for i, d := range deliveries(t, s, w, webhook.DeliveryFilter{EndpointID: e.ID}) {
		d.State = states[5-i]
		hook(t, s, func(ctx context.Context, tx webhook.Tx) error { return tx.SaveDelivery(ctx, d, 0) })
	}
	hook(t, s, func(ctx context.Context, tx webhook.Tx) error {
		r, err := tx.InsertReplay(ctx, webhook.Replay{
			WorkspaceID: w.workspace.ID, EndpointID: e.ID, Until: 6, FailedOnly: true, State: webhook.ReplayRunning, CreatedAt: t0, UpdatedAt: t0,
		})
		if err != nil {
			return err
		}
		n, err := tx.QueueReplay(ctx, r, 6, at(7))
		same(t, "queued", n, 3)
		return err
	})
	same(t, "told again", sentTo(t, s, w, e)[6:], []string{"2 x", "3 x", "6 x"})
	same(t, "the other endpoint", len(sentTo(t, s, w, other)), 6)
}
