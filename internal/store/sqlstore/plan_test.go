package sqlstore_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/testkit"
)

func TestTheQueueIsReadFromItsHeadSQLite(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteDSN(t))
	q := fillQueue(t, s)
	for what, wants := range q.plans(t, s) {
		for _, plan := range wants.plans {
			for _, index := range wants.indexes {
				if !strings.Contains(plan, "INDEX "+index+" ") {
					t.Errorf("%s: want the index %s used:\n%s", what, index, plan)
				}
			}
			if strings.Contains(plan, "SCAN grants") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s: want no scan and no sorting:\n%s", what, plan)
			}
		}
	}
}

func TestTheQueueIsReadFromItsHeadPostgres(t *testing.T) {
	t.Parallel()
	s := open(t, testkit.Postgres(t))
	q := fillQueue(t, s)
	if err := s.Exec(t.Context(), "ANALYZE grants, apps"); err != nil {
		t.Fatal(err)
	}
	read := regexp.MustCompile(` on grants.*actual rows=(\d+) loops=(\d+)`)
	for what, wants := range q.plans(t, s) {
		if len(wants.plans) != 2 {
			t.Errorf("%s: got %d plans, want the custom and the generic one", what, len(wants.plans))
		}
		for _, plan := range wants.plans {
			for _, index := range wants.indexes {
				if !strings.Contains(plan, " using "+index+" on grants") {
					t.Errorf("%s: want the index %s used:\n%s", what, index, plan)
				}
			}
			for _, bad := range []string{"Seq Scan on grants", "Bitmap", "Sort", "Rows Removed"} {
				if strings.Contains(plan, bad) && !slices.Contains(wants.ofApps, bad) {
					t.Errorf("%s: want no %q:\n%s", what, bad, plan)
				}
			}
			for _, m := range read.FindAllStringSubmatch(plan, -1) {
				if m[1] != fmt.Sprint(wants.rows) {
					t.Errorf("%s: got %s rows read, want the %d that are answered:\n%s", what, m[1], wants.rows, plan)
				}
			}
		}
	}
}

const queueApps, queueLength = 20, 300

type queue struct {
	app int64
	now time.Time
}

type planned struct {
	plans   []string
	indexes []string
	rows    int      // of grants that each look reads
	ofApps  []string // what it may do with the apps, which are few
}

// plans explains each query of the queue, whose every grant is due and has expired.
func (q queue) plans(t *testing.T, s *sqlstore.Store) map[string]planned {
	t.Helper()
	ctx, explain := t.Context(), func(fn func(connect.Tx) error) []string {
		plans, err := s.Explain(t.Context(), fn)
		if err != nil {
			t.Fatal(err)
		}
		return plans
	}
	return map[string]planned{
		"due grants": {
			plans:   explain(func(tx connect.Tx) error { _, err := tx.DueGrants(ctx, q.app, q.now, 7); return err }),
			indexes: []string{"grants_due"}, rows: 7,
		},
		"stale grants": {
			plans:   explain(func(tx connect.Tx) error { _, err := tx.StaleGrants(ctx, q.app, q.now, 7); return err }),
			indexes: []string{"grants_stale"}, rows: 7,
		},
		"dead grants": {
			plans:   explain(func(tx connect.Tx) error { _, err := tx.DeadGrants(ctx, q.now, 7); return err }),
			indexes: []string{"grants_dead"}, rows: 7,
		},
		"due apps": {
			plans:   explain(func(tx connect.Tx) error { _, err := tx.DueApps(ctx, q.now, 1000); return err }),
			indexes: []string{"grants_due"}, rows: 1, ofApps: []string{"Sort"},
		},
		"due apps, none": {
			plans:   explain(func(tx connect.Tx) error { _, err := tx.DueApps(ctx, testTime.Add(-time.Hour), 1000); return err }),
			indexes: []string{"grants_due", "grants_stale"}, rows: 1, ofApps: []string{"Sort", "Rows Removed"},
		},
	}
}

// fillQueue gives each of some apps some hundred grants that are due and have expired, and
// some that are dead.
func fillQueue(t *testing.T, s *sqlstore.Store) (q queue) {
	t.Helper()
	q.now = testTime.Add(time.Hour)
	err := s.InTx(t.Context(), func(tx connect.Tx) error { return q.fill(t.Context(), tx) })
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func (q *queue) fill(ctx context.Context, tx connect.Tx) error {
	w, err := tx.InsertWorkspace(ctx, connect.Workspace{Name: "a", CreatedAt: testTime})
	if err != nil {
		return err
	}
	o, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.ID, ExternalID: "o", CreatedAt: testTime, UpdatedAt: testTime})
	if err != nil {
		return err
	}
	for i := range queueApps {
		app, err := tx.EnsureApp(ctx, connect.App{Platform: "mastodon", Server: fmt.Sprint(i), CreatedAt: testTime, UpdatedAt: testTime})
		if err != nil {
			return err
		}
		q.app = app.ID
		for j := range queueLength {
			at := testTime.Add(time.Duration(j*7919%queueLength) * time.Second)
			_, err := tx.InsertGrant(ctx, connect.Grant{
				WorkspaceID: w.ID, OwnerID: o.ID, AppID: app.ID, State: connect.GrantUsable, Subject: fmt.Sprint(j), Sealed: make([]byte, 500),
				ExpiresAt: at, RefreshAt: at, CreatedAt: testTime, UpdatedAt: testTime,
			})
			if err != nil {
				return err
			}
		}
		for j := range 10 {
			_, err := tx.InsertGrant(ctx, connect.Grant{
				WorkspaceID: w.ID, OwnerID: o.ID, AppID: app.ID, State: connect.GrantUsable, Subject: fmt.Sprint("dead ", j), Sealed: make([]byte, 500),
				Health: connect.HealthNeedsReauth, CreatedAt: testTime, UpdatedAt: testTime,
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// What a revocation asks on its way costs the same however many grants there are.
func TestConsentsAreFoundByTheirClient(t *testing.T) {
	t.Parallel()
	s := open(t, sqliteDSN(t))
	for want, fn := range map[string]func(connect.Tx) error{
		"INDEX grants_subject_any (app_id=? AND subject=?)": func(tx connect.Tx) error {
			_, _, err := tx.LiveConsents(t.Context(), "client", "", "subject")
			return err
		},
		"INDEX revocations_due (app_id=? AND next_at<?)": func(tx connect.Tx) error {
			_, err := tx.DueRevocations(t.Context(), 1, testTime, 9)
			return err
		},
		"INDEX events_owner (workspace_id=? AND owner_id=? AND number>?)": func(tx connect.Tx) error {
			_, err := tx.BlankEvents(t.Context(), 1, 2, 3, 9)
			return err
		},
		"INDEX grants_owner (workspace_id=? AND owner_id=?)": func(tx connect.Tx) error {
			_, err := tx.GrantsOfOwner(t.Context(), 1, 2)
			return err
		},
	} {
		plans, err := s.Explain(t.Context(), fn)
		if err != nil || len(plans) != 1 {
			t.Fatalf("%s: got %d plans (%v), want one", want, len(plans), err)
		}
		if !strings.Contains(plans[0], want) || regexp.MustCompile(`SCAN [a-z]`).MatchString(plans[0]) || strings.Contains(plans[0], "TEMP B-TREE") {
			t.Errorf("want the %s used, no scan and no sorting:\n%s", want, plans[0])
		}
	}
}
