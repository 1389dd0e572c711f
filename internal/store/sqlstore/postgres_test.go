package sqlstore_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
)

// TestDeadlockIsRunAgain makes two transactions lock two rows crosswise. PostgreSQL
// ends one of them, which must then succeed in a second run.
func TestDeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.Postgres(t)+"&deadlock_timeout=50ms")
	sessions := twoSessions(t, s)
	ctx := t.Context()
	var met, all sync.WaitGroup
	met.Add(2)
	var mu sync.Mutex
	runs := 0
	errs := make([]error, 2)
	for i := range 2 {
		all.Go(func() {
			first := true
			errs[i] = s.InTx(ctx, func(tx connect.Tx) error {
				mu.Lock()
				runs++
				mu.Unlock()
				if _, err := tx.LockSession(ctx, sessions[i].WorkspaceID, sessions[i].ID); err != nil {
					return err
				}
				if first {
					first = false
					met.Done()
					met.Wait() // both hold one
				}
				_, err := tx.LockSession(ctx, sessions[1-i].WorkspaceID, sessions[1-i].ID)
				return err
			})
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Errorf("got %v, want that both succeed", err)
	}
	if runs < 3 {
		t.Errorf("runs: got %d, want one of the two run again", runs)
	}
}

func twoSessions(t *testing.T, s connect.Store) (sessions [2]connect.Session) {
	t.Helper()
	ctx := t.Context()
	err := s.InTx(ctx, func(tx connect.Tx) error {
		w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: testTime})
		if err != nil {
			return err
		}
		o, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.ID, ExternalID: "o", CreatedAt: testTime, UpdatedAt: testTime})
		if err != nil {
			return err
		}
		for i := range sessions {
			sessions[i], err = tx.InsertSession(ctx, connect.Session{
				WorkspaceID: w.ID, OwnerID: o.ID, TokenHash: []byte{byte(i + 1)}, CreatedAt: testTime, UpdatedAt: testTime, ExpiresAt: testTime,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sessions
}

func TestServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "postgres://user:hunter2@127.0.0.1:1/x?sslmode=disable"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, want an error without the password", err)
	}
}
