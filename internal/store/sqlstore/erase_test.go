package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/testkit"
	"patchbay/internal/webhook"
)

// secret is what the tests look for in the file; each grant's goes on in its own way.
const secret = "a sealed credential, "

func sealedSecret(i, length int) []byte {
	return bytes.Repeat(fmt.Appendf(nil, "%s%d; ", secret, i), length)
}

// TestADeletedGrantLeavesNothingInTheFile deletes and replaces credentials of all lengths,
// which stand on shared pages, and on pages of their own that become free.
func TestADeletedGrantLeavesNothingInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "patchbay.db")
	s := open(t, "sqlite:"+path)
	ctx := t.Context()
	var grants []connect.Grant
	inTx(t, s, func(tx connect.Tx) (err error) {
		grants, err = manyGrants(ctx, tx, 120)
		return err
	})
	const kept = 77
	for i, g := range grants { // each in a transaction of its own: pages are written in between
		inTx(t, s, func(tx connect.Tx) error { return replaceGrant(ctx, tx, g) })
		if i == kept {
			continue
		}
		inTx(t, s, func(tx connect.Tx) error { return tx.DeleteGrant(ctx, g.WorkspaceID, g.ID) })
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(content, sealedSecret(1000+kept, 1)) {
		t.Errorf("the grant that was kept: got nothing of it, want its credentials in the file")
	}
	for i := range grants {
		for _, id := range []int{i, 1000 + i} {
			if n := bytes.Count(content, sealedSecret(id, 1)); n > 0 && id != 1000+kept {
				t.Errorf("credentials %d: got them %d times in the file, want none", id, n)
			}
		}
	}
	// Those that stand across the border of two pages are not found.
	if left, most := bytes.Count(content, []byte(secret)), lengthOf(kept)+1; left > most {
		t.Errorf("got %d pieces of credentials in the file, want at most the %d of the grant that was kept", left, most)
	}
}

// lengthOf is from some bytes to some pages.
func lengthOf(i int) int { return 1 + i*i%400 }

func manyGrants(ctx context.Context, tx connect.Tx, n int) (grants []connect.Grant, err error) {
	w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: testTime})
	if err != nil {
		return nil, err
	}
	o, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.ID, ExternalID: "o", CreatedAt: testTime, UpdatedAt: testTime})
	if err != nil {
		return nil, err
	}
	app, err := tx.EnsureApp(ctx, connect.App{Platform: "x", CreatedAt: testTime, UpdatedAt: testTime})
	if err != nil {
		return nil, err
	}
	for i := range n {
		g, err := tx.InsertGrant(ctx, connect.Grant{
			WorkspaceID: w.ID, OwnerID: o.ID, AppID: app.ID, State: connect.GrantUsable, Subject: fmt.Sprint(i),
			Sealed: sealedSecret(i, lengthOf(i)), CreatedAt: testTime, UpdatedAt: testTime,
		})
		if err != nil {
			return nil, err
		}
		grants = append(grants, g)
	}
	return grants, nil
}

// replaceGrant gives the grant other credentials, which are a little longer.
func replaceGrant(ctx context.Context, tx connect.Tx, g connect.Grant) error {
	i := int(g.ID) - 1
	g.Sealed = sealedSecret(1000+i, lengthOf(i)+1)
	return tx.UpdateGrant(ctx, g, g.Fence)
}

