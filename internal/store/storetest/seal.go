package storetest

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// testSealed moves sealed bytes to another row behind the vault's back.
func testSealed(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	keyset, err := vault.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(keyset)
	if err != nil {
		t.Fatal(err)
	}
	place := func(g connect.Grant) vault.Place {
		return vault.Place{Workspace: g.WorkspaceID, Table: "grants", Row: g.ID, Field: "credentials", Version: g.TokenVersion}
	}
	const secret = "canary-refresh-token"
	var thief connect.Grant
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		g := w.grant
		if g.Sealed, err = v.Seal(place(g), vault.NewSecret(secret)); err != nil {
			return err
		}
		if err := tx.UpdateGrant(ctx, g, g.Fence); err != nil {
			return err
		}
		copied := w.newGrant("thief")
		copied.Sealed = g.Sealed
		thief, err = tx.InsertGrant(ctx, copied)
		return err
	})
	stored, err := s.Grant(ctx, w.workspace.ID, w.grant.ID)
	same(t, "error", err, nil)
	if bytes.Contains(stored.Sealed, []byte(secret)) {
		t.Error("the sealed column holds the secret readably")
	}
	opened, err := v.Open(place(stored), stored.Sealed)
	same(t, "opened in its row", opened.Reveal(), secret)
	same(t, "error", err, nil)
	if _, err = v.Open(place(thief), thief.Sealed); !errors.Is(err, vault.ErrSealed) {
		t.Errorf("opened in another row: got %v, want ErrSealed", err)
	}
}
