package sqlstore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
)

func TestBothEnginesHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(files(t, "migrations/sqlite"), files(t, "migrations/postgres")); diff != "" {
		t.Errorf("migrations (-sqlite +postgres):\n%s", diff)
	}
}

func files(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestPendingUntilMigratedSQLite(t *testing.T) {
	t.Parallel()
	testPendingUntilMigrated(t, sqliteDSN(t))
}

func TestPendingUntilMigratedPostgres(t *testing.T) {
	t.Parallel()
	testPendingUntilMigrated(t, testkit.Postgres(t))
}

func testPendingUntilMigrated(t *testing.T, dsn string) {
	all := len(files(t, "migrations/sqlite"))
	for _, step := range []struct {
		migrate bool
		want    int
	}{{false, all}, {true, 0}, {true, 0}, {false, 0}} {
		s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: step.migrate})
		if err != nil {
			t.Fatalf("open, migrate %v: %v", step.migrate, err)
		}
		schema, err := s.Schema(t.Context())
		if got := len(schema.Pending); got != step.want || err != nil || int(schema.Known) != all || int(schema.Version) != all-step.want {
			t.Errorf("schema, migrate %v: got %+v, %v, want %d pending of %d", step.migrate, schema, err, step.want, all)
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

func TestReplicasThatStartTogetherMigrateOnce(t *testing.T) {
	t.Parallel()
	dsn := testkit.Postgres(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true, MaxConns: 1})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if schema, err := s.Schema(t.Context()); len(schema.Pending) != 0 || err != nil {
				t.Errorf("pending: got %v, %v, want none", schema.Pending, err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	all.Wait()
}

func TestANewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	for engine, dsn := range map[string]string{"sqlite": sqliteDSN(t), "postgres": testkit.Postgres(t)} {
		s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(t.Context(), `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, true)`); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		if _, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true}); fault.ReasonOf(err) != "schema_newer" {
			t.Errorf("%s: got %v, want schema_newer", engine, err)
		}
	}
}

// TestAMigrationCopiesFirst lets a database go back to its first migration.
func TestAMigrationCopiesFirst(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	if err := sqlstore.MigrateTo(t.Context(), dsn, 1); err != nil {
		t.Fatal(err)
	}
	s, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	m := s.Migrated()
	if want := len(files(t, "migrations/sqlite")) - 1; len(m.Applied) != want || m.Applied[0][:6] != "00002_" {
		t.Errorf("applied: got %v, want %d, beginning with the second", m.Applied, want)
	}
	if !strings.Contains(m.Copy, "patchbay.db.schema-1-") {
		t.Fatalf("copy: got %q, want a name with the schema", m.Copy)
	}
	look, err := sqlstore.LookAt(t.Context(), "sqlite:"+m.Copy)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	if schema, err := look.Schema(t.Context()); schema.Version != 1 || err != nil {
		t.Errorf("the copy's schema: got %+v, %v, want 1", schema, err)
	}
}

// oldGrant is a usable grant as a program of the third schema writes it.
const oldGrant = `
	INSERT INTO grants (workspace_id, owner_id, app_id, platform, state, subject, facts, scopes, scopes_told, sealed,
		expires_at, fence, token_version, created_at, updated_at)
	VALUES (1, 1, 1, 'x', 'usable', '%s', '{}', '[]', false, NULL, NULL, 0, 1, 1, 1);`

// oldRows is what it refers to.
const oldRows = `
	INSERT INTO workspaces (name, require_redirect_url, allowed_redirects, created_at) VALUES ('a', false, '[]', 1);
	INSERT INTO owners (workspace_id, external_id, name, is_default, created_at) VALUES (1, 'o', '', false, 1);
	INSERT INTO apps (platform, server, client_id, created_at) VALUES ('x', '', 'c', 1);`

// A grant from before there was anything to plan is planned at once, and so is one that
// a replica of the older version makes while the others are new already.
func TestGrantsOfAnOlderVersionAreDueAtOnce(t *testing.T) {
	t.Parallel()
	for engine, dsn := range map[string]string{"sqlite": sqliteDSN(t), "postgres": testkit.Postgres(t)} {
		if err := sqlstore.MigrateTo(t.Context(), dsn, 3); err != nil {
			t.Fatal(err)
		}
		old, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		if err := old.Exec(t.Context(), oldRows+fmt.Sprintf(oldGrant, "before")); err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		s := open(t, dsn)
		if err := s.Exec(t.Context(), fmt.Sprintf(oldGrant, "meanwhile")); err != nil {
			t.Fatalf("%s: %v", engine, err)
		}
		if due := dueGrants(t.Context(), t, s); len(due) != 2 || due[0].NextAt().UnixMilli() != 0 {
			t.Errorf("%s: got %+v, want both grants, due since ever", engine, due)
		}
	}
}

