package storetest

import (
	"context"
	"testing"
	"time"

	"patchbay/internal/connect"
)

func testHoldGrants(t *testing.T, s connect.Store) {
	ctx := t.Context()
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	insert := func(w *world, subject string, change func(*connect.Grant)) connect.Grant {
		g := alive(w.newGrant(subject))
		if change != nil {
			change(&g)
		}
		return insertGrant(t, s, g)
	}
	is := func(what string, made connect.Grant, change func(*connect.Grant)) {
		t.Helper()
		got, err := s.Grant(ctx, made.WorkspaceID, made.ID)
		same(t, "error", err, nil)
		got.LeaseLeft = 0
		if change != nil {
			change(&made)
		}
		same(t, what, got, made)
	}
	held := func() map[string]int64 {
		counts, err := s.HeldGrants(ctx)
		same(t, "error", err, nil)
		return counts
	}
	hold := func(ctx context.Context, tx connect.Tx) error { return tx.HoldGrants(ctx) }
	resume := func(ctx context.Context, tx connect.Tx) error { return tx.ResumeGrants(ctx) }
	inPhase := func(p connect.GrantPhase) func(*connect.Grant) { return func(g *connect.Grant) { g.Phase = p } }

	idle := insert(&a, "idle", inPhase(connect.PhaseIdle))
	other := insert(&b, "of another workspace and platform", func(g *connect.Grant) { g.Platform, g.Phase = "x", connect.PhaseRedeeming })
	over := insert(&b, "with nothing to refresh", func(g *connect.Grant) { g.RefreshAt, g.Phase = time.Time{}, connect.PhaseIdle })
	unverified := insert(&a, "", func(g *connect.Grant) { g.State = connect.GrantUnverified })
	claim(t, s, other, time.Hour)
	same(t, "held at first", held(), map[string]int64{})

	write(t, s, hold)
	write(t, s, hold)
	for _, g := range []connect.Grant{idle, other, over} {
		is("held", g, inPhase(connect.PhaseHeld))
	}
	is("not usable, held", unverified, nil)
	same(t, "held", held(), map[string]int64{idle.Platform: 1, "x": 1})
	if got, err := s.Grant(ctx, other.WorkspaceID, other.ID); err != nil || got.LeaseLeft <= 0 {
		t.Errorf("claimed and held: got a lease of %s, %v, want it as it was", got.LeaseLeft, err)
	}
	later := insert(&a, "given later", inPhase(connect.PhaseAwaiting))

	write(t, s, resume)
	due := func(g *connect.Grant) { g.Phase, g.RefreshAt = connect.PhaseAwaiting, time.UnixMilli(0).UTC() }
	is("resumed", idle, due)
	is("resumed, of another workspace", other, due)
	is("resumed with nothing to refresh", over, nil)
	is("not held, resumed", later, nil)
	is("not usable, resumed", unverified, nil)
	same(t, "held afterwards", held(), map[string]int64{})
	same(t, "due at once", queued(t, s, connect.Tx.DueGrants, idle.AppID, time.UnixMilli(0), 9), []string{"idle"})
}
