package storetest

import (
	"context"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testWorkspaces(t *testing.T, s connect.Store) {
	ctx := t.Context()
	_, err := s.FirstWorkspace(ctx)
	wants(t, "first of an empty store", err, fault.NotFound)

	want := connect.Workspace{Name: "Studio", CreatedAt: t0, RequireRedirectURL: true, AllowedRedirects: []string{"https://app.example/done"}}
	want.NoHeadless, want.BouncePage = true, true
	var first, second connect.Workspace
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		if first, err = tx.InsertWorkspace(ctx, want); err != nil {
			return err
		}
		second, err = tx.InsertWorkspace(ctx, connect.Workspace{Name: "Other", CreatedAt: at(1)})
		return err
	})
	want.ID = first.ID
	same(t, "inserted", first, want)
	if second.ID <= first.ID {
		t.Errorf("ids: got %d after %d, want ascending", second.ID, first.ID)
	}
	got, err := s.Workspace(ctx, first.ID)
	same(t, "read", got, want)
	same(t, "error", err, nil)
	got, err = s.FirstWorkspace(ctx)
	same(t, "first", got, want)
	same(t, "error", err, nil)
	changed := first
	changed.Name, changed.RequireRedirectURL, changed.AllowedRedirects = "Atelier", false, nil
	changed.NoHeadless, changed.BouncePage = false, false
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateWorkspace(ctx, changed) })
	got, err = s.Workspace(ctx, first.ID)
	same(t, "changed", got, changed)
	same(t, "error", err, nil)
	absent := connect.Workspace{ID: second.ID + 1, Name: "nobody"}
	wants(t, "change of an absent one", s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateWorkspace(ctx, absent) }), fault.NotFound)
	_, err = s.Workspace(ctx, second.ID+1)
	wants(t, "absent", err, fault.NotFound)
}

func testKeys(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := connect.Key{
		WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, Name: "backend", Prefix: "pb_ab", Hash: hash("k"),
		Scopes: []connect.Scope{connect.ScopeSessionsWrite, connect.ScopeChannelsRead}, CreatedAt: t0, ExpiresAt: at(5),
	}
	var made connect.Key
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		made, err = tx.InsertKey(ctx, want)
		return err
	})
	want.ID = made.ID
	same(t, "inserted", made, want)
	got, err := s.KeyByHash(ctx, hash("k"))
	same(t, "read", got, want)
	same(t, "error", err, nil)
	_, err = s.KeyByHash(ctx, hash("other"))
	wants(t, "absent", err, fault.NotFound)
	_, err = s.KeyByHash(ctx, nil)
	wants(t, "no hash", err, fault.NotFound)

	err = s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.InsertKey(ctx, want); return err })
	wants(t, "same hash again", err, fault.Conflict)

	for _, minutes := range []int{1, 2} { // the second revocation changes nothing
		write(t, s, func(ctx context.Context, tx connect.Tx) error {
			return tx.RevokeKey(ctx, w.workspace.ID, made.ID, at(minutes))
		})
	}
	want.RevokedAt = at(1)
	got, err = s.KeyByHash(ctx, hash("k"))
	same(t, "revoked", got, want)
	same(t, "error", err, nil)
}

func testOwners(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	_, err := s.DefaultOwner(ctx, w.workspace.ID)
	wants(t, "no default owner", err, fault.NotFound)

	want := connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: "u-1", Name: "First", Default: true, CreatedAt: t0, UpdatedAt: t0}
	ensure := func(o connect.Owner) (owner connect.Owner, made bool) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			owner, made, err = tx.EnsureOwner(ctx, o)
			return err
		})
		return owner, made
	}
	owner, made := ensure(want)
	want.ID = owner.ID
	same(t, "made", owner, want)
	same(t, "made", made, true)
	again := want
	again.Name = "Changed"
	owner, made = ensure(again)
	same(t, "found", owner, want)
	same(t, "made", made, false)

	for name, read := range map[string]func() (connect.Owner, error){
		"by id":          func() (connect.Owner, error) { return s.Owner(ctx, w.workspace.ID, want.ID) },
		"by external id": func() (connect.Owner, error) { return s.OwnerByExternalID(ctx, w.workspace.ID, "u-1") },
		"default":        func() (connect.Owner, error) { return s.DefaultOwner(ctx, w.workspace.ID) },
	} {
		got, err := read()
		same(t, name, got, want)
		same(t, name, err, nil)
	}
	_, err = s.Owner(ctx, w.workspace.ID, want.ID+1)
	wants(t, "absent id", err, fault.NotFound)
	_, err = s.OwnerByExternalID(ctx, w.workspace.ID, "U-1")
	wants(t, "external id in another case", err, fault.NotFound)
	err = s.InTx(ctx, func(tx connect.Tx) error {
		_, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: "u-2", Default: true, CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	wants(t, "second default owner", err, fault.Conflict)
}

func testOwnerRace(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	var owners [8]connect.Owner
	var made [8]bool
	errs := race(8, func(i int) error {
		return s.InTx(ctx, func(tx connect.Tx) (err error) {
			owners[i], made[i], err = tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: "new", CreatedAt: t0, UpdatedAt: t0})
			return err
		})
	})
	n := 0
	for i := range errs {
		same(t, "error", errs[i], nil)
		same(t, "owner", owners[i], owners[0])
		if made[i] {
			n++
		}
	}
	same(t, "times made", n, 1)
}

func testOwnerFacts(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := w.owner
	want.Name, want.AvatarURL, want.ContactEmail, want.Reference, want.UpdatedAt = "Bakery", "https://app.example/a.png", "a@app.example", "42", at(3)
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateOwner(ctx, want) })
	got, err := s.Owner(ctx, w.workspace.ID, w.owner.ID)
	same(t, "changed", got, want)
	same(t, "error", err, nil)
	absent := want
	absent.ID = 1 << 40
	wants(t, "absent", s.InTx(ctx, func(tx connect.Tx) error { return tx.UpdateOwner(ctx, absent) }), fault.NotFound)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		for _, externalID := range []string{"b", "c", "d"} {
			if _, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: externalID, CreatedAt: t0, UpdatedAt: t0}); err != nil {
				return err
			}
		}
		return nil
	})
	var walked []string
	for after := int64(0); ; {
		page, err := s.Owners(ctx, w.workspace.ID, after, 2)
		same(t, "error", err, nil)
		if len(page) == 0 {
			break
		}
		for _, o := range page {
			walked, after = append(walked, o.ExternalID), o.ID
		}
	}
	same(t, "walked", walked, []string{"owner", "b", "c", "d"})
}

func testKeyList(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	var bound connect.Key
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		bound, err = tx.InsertKey(ctx, connect.Key{WorkspaceID: w.workspace.ID, OwnerID: w.owner.ID, Hash: hash("bound"), CreatedAt: t0})
		return err
	})
	list := func(owner, after int64, limit int) []connect.Key {
		keys, err := s.Keys(ctx, w.workspace.ID, owner, after, limit)
		same(t, "error", err, nil)
		return keys
	}
	same(t, "all", list(0, 0, 9), []connect.Key{w.key, bound})
	same(t, "after the first", list(0, w.key.ID, 9), []connect.Key{bound})
	same(t, "at most one", list(0, 0, 1), []connect.Key{w.key})
	same(t, "of the owner", list(w.owner.ID, 0, 9), []connect.Key{bound})
	got, err := s.Key(ctx, w.workspace.ID, bound.ID)
	same(t, "read", got, bound)
	same(t, "error", err, nil)
}