func dueGrants(ctx context.Context, t *testing.T, s connect.Store) (due []connect.Grant) {
	t.Helper()
	err := s.InTx(ctx, func(tx connect.Tx) (err error) {
		due, err = tx.DueGrants(ctx, 1, testTime, 9)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return due
}

// oldAudit is what a program of the fourth schema wrote about two workspaces in turn.
const oldAudit = `
	INSERT INTO workspaces (name, require_redirect_url, allowed_redirects, created_at) VALUES ('a', false, '[]', 1), ('b', false, '[]', 1), ('c', false, '[]', 1);
	INSERT INTO audit (workspace_id, at, key_id, action, owner_id, channel_id, data) VALUES
		(1, 9000, 7, 'first', 3, 4, '{"x":1}'), (2, 8000, NULL, 'foreign', NULL, NULL, '{}'), (1, 7000, NULL, 'second', NULL, NULL, '{}'),
		(2, 6000, NULL, 'foreign', NULL, NULL, '{}'), (1, 5000, 8, 'third', NULL, 5, '{}');`

// Entries from before the chain are numbered in their order; the chain goes on from there.
func TestTheAuditLogOfAnOlderVersionIsGoneOnWith(t *testing.T) {
	t.Parallel()
	for engine, dsn := range map[string]string{"sqlite": sqliteDSN(t), "postgres": testkit.Postgres(t)} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			if err := sqlstore.MigrateTo(t.Context(), dsn, 4); err != nil {
				t.Fatal(err)
			}
			old, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn})
			if err != nil {
				t.Fatal(err)
			}
			if err := old.Exec(t.Context(), oldAudit); err != nil {
				t.Fatal(err)
			}
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			checkOldAudit(t, open(t, dsn))
		})
	}
}

func checkOldAudit(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	ctx := t.Context()
	head, err := s.AuditHead(ctx, 1)
	if want := (connect.AuditHead{ID: head.ID, WorkspaceID: 1, Number: 3}); err != nil || !cmp.Equal(head, want) {
		t.Errorf("head: got %+v, %v, want %+v", head, err, want)
	}
	if _, err := s.AuditHead(ctx, 3); !errors.Is(err, fault.NotFound) {
		t.Errorf("head of a workspace without entries: got %v, want not found", err)
	}
	inTx(t, s, func(tx connect.Tx) error {
		for _, workspace := range []int64{1, 3} {
			e := connect.AuditEntry{WorkspaceID: workspace, At: time.UnixMilli(1).UTC(), Action: "new"}
			tx.Record(e, func(h connect.AuditHead, e connect.AuditEntry) (connect.AuditHead, connect.AuditEntry, error) {
				h.Number, h.Since, e.Hash = e.Number, e.Number, []byte{1}
				return h, e, nil
			})
		}
		return nil
	})
	got, err := s.AuditLog(ctx, 1, 0, 9)
	at := func(ms int64) time.Time { return time.UnixMilli(ms).UTC() }
	want := []connect.AuditEntry{
		{WorkspaceID: 1, Number: 1, At: at(9000), Actor: connect.ActorKey, KeyID: 7, Action: "first", OwnerID: 3, ChannelID: 4, Data: []byte(`{"x":1}`)},
		{WorkspaceID: 1, Number: 2, At: at(7000), Actor: connect.ActorKey, Action: "second", Data: []byte("{}")},
		{WorkspaceID: 1, Number: 3, At: at(5000), Actor: connect.ActorKey, KeyID: 8, Action: "third", ChannelID: 5, Data: []byte("{}")},
		{WorkspaceID: 1, Number: 4, At: at(1), Action: "new", Data: []byte("{}"), Hash: []byte{1}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("entries: %v (-want +got):\n%s", err, diff)
	}
	foreign, err := s.AuditLog(ctx, 2, 0, 9)
	if err != nil || len(foreign) != 2 || foreign[1].Number != 2 {
		t.Errorf("the other workspace's: got %+v, %v, want two", foreign, err)
	}
	first, err := s.AuditLog(ctx, 3, 0, 9)
	if err != nil || len(first) != 1 || first[0].Number != 1 {
		t.Errorf("of a workspace without entries: got %+v, %v, want the new one", first, err)
	}
}
