package rotation_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"testing"
	"time"

	"patchbay/internal/vault"
)

// secret is a sealed value with the place that it should open at, written down here
// once more, so that the program's own idea of it is checked too.
type secret struct {
	vault.Place
	sealed []byte
}

func (w *world) secrets(t *testing.T) (all []secret) {
	t.Helper()
	for _, table := range []struct{ name, field, columns string }{
		{"attempts", "sealed", `workspace_id, id, '', CASE WHEN state IN ('away', 'exchanging', 'verifying', 'choosing', 'confirming') THEN 0 ELSE 1 END`},
		{"grants", "credentials", `workspace_id, id, '', token_version`},
		{"targets", "credentials", `workspace_id, id, '', token_version`},
		{"apps", "client_secret", `COALESCE(workspace_id, 0), id, '', 0`},
		{"replies", "reply ", `workspace_id, id, key_hash, 0`},
	} {
		rows, err := w.db.QueryContext(t.Context(), `SELECT sealed, `+table.columns+` FROM `+table.name+` WHERE sealed IS NOT NULL`)
		if err != nil {
			t.Fatalf("%s: %v", table.name, err)
		}
		for rows.Next() {
			s := secret{Place: vault.Place{Table: table.name, Field: table.field}}
			var hash []byte
			if err := rows.Scan(&s.sealed, &s.Workspace, &s.Row, &hash, &s.Version); err != nil {
				t.Fatalf("%s: %v", table.name, err)
			}
			s.Field += hex.EncodeToString(hash)
			all = append(all, s)
		}
		if err := rows.Err(); err != nil {
			t.Fatalf("%s: %v", table.name, err)
		}
		_ = rows.Close() //nolint:sqlclosecheck // one table at a time
	}
	return all
}

func (w *world) keyset(t *testing.T) vault.Keyset {
	t.Helper()
	set, err := w.key.Keyset()
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func vaultOf(t *testing.T, set vault.Keyset, err error) *vault.Vault {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, err := set.JSON()
	if err != nil {
		t.Fatal(err)
	}
	v, err := vault.New(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkNothingOld is for a moment in which people go on: a rotation is at its end, and
// nothing comes back under a key that it took out of use.
func (w *world) checkNothingOld(t *testing.T) {
	t.Helper()
	primary := w.keyset(t).Primary()
	for _, s := range w.secrets(t) {
		if id, _ := vault.KeyIDOf(s.sealed); id != primary {
			t.Errorf("after a rotation: %s %d is sealed under key %s, want %s", s.Table, s.Row, id, primary)
		}
	}
}

// checkSecrets opens every secret with the primary key alone, and none without it.
func (w *world) checkSecrets(t *testing.T) {
	t.Helper()
	set := w.keyset(t)
	alone, err := set.Remove(set.Others()...)
	with := vaultOf(t, alone, err)
	var without *vault.Vault
	if old := set.Others(); len(old) > 0 {
		promoted, err := set.Promote(old[0])
		if err != nil {
			t.Fatal(err)
		}
		rest, err := promoted.Remove(set.Primary())
		without = vaultOf(t, rest, err)
	}
	all := w.secrets(t)
	tables := map[string]int{}
	for _, s := range all {
		tables[s.Table]++
		if _, err := with.Open(s.Place, s.sealed); err != nil {
			id, _ := vault.KeyIDOf(s.sealed)
			t.Errorf("%s %d, sealed under key %s: does not open with key %s alone: %v", s.Table, s.Row, id, set.Primary(), err)
		}
		if without != nil {
			if _, err := without.Open(s.Place, s.sealed); err == nil {
				t.Errorf("%s %d opens with an old key", s.Table, s.Row)
			}
		}
	}
	for _, table := range []string{"attempts", "grants", "targets", "apps", "replies"} {
		if tables[table] == 0 {
			t.Errorf("got no secret in %s, want some to look at", table)
		}
	}
	t.Logf("%d secrets open with key %s alone: %v", len(all), set.Primary(), tables)
}

// fill makes kept replies of the workspace, so that re-encrypting takes a while.
func (w *world) fill(t *testing.T, n int) {
	t.Helper()
	v := vaultOf(t, w.keyset(t), nil)
	tx, err := w.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for range n {
		hash := sha256.Sum256([]byte(rand.Text()))
		place := vault.Place{Workspace: w.servers[0].program.WorkspaceID, Table: "replies", Field: "reply " + hex.EncodeToString(hash[:])}
		err := tx.QueryRowContext(t.Context(), `
			INSERT INTO replies (workspace_id, route, key_hash, fingerprint, expires_at) VALUES ($1, 'test', $2, $2, $3) RETURNING id`,
			place.Workspace, hash[:], time.Now().Add(time.Hour).UnixMilli()).Scan(&place.Row)
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := v.Seal(place, vault.NewSecret("kept"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.ExecContext(t.Context(), `UPDATE replies SET sealed = $1 WHERE id = $2`, sealed, place.Row); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}
