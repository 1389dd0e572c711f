package storetest

import (
	"context"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

func facts() platform.Facts {
	followers, verified := int64(1<<40), false
	return platform.Facts{
		Name: "Bäckerei \"Süß\" 🥐", Username: "baeckerei", URL: "https://example.org/b", AvatarURL: "https://example.org/b.png",
		Category: "Bakery", Followers: &followers, Verified: &verified,
	}
}

func testGrants(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := w.newGrant("")
	want.State, want.Sealed, want.TokenVersion, want.ExpiresAt = connect.GrantUnverified, []byte{1, 0}, 1, at(60)
	var made connect.Grant
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		made, err = tx.InsertGrant(ctx, want)
		return err
	})
	want.ID = made.ID
	same(t, "inserted", made, want)

	want.State, want.Subject, want.Facts, want.Scopes, want.ScopesTold = connect.GrantUsable, "42", facts(), []string{"a", "b"}, true
	want.Sealed, want.ExpiresAt, want.Fence, want.TokenVersion, want.UpdatedAt = []byte{2}, at(120), 1, 2, at(1)
	want.Brought = connect.Brought{Access: hash("brought")}
	changed := want
	changed.Platform, changed.CreatedAt = "not written", at(99)
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateGrant(ctx, changed, 0) })
	got, err := s.Grant(ctx, w.workspace.ID, made.ID)
	same(t, "updated", got, want)
	same(t, "error", err, nil)
	got, err = s.GrantBySubject(ctx, w.workspace.ID, w.app.ID, "42", w.owner.ID)
	same(t, "by subject", got, want)
	same(t, "error", err, nil)
	_, err = s.GrantBySubject(ctx, w.workspace.ID, w.app.ID, "43", w.owner.ID)
	wants(t, "other subject", err, fault.NotFound)
	got, err = s.GrantByBrought(ctx, w.workspace.ID, w.app.ID, w.owner.ID, want.Brought.Access)
	same(t, "by what an import brought", got, want)
	same(t, "error", err, nil)
	for what, hash := range map[string][]byte{"of before": hash("access "), "a refresh token's": w.grant.Brought.Refresh, "none": nil, "nothing": {}} {
		_, err = s.GrantByBrought(ctx, w.workspace.ID, w.app.ID, w.owner.ID, hash)
		wants(t, "brought: "+what, err, fault.NotFound)
	}
	_, err = s.GrantByBrought(ctx, w.workspace.ID, w.app.ID, w.owner.ID+99, want.Brought.Access)
	wants(t, "brought for another owner", err, fault.NotFound)
	_, err = s.GrantByBrought(ctx, w.workspace.ID, w.app.ID+99, w.owner.ID, want.Brought.Access)
	wants(t, "brought for another app", err, fault.NotFound)
	_, err = s.Grant(ctx, w.workspace.ID, made.ID+99)
	wants(t, "absent", err, fault.NotFound)
	err = s.InTx(ctx, func(tx connect.Tx) error {
		absent := want
		absent.ID += 99
		return tx.UpdateGrant(ctx, absent, 1)
	})
	wants(t, "update of an absent one", err, fault.NotFound)
}

func testGrantSwap(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	oneWins(t, race(8, func(int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			g := w.grant
			g.Fence++
			return tx.UpdateGrant(ctx, g, w.grant.Fence)
		})
	}), fault.Conflict)
	got, err := s.Grant(ctx, w.workspace.ID, w.grant.ID)
	same(t, "fence", got.Fence, w.grant.Fence+1)
	same(t, "error", err, nil)
}

func testGrantUnique(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a") // its grant is usable, of "subject"
	unverified := w.newGrant("subject")
	unverified.State = connect.GrantUnverified
	var made connect.Grant
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) { // two unverified ones may say the same
		if _, err = tx.InsertGrant(ctx, unverified); err != nil {
			return err
		}
		made, err = tx.InsertGrant(ctx, unverified)
		return err
	})
	got, err := s.GrantBySubject(ctx, w.workspace.ID, w.app.ID, "subject", w.owner.ID)
	same(t, "by subject", got, w.grant)
	same(t, "error", err, nil)

	err = s.InTx(ctx, func(tx connect.Tx) error {
		made.State = connect.GrantUsable
		return tx.UpdateGrant(ctx, made, made.Fence)
	})
	wants(t, "a second usable one by update", err, fault.Conflict)
	oneWins(t, race(4, func(int) error {
		return s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.InsertGrant(ctx, w.newGrant("new")); return err })
	}), fault.Conflict)
}

func testDeleteGrant(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a") // its grant has a channel
	remove := func(id int64) error {
		return s.InTx(ctx, func(tx connect.Tx) error { return tx.DeleteGrant(ctx, w.workspace.ID, id) })
	}
	wants(t, "with a channel", remove(w.grant.ID), fault.Conflict)
	wants(t, "absent", remove(w.grant.ID+99), fault.NotFound)

	lone := w.newGrant("lone")
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		if lone, err = tx.InsertGrant(ctx, lone); err != nil {
			return err
		}
		target := w.newTarget("page-2")
		target.GrantID = lone.ID
		if _, err = tx.SaveTarget(ctx, target); err != nil {
			return err
		}
		a := w.attempt
		a.GrantID, a.State = lone.ID, connect.AttemptChoosing
		return tx.UpdateAttempt(ctx, a, w.attempt.State)
	})
	wants(t, "while an attempt chooses", remove(lone.ID), fault.Conflict)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		a := w.attempt
		a.GrantID, a.State = lone.ID, connect.AttemptWarned
		return tx.UpdateAttempt(ctx, a, connect.AttemptChoosing)
	})
	wants(t, "while a person is warned", remove(lone.ID), fault.Conflict)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		a := w.attempt
		a.GrantID, a.State = lone.ID, connect.AttemptSucceeded
		return tx.UpdateAttempt(ctx, a, connect.AttemptWarned)
	})
	same(t, "without a channel", remove(lone.ID), nil)
	_, err := s.Grant(ctx, w.workspace.ID, lone.ID)
	wants(t, "afterwards", err, fault.NotFound)
	targets, err := s.Targets(ctx, w.workspace.ID, lone.ID)
	same(t, "its targets", len(targets), 0)
	same(t, "error", err, nil)
	attempt, err := s.Attempt(ctx, w.workspace.ID, w.attempt.ID)
	same(t, "its attempt's grant", attempt.GrantID, int64(0))
	same(t, "error", err, nil)
	_, err = s.Grant(ctx, w.workspace.ID, w.grant.ID)
	same(t, "the other one", err, nil)
}
