package storetest

import (
	"context"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// alive gives a grant a value of its own in everything that keeps it alive.
func alive(g connect.Grant) connect.Grant {
	g.Health, g.HealthReason, g.Phase = connect.HealthExpiring, "consent_ending", connect.PhaseAwaiting
	g.ProvenAt, g.EndsAt, g.IssuedAt = at(1), at(2), at(3)
	g.Failures, g.Told = 4, 14
	g.RefreshAt, g.ProbeAt, g.TellAt = at(7), at(6), at(8)
	return g
}

func insertGrant(t *testing.T, s connect.Store, g connect.Grant) (made connect.Grant) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		made, err = tx.InsertGrant(ctx, g)
		return err
	})
	return made
}

func claim(t *testing.T, s connect.Store, g connect.Grant, lease time.Duration) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.ClaimGrant(ctx, g, g.Fence, lease) })
}

func testGrantAlive(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	read := func(id int64) connect.Grant {
		g, err := s.Grant(ctx, w.workspace.ID, id)
		same(t, "error", err, nil)
		return g
	}
	want := alive(w.newGrant("alive"))
	made := insertGrant(t, s, want)
	want.ID = made.ID
	same(t, "inserted", made, want)
	same(t, "read", read(made.ID), want)

	dead := w.newGrant("alive") // zero in everything
	dead.ID = made.ID
	for _, c := range []struct {
		what  string
		write func(ctx context.Context, tx connect.Tx, g connect.Grant) error
	}{
		{"updated", func(ctx context.Context, tx connect.Tx, g connect.Grant) error {
			return tx.UpdateGrant(ctx, g, g.Fence)
		}},
		{"claimed", func(ctx context.Context, tx connect.Tx, g connect.Grant) error {
			if err := tx.ClaimGrant(ctx, g, g.Fence, time.Hour); err != nil {
				return err
			}
			return tx.ReleaseGrants(ctx)
		}},
	} {
		for _, g := range []connect.Grant{dead, alive(dead)} {
			var locked connect.Grant
			write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
				if err := c.write(ctx, tx, g); err != nil {
					return err
				}
				locked, err = tx.LockGrant(ctx, w.workspace.ID, g.ID)
				return err
			})
			same(t, c.what, read(made.ID), g)
			same(t, c.what+", locked", locked, g)
			same(t, c.what+", due", len(queued(t, s, connect.Tx.DueGrants, w.app.ID, at(6), 9)) == 1, !g.NextAt().IsZero())
			same(t, c.what+", due before", len(queued(t, s, connect.Tx.DueGrants, w.app.ID, at(5), 9)), 0)
		}
	}
	err := s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.LockGrant(ctx, w.workspace.ID, made.ID+99); return err })
	wants(t, "absent, locked", err, fault.NotFound)
}

func testClaimGrant(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	sealed := w.newGrant("claimed")
	sealed.Sealed, sealed.TokenVersion, sealed.ExpiresAt = []byte("sealed"), 3, at(9)
	before := insertGrant(t, s, sealed)
	read := func() connect.Grant {
		g, err := s.Grant(ctx, w.workspace.ID, before.ID)
		same(t, "error", err, nil)
		return g
	}
	held := alive(before)
	held.Fence, held.UpdatedAt = before.Fence+1, at(5)
	written := held
	written.Sealed, written.TokenVersion, written.ExpiresAt = []byte("not written"), 99, at(99)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		return tx.ClaimGrant(ctx, written, before.Fence, time.Minute)
	})
	got := read()
	if got.LeaseLeft <= 0 || got.LeaseLeft > time.Minute {
		t.Errorf("lease left: got %s, want most of a minute", got.LeaseLeft)
	}
	got.LeaseLeft = 0
	same(t, "claimed", got, held)

	late := held // somebody who read it before
	late.Fence, late.Phase = before.Fence+1, connect.PhaseRedeeming
	err := s.InTx(ctx, func(tx connect.Tx) error { return tx.ClaimGrant(ctx, late, before.Fence, time.Hour) })
	wants(t, "claim with the old fence", err, fault.Conflict)
	err = s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateGrant(ctx, late, before.Fence) })
	wants(t, "update with the old fence", err, fault.Conflict)
	absent := held
	absent.ID += 99
	err = s.InTx(ctx, func(tx connect.Tx) error { return tx.ClaimGrant(ctx, absent, held.Fence, time.Hour) })
	wants(t, "absent", err, fault.NotFound)
	got = read()
	if got.LeaseLeft <= 0 || got.LeaseLeft > time.Minute {
		t.Errorf("lease left after the conflicts: got %s, want it as it was", got.LeaseLeft)
	}
	got.LeaseLeft = 0
	same(t, "after the conflicts", got, held)

	done := held
	done.Sealed, done.TokenVersion, done.Phase = []byte("new"), 4, connect.PhaseIdle
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateGrant(ctx, done, held.Fence) })
	same(t, "updated, the lease given back", read(), done)

	claim(t, s, done, -time.Minute)
	if left := read().LeaseLeft; left > -time.Minute || left < -time.Hour {
		t.Errorf("a lease that ended a minute ago: got %s left, want a minute less than none", left)
	}
	oneWins(t, race(6, func(int) error {
		g := done
		g.Fence++
		return s.InTx(ctx, func(tx connect.Tx) error { return tx.ClaimGrant(ctx, g, done.Fence, time.Minute) })
	}), fault.Conflict)
}

func testReleaseGrants(t *testing.T, s connect.Store) {
	ctx := t.Context()
	var grants []connect.Grant
	for _, name := range []string{"a", "b"} {
		w := newWorld(t, s, name)
		claimed := w.grant
		claimed.Phase = connect.PhaseRedeeming
		claim(t, s, claimed, time.Hour)
		claimRevocation(t, s, w.over, time.Hour)
		grants = append(grants, claimed)
	}
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.ReleaseGrants(ctx) })
	same(t, "revocations released", len(dueSubjects(t, s, 999, 9)), 2)
	for _, want := range grants {
		got, err := s.Grant(ctx, want.WorkspaceID, want.ID)
		same(t, "released, and otherwise as it was", got, want)
		same(t, "error", err, nil)
	}
}

func testNow(t *testing.T, s connect.Store) {
	read := func(r connect.GrantReader) time.Time {
		now, err := r.Now(t.Context())
		same(t, "error", err, nil)
		return now
	}
	first := read(s)
	if off := time.Since(first).Abs(); off > time.Hour {
		t.Errorf("the database's clock: got %s, which is %s off", first, off)
	}
	write(t, s, func(_ context.Context, tx connect.Tx) error {
		if second := read(tx); second.Before(first) {
			t.Errorf("got %s after %s, want a clock that does not go back", second, first)
		}
		return nil
	})
}
