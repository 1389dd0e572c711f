package storetest

import (
	"context"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// listDead is DeadGrants in the form of the methods that ask of one app, of whatever app.
func listDead() func(connect.Tx, context.Context, int64, time.Time, int) ([]connect.Grant, error) {
	return func(tx connect.Tx, ctx context.Context, _ int64, now time.Time, limit int) ([]connect.Grant, error) {
		return tx.DeadGrants(ctx, now, limit)
	}
}

func planErasure(t *testing.T, s connect.Store, g connect.Grant, minute int) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		return tx.PlanErasure(ctx, g.WorkspaceID, g.ID, at(minute))
	})
}

func testDeadGrants(t *testing.T, s connect.Store) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	app := sharedApp(t, s, &a, &b)
	died := func(w *world, subject string, minute int, change func(*connect.Grant)) connect.Grant {
		g := w.newGrant(subject)
		g.Health, g.HealthReason, g.Sealed = connect.HealthNeedsReauth, "revoked", []byte("sealed")
		if change != nil {
			change(&g)
		}
		g = insertGrant(t, s, g)
		planErasure(t, s, g, minute)
		return g
	}
	died(&a, "second", 20, nil)
	died(&b, "first", 10, nil)
	died(&a, "third", 30, func(g *connect.Grant) { g.ProbeAt = at(1) })
	died(&b, "in a minute", 31, nil)
	died(&a, "", 1, func(g *connect.Grant) { g.State = connect.GrantUnverified })
	died(&a, "in error", 1, func(g *connect.Grant) { g.Health = connect.HealthError })
	died(&b, "alive", 1, func(g *connect.Grant) { g.Health = connect.HealthExpiring })
	claim(t, s, died(&b, "held", 5, nil), time.Hour)

	all := []string{"first", "second", "third"}
	same(t, "the longest due first", queued(t, s, listDead(), app.ID, at(30), 9), all)
	same(t, "at most two", queued(t, s, listDead(), app.ID, at(30), 2), all[:2])
	same(t, "before all", queued(t, s, listDead(), app.ID, at(9), 9), []string(nil))
	same(t, "limit 0", queued(t, s, listDead(), app.ID, at(99), 0), []string(nil))
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.ReleaseGrants(ctx) })
	same(t, "given back", queued(t, s, listDead(), app.ID, at(30), 1), []string{"held"})
	unplanned := a.newGrant("never planned")
	unplanned.Health = connect.HealthNeedsReauth
	insertGrant(t, s, unplanned)
	same(t, "whose time nobody said", queued(t, s, listDead(), app.ID, at(0), 9), []string{"never planned"})
	err := s.InTx(t.Context(), func(tx connect.Tx) error { return tx.PlanErasure(t.Context(), a.workspace.ID, 9999, at(1)) })
	wants(t, "absent, planned", err, fault.NotFound)
}

// testEmptyGrant empties one of two grants with targets.
func testEmptyGrant(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	app := sharedApp(t, s, &w)
	insert := func(subject string) connect.Grant {
		g := alive(w.newGrant(subject))
		g.Health, g.HealthReason = connect.HealthNeedsReauth, "revoked"
		g.Sealed, g.ExpiresAt, g.TokenVersion = []byte("sealed"), at(9), 3
		g.Brought = connect.Brought{Access: []byte("mark of " + subject), Refresh: []byte("mark")}
		g = insertGrant(t, s, g)
		for _, page := range []string{"page-1", "page-2"} {
			v := w.newTarget(page)
			v.GrantID, v.Sealed, v.TokenVersion = g.ID, []byte("sealed "+page), 3
			write(t, s, func(ctx context.Context, tx connect.Tx) error { _, err := tx.SaveTarget(ctx, v); return err })
		}
		return g
	}
	full := func(g connect.Grant) (n int) {
		targets, err := s.Targets(ctx, g.WorkspaceID, g.ID)
		same(t, "error", err, nil)
		same(t, "targets", len(targets), 2)
		for _, v := range targets {
			if v.Sealed != nil {
				n++
			}
		}
		return n
	}
	g, other := insert("emptied"), insert("kept")
	planErasure(t, s, other, 99)
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.EmptyGrant(ctx, g.WorkspaceID, g.ID) })
	want := g
	want.Sealed, want.Brought, want.Phase, want.Fence = nil, connect.Brought{}, connect.PhaseIdle, g.Fence+1
	want.RefreshAt, want.ProbeAt, want.TellAt = time.Time{}, time.Time{}, time.Time{}
	got, err := s.Grant(ctx, g.WorkspaceID, g.ID)
	same(t, "error", err, nil)
	same(t, "emptied", got, want)
	same(t, "its targets with credentials", full(g), 0)
	kept, err := s.Grant(ctx, g.WorkspaceID, other.ID)
	same(t, "error", err, nil)
	same(t, "the other one", kept, other)
	same(t, "the other one's targets with credentials", full(other), 2)
	same(t, "due", queued(t, s, connect.Tx.DueGrants, app.ID, at(999), 9), []string{"kept"})
	same(t, "to be erased", queued(t, s, listDead(), app.ID, at(999), 9), []string{"kept"})
	live := func(what, subject string, want int) {
		t.Helper()
		n, _, err := s.LiveConsents(ctx, app.ClientID, app.Server, subject)
		same(t, "error", err, nil)
		same(t, what, n, want)
	}
	live("emptied, as a living consent", "emptied", 0)
	live("kept, as a living consent", "kept", 1)
	err = s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateGrant(ctx, g, g.Fence) })
	wants(t, "written by who read it before", err, fault.Conflict)
	err = s.InTx(ctx, func(tx connect.Tx) error { return tx.PlanErasure(ctx, g.WorkspaceID, g.ID, at(1)) })
	wants(t, "planned, with nothing to erase", err, fault.NotFound)
	err = s.InTx(ctx, func(tx connect.Tx) error { return tx.EmptyGrant(ctx, g.WorkspaceID, 9999) })
	wants(t, "absent", err, fault.NotFound)

	filled := got
	filled.Sealed, filled.TokenVersion = []byte("sealed anew"), 4
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateGrant(ctx, filled, got.Fence) })
	same(t, "filled again, and dead", queued(t, s, listDead(), app.ID, at(0), 9), []string{"emptied"})
	live("filled again, as a living consent", "emptied", 1)
}
