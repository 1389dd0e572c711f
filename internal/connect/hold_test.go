package connect_test

import (
	"path/filepath"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
)

// A copy whose original lives on tells receivers of other things than that, under other numbers.
func TestAHeldCopyNumbersEventsAnew(t *testing.T) {
	t.Parallel()
	for engine, dsn := range map[string]func(*testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") },
		"postgres": func(t *testing.T) string { return testkit.Postgres(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn(t), Migrate: true})
			must(t, err)
			t.Cleanup(func() { must(t, store.Close()) })
			var space connect.Workspace
			must(t, store.InTx(t.Context(), func(tx connect.Tx) (err error) {
				space, err = tx.InsertWorkspace(t.Context(), connect.Workspace{Name: "Test", CreatedAt: time.Unix(1, 0)})
				return err
			}))
			tell := func() {
				must(t, store.InTx(t.Context(), func(tx connect.Tx) error {
					tx.Emit(connect.Event{WorkspaceID: space.ID, Type: connect.EventOwnerErased, Cause: connect.CauseSystem, At: time.Unix(1, 0)})
					return nil
				}))
			}
			tell()
			must(t, connect.HoldRefreshing(t.Context(), store))
			tell()
			events, err := store.Events(t.Context(), space.ID, 0, 9)
			must(t, err)
			if len(events) != 2 || events[0].Number != 1 || events[1].Number < 1_000_000 {
				t.Errorf("got %+v, want 1 and a number above a million", events)
			}
		})
	}
}