// A server that has nothing to do takes what was erased out of its files, though somebody read
// at first, and though a command beside it did the erasing.
func TestAQuietServerLeavesNothingInItsFiles(t *testing.T) {
	t.Parallel()
	for name, beside := range map[string]bool{"the server": false, "a command beside it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "patchbay.db")
			s := open(t, "sqlite:"+path)
			var grants []connect.Grant
			inTx(t, s, func(tx connect.Tx) (err error) {
				grants, err = manyGrants(t.Context(), tx, 9)
				return err
			})
			testkit.Soon(t, "the credentials in the file alone", func() bool { return inFiles(t, path, secret) == "the file" })

			db, err := sql.Open("sqlite", fileURL("sqlite:"+path))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			reading, err := db.BeginTx(t.Context(), nil)
			if err == nil {
				_, err = reading.Exec("SELECT * FROM grants")
			}
			if err != nil {
				t.Fatal(err)
			}
			eraser := s
			if beside {
				eraser = openBeside(t, "sqlite:"+path)
			}
			inTx(t, eraser, func(tx connect.Tx) error {
				for _, g := range grants {
					if err := errors.Join(replaceGrant(t.Context(), tx, g), tx.DeleteGrant(t.Context(), g.WorkspaceID, g.ID)); err != nil {
						return err
					}
				}
				return nil
			})
			if err := reading.Rollback(); err != nil {
				t.Fatal(err)
			}
			testkit.Soon(t, "no credentials in the files", func() bool { return inFiles(t, path, secret) == "" })
			inTx(t, s, func(tx connect.Tx) error { // and goes on
				_, err := manyGrants(t.Context(), tx, 1)
				return err
			})
		})
	}
}

// inFiles tells in which of the database's files a text stands.
func inFiles(t *testing.T, path, text string) (where string) {
	t.Helper()
	for suffix, name := range map[string]string{"": "the file", "-wal": "the -wal"} {
		content, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			where += name
		}
	}
	return where
}

// A command beside the server writes with a connection of its own.
func TestACommandBesideTheServerLeavesNothingInTheFileEither(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "patchbay.db")
	if err := open(t, "sqlite:"+path).Close(); err != nil {
		t.Fatal(err)
	}
	s := openBeside(t, "sqlite:"+path)
	inTx(t, s, func(tx connect.Tx) error {
		grants, err := manyGrants(t.Context(), tx, 9)
		if err != nil {
			return err
		}
		for _, g := range grants {
			if err := tx.DeleteGrant(t.Context(), g.WorkspaceID, g.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(path); err != nil || bytes.Contains(content, []byte(secret)) {
		t.Errorf("got %v and credentials in the file, want none", err)
	}
}

// What was sent about an owner who is forgotten, and what a receiver answered to it.
func TestAForgottenOwnerIsInNoDelivery(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "patchbay.db")
	s := open(t, "sqlite:"+path)
	ctx := t.Context()
	inTx(t, s, func(tx connect.Tx) error {
		w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: testTime})
		for _, name := range []string{"gone", "stays"} {
			var o connect.Owner
			if err == nil {
				o, _, err = tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.ID, ExternalID: name, CreatedAt: testTime, UpdatedAt: testTime})
			}
			tx.Emit(connect.Event{WorkspaceID: w.ID, OwnerID: o.ID, Type: "test", Cause: connect.CauseSystem, Data: fmt.Appendf(nil, `{"event of":%q}`, name), At: testTime})
		}
		return err
	})
	for i, name := range []string{"gone", "stays"} {
		if err := s.Exec(ctx, fmt.Sprintf(aDelivery, i+1, name)); err != nil {
			t.Fatal(err)
		}
	}
	inTx(t, s, func(tx connect.Tx) error { _, _, _, err := tx.ForgetOwner(ctx, 1, 1); return err })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{`{"event of":%q}`, "the body of %s", "the answer to %s", "%s"} {
		if text := fmt.Sprintf(what, "gone"); bytes.Contains(content, []byte(text)) {
			t.Errorf("got %s in the file, want it nowhere", text)
		}
		if text := fmt.Sprintf(what, "stays"); !bytes.Contains(content, []byte(text)) {
			t.Errorf("got %s nowhere, want it in the file", text)
		}
	}
}

// aDelivery is one of the event and about the owner that the test names.
const aDelivery = `
	INSERT OR IGNORE INTO endpoints (id, workspace_id, url, types, scheme, description, state, reason, created_at, updated_at)
	VALUES (1, 1, '', '', '', '', 'active', '', 1, 1);
	INSERT INTO deliveries (id, workspace_id, endpoint_id, event_number, event_type, state, body, created_at, updated_at)
	VALUES (%[1]d, 1, 1, %[1]d, 'test', 'failed', CAST('the body of %[2]s' AS BLOB), 1, 1);
	INSERT INTO delivery_attempts (workspace_id, delivery_id, number, at, took, status, error, answer)
	VALUES (1, %[1]d, 1, 1, 1, 500, '', 'the answer to %[2]s')`

