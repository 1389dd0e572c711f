package storetest

import (
	"context"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

const oldKey, newKey vault.KeyID = 0xfffffffe, 7

func under(key vault.KeyID, what string) []byte { return append(key.Prefix(), what...) }

// sealAll gives each noun of the world with a sealed column a value under the old key.
func (w *world) sealAll(ctx context.Context, tx connect.Tx) error {
	ws := w.workspace.ID
	if err := tx.SealAttempt(ctx, ws, w.attempt.ID, under(oldKey, "attempt")); err != nil {
		return err
	}
	grant := w.grant
	grant.Sealed = under(oldKey, "grant")
	if err := tx.UpdateGrant(ctx, grant, grant.Fence); err != nil {
		return err
	}
	if err := tx.SealTarget(ctx, ws, w.target.ID, under(oldKey, "target"), 1); err != nil {
		return err
	}
	app := w.app
	app.Sealed = under(oldKey, "app")
	if err := tx.UpdateApp(ctx, app); err != nil {
		return err
	}
	if err := tx.SealRevocation(ctx, ws, w.over.ID, under(oldKey, "revocation")); err != nil {
		return err
	}
	tx.Record(connect.AuditEntry{WorkspaceID: ws, Action: "test", At: t0}, func(h connect.AuditHead, e connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
		h.Number, h.Sealed = e.Number, under(oldKey, "audit")
		return h, e, nil
	})
	return tx.SealReply(ctx, ws, w.reply.ID, 0, under(oldKey, "reply"))
}

// sealedRow is what all sealed nouns have in common.
type sealedRow struct {
	Workspace, ID int64
	Sealed        []byte
}

// readSealed reads a page of each table.
func readSealed(ctx context.Context, s connect.SealedReader, table string, q connect.SealedQuery) (rows []sealedRow, err error) {
	add := func(workspace, id int64, sealed []byte) { rows = append(rows, sealedRow{workspace, id, sealed}) }
	switch table {
	case "attempts":
		list, err := s.SealedAttempts(ctx, q)
		for _, v := range list {
			add(v.WorkspaceID, v.ID, v.Sealed)
		}
		return rows, err
	case "grants":
		list, err := s.SealedGrants(ctx, q)
		for _, v := range list {
			add(v.WorkspaceID, v.ID, v.Sealed)
		}
		return rows, err
	case "targets":
		list, err := s.SealedTargets(ctx, q)
		for _, v := range list {
			add(v.WorkspaceID, v.ID, v.Sealed)
		}
		return rows, err
	case "apps":
		list, err := s.SealedApps(ctx, q)
		for _, v := range list {
			add(v.WorkspaceID, v.ID, v.Sealed)
		}
		return rows, err
	case "revocations":
		list, err := s.SealedRevocations(ctx, q)
		for _, v := range list {
			add(v.WorkspaceID, v.ID, v.Sealed)
		}
		return rows, err
	case "audit_heads":
		list, err := s.SealedAuditHeads(ctx, q)
		for _, v := range list {
			add(v.WorkspaceID, v.ID, v.Sealed)
		}
		return rows, err
	default:
		list, err := s.SealedReplies(ctx, q)
		for _, v := range list {
			add(v.WorkspaceID, v.ID, v.Sealed)
		}
		return rows, err
	}
}

func testReseal(t *testing.T, s connect.Store) {
	ctx, a, b := t.Context(), newWorld(t, s, "a"), newWorld(t, s, "b")
	var instances connect.App
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		if err := a.sealAll(ctx, tx); err != nil {
			return err
		}
		if err := b.sealAll(ctx, tx); err != nil {
			return err
		}
		instances, err = tx.InsertApp(ctx, connect.App{
			Platform: "mastodon", Server: "https://a.example", ClientID: "c", Sealed: under(oldKey, "app"), CreatedAt: t0, UpdatedAt: t0,
		})
		return err
	})
	for _, table := range connect.SealedTables() {
		if table != "endpoints" { // no noun of the core's: nothing here makes one
			testResealTable(t, s, table, a, b)
		}
	}
	counts, err := s.CountSealed(ctx, "apps")
	same(t, "apps by key", counts, map[vault.KeyID]int64{newKey: 3})
	same(t, "error", err, nil)
	kept, err := s.App(ctx, a.workspace.ID, instances.ID)
	same(t, "the instance's app", kept.Sealed, under(newKey, "moved"))
	same(t, "error", err, nil)
	if _, err := s.CountSealed(ctx, "sessions"); err == nil {
		t.Error("a table without sealed values: got no error, want one")
	}
}

