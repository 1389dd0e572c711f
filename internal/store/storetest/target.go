package storetest

import (
	"context"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

func testTargets(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := w.newTarget("page-2")
	want.Facts, want.Blocked = facts(), "no_task"
	save := func(v connect.Target) (saved connect.Target) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			saved, err = tx.SaveTarget(ctx, v)
			return err
		})
		return saved
	}
	made := save(want)
	want.ID = made.ID
	same(t, "inserted", made, want)

	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		return tx.SealTarget(ctx, w.workspace.ID, made.ID, []byte{7, 0}, 3)
	})
	want.Sealed, want.TokenVersion = []byte{7, 0}, 3
	all, err := s.Targets(ctx, w.workspace.ID, w.grant.ID)
	same(t, "in order, sealed", all, []connect.Target{w.target, want})
	same(t, "error", err, nil)

	want.Facts, want.Blocked, want.Role = platform.Facts{Name: "New"}, "", platform.RoleDestination
	again := want
	again.ID = 0
	same(t, "saved again", save(again), want)

	other := want
	other.Kind = "profile"
	if got := save(other); got.ID == want.ID {
		t.Errorf("another kind: got the same id %d, want a new one", got.ID)
	}
	err = s.InTx(ctx, func(tx connect.Tx) error { return tx.SealTarget(ctx, w.workspace.ID, made.ID+99, nil, 0) })
	wants(t, "seal an absent one", err, fault.NotFound)
}

func testDropTargets(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a") // its target page-1 has a channel
	var kept connect.Target
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		if kept, err = tx.SaveTarget(ctx, w.newTarget("kept")); err != nil {
			return err
		}
		_, err = tx.SaveTarget(ctx, w.newTarget("dropped"))
		return err
	})
	drop := func(keep ...int64) []connect.Target {
		write(t, s, func(ctx context.Context, tx connect.Tx) error {
			return tx.DropTargets(ctx, w.workspace.ID, w.grant.ID, keep)
		})
		left, err := s.Targets(ctx, w.workspace.ID, w.grant.ID)
		same(t, "error", err, nil)
		return left
	}
	same(t, "keep one", drop(kept.ID), []connect.Target{w.target, kept})
	same(t, "keep none", drop(), []connect.Target{w.target})
}
