package sqlstore_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
	"patchbay/internal/vault"
)

// A sealed column that an exchange of keys does not know would keep its old key, and
// be lost when that goes.
func TestEverySealedColumnIsKnownToAnExchangeOfKeys(t *testing.T) {
	t.Parallel()
	known := connect.SealedTables()
	slices.Sort(known)
	sqlite := sqliteDSN(t)
	open(t, sqlite)
	columns := `
		SELECT m.name || '.' || c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.type = 'BLOB'`
	path := strings.ReplaceAll(strings.TrimPrefix(sqlite, "sqlite:"), "?", "%3f")
	checkSealedColumns(t, known, blobs(t, "sqlite", "file:"+path, columns))

	postgres := testkit.Postgres(t)
	open(t, postgres)
	columns = `
		SELECT table_name || '.' || column_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND data_type = 'bytea'`
	checkSealedColumns(t, known, blobs(t, "pgx", postgres, columns))
}

// plain names the columns of bytes that hold no secret: hashes, and what is sent to endpoints.
var plain = []string{"hash", "mac", "body", "token_hash", "confirm_hash", "state_hash", "browser_hash", "key_hash", "fingerprint", "brought_access", "brought_refresh"}

func checkSealedColumns(t *testing.T, known, columns []string) {
	t.Helper()
	var tables []string
	for _, c := range columns {
		table, column, _ := strings.Cut(c, ".")
		switch {
		case column == "sealed":
			tables = append(tables, table)
		case !slices.Contains(plain, column):
			t.Errorf("%s holds bytes: call it sealed when they are sealed, else name it here", c)
		}
	}
	slices.Sort(tables)
	if diff := cmp.Diff(known, tables); diff != "" {
		t.Errorf("tables with a sealed column (-known to connect +in the schema):\n%s", diff)
	}
}

func blobs(t *testing.T, driver, dsn, query string) (names []string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}

// Nothing that re-encrypts waits for a row that a request is changing.
func TestResealLeavesLockedRowsAlone(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.Postgres(t))
	ctx := t.Context()
	var reply connect.Reply
	inTx(t, s, func(tx connect.Tx) error {
		w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: testTime})
		if err != nil {
			return err
		}
		reply, err = tx.InsertReply(ctx, connect.Reply{WorkspaceID: w.ID, KeyHash: []byte{1}, Fingerprint: []byte{1}, Sealed: []byte{1}, ExpiresAt: testTime})
		return err
	})
	reseal := func(tx connect.Tx) (done bool) {
		done, err := tx.Reseal(ctx, "replies", reply.WorkspaceID, reply.ID, reply.Sealed, []byte{2})
		if err != nil {
			t.Errorf("reseal: %v", err)
		}
		return done
	}
	inTx(t, s, func(request connect.Tx) error {
		if err := request.SealReply(ctx, reply.WorkspaceID, reply.ID, 0, []byte{1}); err != nil {
			return err
		}
		inTx(t, s, func(tx connect.Tx) error {
			if reseal(tx) {
				t.Error("got it swapped under a request's hands")
			}
			return nil
		})
		return nil
	})
	inTx(t, s, func(tx connect.Tx) error {
		if !reseal(tx) {
			t.Error("afterwards: got it left alone, want it swapped")
		}
		return nil
	})
}

// anEndpoint is a row of a noun that is not the core's.
const anEndpoint = `
	INSERT INTO workspaces (name, require_redirect_url, allowed_redirects, created_at) VALUES ('a', false, '[]', 1);
	INSERT INTO endpoints (workspace_id, url, types, scheme, description, state, reason, sealed, created_at, updated_at)
	VALUES (1, '', '', '', '', 'active', '', %s, 1, 1)`

func TestEndpointsAreSealedAgain(t *testing.T) {
	t.Parallel()
	for dsn, bytes := range map[string]string{sqliteDSN(t): "x'0000000901'", testkit.Postgres(t): `'\x0000000901'`} {
		s := open(t, dsn)
		if err := s.Exec(t.Context(), fmt.Sprintf(anEndpoint, bytes)); err != nil {
			t.Fatal(err)
		}
		list := func(not vault.KeyID) []connect.SealedRow {
			rows, err := s.SealedEndpoints(t.Context(), connect.SealedQuery{Not: not, AfterWorkspace: -1, AfterID: -1, Limit: 9})
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		want := connect.SealedRow{Place: vault.Place{Workspace: 1, Table: "endpoints", Row: 1, Field: "secrets"}, Sealed: []byte{0, 0, 0, 9, 1}}
		if diff := cmp.Diff([]connect.SealedRow{want}, list(7)); diff != "" {
			t.Fatalf("under another key (-want +got):\n%s", diff)
		}
		inTx(t, s, func(tx connect.Tx) error {
			done, err := tx.Reseal(t.Context(), "endpoints", 1, 1, want.Sealed, append(vault.KeyID(7).Prefix(), 1))
			if !done {
				t.Errorf("reseal: got it left alone, want it swapped")
			}
			return err
		})
		if left := list(7); len(left) != 0 {
			t.Errorf("left under another key: got %v, want none", left)
		}
	}
}

func inTx(t *testing.T, s *sqlstore.Store, fn func(connect.Tx) error) {
	t.Helper()
	if err := s.InTx(context.WithoutCancel(t.Context()), fn); err != nil {
		t.Fatal(err)
	}
}