// Who sends a message about an owner who is forgotten has lost it, also where its body was
// not written yet; and what hears of the owner alone is deleted.
func TestWhoSendsOfAForgottenOwnerHasLost(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{sqliteDSN(t), testkit.Postgres(t)} {
		s := open(t, dsn)
		ctx := t.Context()
		var hears, all webhook.Endpoint
		var claims []webhook.DueDelivery
		inTx(t, s, func(c connect.Tx) error {
			tx := c.(webhook.Tx)
			w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: testTime})
			if err != nil {
				return err
			}
			o, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.ID, ExternalID: "gone", CreatedAt: testTime, UpdatedAt: testTime})
			if err != nil {
				return err
			}
			for _, e := range []*webhook.Endpoint{&hears, &all} {
				*e = webhook.Endpoint{WorkspaceID: w.ID, URL: "https://gone.example", Description: "Jane Roe", Scheme: "standard", State: webhook.StateActive, CreatedAt: testTime, UpdatedAt: testTime}
				if e == &hears {
					e.OwnerID = o.ID
				}
				if *e, err = tx.InsertEndpoint(ctx, *e); err != nil {
					return err
				}
				if err := errors.Join(tx.SetHeard(ctx, w.ID, e.ID, []string{"*"}), tx.SealEndpoint(ctx, w.ID, e.ID, []byte("sealed"))); err != nil {
					return err
				}
			}
			tx.Emit(connect.Event{WorkspaceID: w.ID, OwnerID: o.ID, Type: "test", Cause: connect.CauseSystem, Data: []byte(`{"name":"Jane Roe"}`), At: testTime})
			return nil
		})
		inTx(t, s, func(c connect.Tx) (err error) {
			claims, err = c.(webhook.Tx).DueDeliveries(ctx, all.ID, testTime.AddDate(1, 0, 0), 9)
			return err
		})
		if len(claims) != 1 || claims[0].Body != nil {
			t.Fatalf("got %+v, want one delivery without a body", claims)
		}
		inTx(t, s, func(tx connect.Tx) error { _, _, _, err := tx.ForgetOwner(ctx, all.WorkspaceID, 1); return err })
		err := s.InTx(ctx, func(c connect.Tx) error {
			d := claims[0].Delivery
			d.Fence++
			d.Body = []byte("of Jane Roe")
			return c.(webhook.Tx).ClaimDelivery(ctx, d, claims[0].Fence, time.Minute)
		})
		if !errors.Is(err, fault.Conflict) {
			t.Errorf("claim with what was read before: got %v, want a conflict", err)
		}
		_, err = s.Endpoint(ctx, hears.WorkspaceID, hears.ID)
		if !errors.Is(err, fault.NotFound) {
			t.Errorf("their endpoint: got %v, want it gone", err)
		}
		if _, err := s.Endpoint(ctx, all.WorkspaceID, all.ID); err != nil {
			t.Errorf("the other endpoint: %v", err)
		}
		driver, source := "pgx", dsn
		if strings.HasPrefix(dsn, "sqlite:") {
			driver, source = "sqlite", fileURL(dsn)
		}
		db, err := sql.Open(driver, source)
		if err != nil {
			t.Fatal(err)
		}
		var full, heard int
		err = db.QueryRow(`SELECT (SELECT count(*) FROM endpoints WHERE state = 'deleted' AND (url <> '' OR description <> '' OR sealed IS NOT NULL)),
			(SELECT count(*) FROM endpoint_types)`).Scan(&full, &heard)
		if err = errors.Join(err, db.Close()); err != nil || full != 0 || heard != 1 {
			t.Errorf("on %s: got %d endpoints with something left, %d types heard (%v), want none and one", driver, full, heard, err)
		}
	}
}
