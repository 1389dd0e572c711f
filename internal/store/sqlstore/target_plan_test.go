package sqlstore_test

import (
	"strings"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/testkit"
)

// A lease reads a grant's targets: it must not read those of the whole workspace.
func TestTargetsAreFoundByTheirGrant(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func(*testing.T) string{"sqlite": sqliteDSN, "postgres": func(t *testing.T) string { return testkit.Postgres(t) }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, dsn(t))
			plans, err := s.Explain(t.Context(), func(tx connect.Tx) error { _, err := tx.Targets(t.Context(), 1, 2); return err })
			if err != nil || len(plans) == 0 {
				t.Fatalf("got %d plans (%v), want some", len(plans), err)
			}
			for _, plan := range plans {
				by := plan[max(strings.Index(plan, "Index Cond"), strings.Index(plan, "SEARCH targets"), 0):]
				if line, _, _ := strings.Cut(by, "\n"); !strings.Contains(line, "grant_id") {
					t.Errorf("want the targets found by their grant:\n%s", plan)
				}
			}
		})
	}
}
