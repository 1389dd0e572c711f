package storetest

import (
	"context"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testApps(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	ensure := func(a connect.App) (app connect.App) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			app, err = tx.EnsureApp(ctx, a)
			return err
		})
		return app
	}
	instance := connect.App{Platform: "mastodon", Server: "social.example", ClientID: "c", CreatedAt: t0, UpdatedAt: t0}
	own := instance
	own.WorkspaceID = w.workspace.ID
	other := instance
	other.Server = "other.example"

	ids := map[int64]bool{}
	for _, want := range []connect.App{instance, own, other} {
		made := ensure(want)
		want.ID = made.ID
		ids[made.ID] = true
		same(t, "made", made, want)
		later := want
		later.CreatedAt = at(9)
		same(t, "found", ensure(later), want)
		got, err := s.App(ctx, want.WorkspaceID, want.ID)
		same(t, "read", got, want)
		same(t, "error", err, nil)
	}
	same(t, "apps", len(ids), 3)
	_, err := s.App(ctx, w.workspace.ID, 1<<40)
	wants(t, "absent", err, fault.NotFound)
}

func testAppLife(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	ws := w.workspace.ID
	live := func() (connect.App, error) { return s.LiveApp(ctx, ws, "facebook", "") }
	got, err := live()
	same(t, "live", got, w.app)
	same(t, "error", err, nil)
	_, err = s.LiveApp(ctx, 0, "facebook", "")
	wants(t, "the instance has none", err, fault.NotFound)
	second := connect.App{WorkspaceID: ws, Platform: "facebook", ClientID: "second", CreatedAt: t0, UpdatedAt: t0}
	insert := func() (made connect.App, err error) {
		err = s.InTx(ctx, func(tx connect.Tx) (err error) {
			made, err = tx.InsertApp(ctx, second)
			return err
		})
		return made, err
	}
	_, err = insert()
	wants(t, "a second live one", err, fault.Conflict)

	changed := w.app
	changed.Name, changed.Sealed, changed.UpdatedAt = "Ours", []byte("sealed"), at(1)
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateApp(ctx, changed) })
	got, err = s.App(ctx, ws, w.app.ID)
	same(t, "changed", got, changed)
	same(t, "error", err, nil)

	retire := func() error {
		return s.InTx(ctx, func(tx connect.Tx) error { return tx.RetireApp(ctx, ws, w.app.ID, at(2)) })
	}
	same(t, "retired", retire(), nil)
	wants(t, "retired again", retire(), fault.NotFound)
	wants(t, "changed when retired", s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateApp(ctx, changed) }), fault.NotFound)
	_, err = live()
	wants(t, "live when retired", err, fault.NotFound)
	second.ClientID = w.app.ClientID // the same client comes again
	made, err := insert()
	same(t, "after the first was retired", err, nil)
	list, err := s.Apps(ctx, ws, 0, 9)
	same(t, "error", err, nil)
	same(t, "listed", []int64{list[0].ID, list[1].ID, list[2].ID}, []int64{w.app.ID, w.pending.ID, made.ID})
}

// testAppFilled registers one app from several replicas at once: one registration counts.
func testAppFilled(t *testing.T, s connect.Store) {
	ctx := t.Context()
	var row connect.App
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		row, err = tx.EnsureApp(ctx, connect.App{Platform: "mastodon", Server: "https://social.example", CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	errs := race(4, func(i int) error {
		filled := row
		filled.ClientID, filled.Sealed, filled.Scopes, filled.UpdatedAt = string(rune('a'+i)), []byte("sealed"), "read write", at(1)
		return s.InTx(ctx, func(tx connect.Tx) error { return tx.FillApp(ctx, filled) })
	})
	oneWins(t, errs, fault.Conflict)
	seal := func(id int64) error {
		return s.InTx(ctx, func(tx connect.Tx) error { return tx.SealApp(ctx, id, []byte("late")) })
	}
	wants(t, "sealed again", seal(row.ID), fault.Conflict)
	wants(t, "a workspace's", seal(newWorld(t, s, "a").app.ID), fault.Conflict)
	wants(t, "an absent one", seal(row.ID+99), fault.Conflict)
	var bare connect.App
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		bare, err = tx.EnsureApp(ctx, connect.App{Platform: "x", ClientID: "bare", CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	same(t, "one without a secret", seal(bare.ID), nil)
	got, err := s.LiveApp(ctx, 0, "mastodon", "https://social.example")
	same(t, "error", err, nil)
	if got.ID != row.ID || got.ClientID == "" || got.Scopes != "read write" {
		t.Errorf("got %+v, want the row filled once", got)
	}
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.RetireApp(ctx, 0, row.ID, at(2)) })
	_, err = s.LiveApp(ctx, 0, "mastodon", "https://social.example")
	wants(t, "live when retired", err, fault.NotFound)
}

func testPaceApp(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	shared := sharedApp(t, s)
	for _, want := range []connect.App{w.app, shared} {
		troubled := want
		troubled.Trouble, troubled.TroubleAt, troubled.Failing, troubled.Holds = "platform_unavailable", at(1), 5, 2
		troubled.HoldUntil, troubled.PaceAt = at(2), at(3)
		for _, want := range []connect.App{troubled, want} { // and well again
			written := want
			written.Name, written.ClientID, written.Sealed, written.UpdatedAt = "not written", "not written", []byte("not written"), at(9)
			write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.PaceApp(ctx, written) })
			var got connect.App
			write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
				got, err = tx.LockAppByID(ctx, want.ID)
				return err
			})
			same(t, "paced", got, want)
		}
	}
	absent := w.app
	absent.ID += 99
	wants(t, "pace of an absent one", s.InTx(ctx, func(tx connect.Tx) error { return tx.PaceApp(ctx, absent) }), fault.NotFound)
	err := s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.LockAppByID(ctx, absent.ID); return err })
	wants(t, "absent", err, fault.NotFound)
}