// testResealTable pages through what is under the old key and moves it, one row at a time.
func testResealTable(t *testing.T, s connect.Store, table string, a, b world) {
	ctx := t.Context()
	before, err := s.CountSealed(ctx, table)
	same(t, table+": error", err, nil)
	seen := map[int64]int64{}
	q := connect.SealedQuery{Not: newKey, AfterWorkspace: -1, AfterID: -1, Limit: 1}
	for {
		rows, err := readSealed(ctx, s, table, q)
		same(t, table+": error", err, nil)
		if len(rows) == 0 {
			break
		}
		r := rows[0]
		if r.Workspace < q.AfterWorkspace || len(rows) > 1 {
			t.Fatalf("%s: got %d rows after workspace %d, the first of %d, want one at a time in order", table, len(rows), q.AfterWorkspace, r.Workspace)
		}
		seen[r.Workspace]++
		q.AfterWorkspace, q.AfterID = r.Workspace, r.ID
		testSwap(t, s, table, r, a, b)
	}
	if seen[a.workspace.ID] != 1 || seen[b.workspace.ID] != 1 {
		t.Errorf("%s: got %v rows by workspace, want one of each", table, seen)
	}
	counts, err := s.CountSealed(ctx, table)
	same(t, table+": by key afterwards", counts, map[vault.KeyID]int64{newKey: before[oldKey]})
	same(t, table+": error", err, nil)
	rows, err := readSealed(ctx, s, table, connect.SealedQuery{Not: newKey, AfterWorkspace: -1, AfterID: -1, Limit: 9})
	same(t, table+": left", len(rows), 0)
	same(t, table+": error", err, nil)
}

func testSwap(t *testing.T, s connect.Store, table string, r sealedRow, a, b world) {
	foreign := a.workspace.ID
	if r.Workspace == foreign {
		foreign = b.workspace.ID
	}
	for _, c := range []struct {
		what string
		ws   int64
		old  []byte
		want bool
	}{
		{"another value", r.Workspace, under(oldKey, "another"), false},
		{"another workspace", foreign, r.Sealed, false},
		{"the value", r.Workspace, r.Sealed, true},
		{"the value that was", r.Workspace, r.Sealed, false},
	} {
		var done bool
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			done, err = tx.Reseal(ctx, table, c.ws, r.ID, c.old, under(newKey, "moved"))
			return err
		})
		if done != c.want {
			t.Errorf("%s: swap with %s: got %v, want %v", table, c.what, done, c.want)
		}
	}
}

func testInstances(t *testing.T, s connect.Store) {
	ctx := t.Context()
	first := connect.Instance{ID: "1", Name: "host/1"}
	second := connect.Instance{ID: "2", Name: "host/2", Keys: []vault.KeyID{oldKey, newKey}, Primary: oldKey}
	for _, i := range []connect.Instance{first, second} {
		write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.SaveInstance(ctx, i) })
	}
	first.Keys, first.Primary = []vault.KeyID{newKey}, newKey
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.SaveInstance(ctx, first) })
	same(t, "instances", listInstances(t, s), map[string]connect.Instance{"1": first, "2": second})

	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.DropOtherInstances(ctx, "1", time.Hour) })
	same(t, "none is unseen for an hour", len(listInstances(t, s)), 2)
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.DropOtherInstances(ctx, "1", 0) })
	same(t, "the others dropped", listInstances(t, s), map[string]connect.Instance{"1": first})
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.DropInstance(ctx, "1") })
	left, err := s.Instances(ctx)
	same(t, "left", len(left), 0)
	same(t, "error", err, nil)
}

// listInstances leaves out times, which must be short: the database's clock runs.
func listInstances(t *testing.T, s connect.Store) map[string]connect.Instance {
	t.Helper()
	list, err := s.Instances(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]connect.Instance{}
	for _, i := range list {
		if i.Age < i.Unseen || i.Unseen < 0 || i.Age > time.Minute {
			t.Errorf("instance %s: got age %s, unseen %s, want some milliseconds", i.ID, i.Age, i.Unseen)
		}
		i.Age, i.Unseen = 0, 0
		byID[i.ID] = i
	}
	return byID
}
