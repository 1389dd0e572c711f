package storetest

import (
	"context"
	"testing"
	"time"

	"patchbay/internal/connect"
)

// queuing lists grants of an app, as DueGrants and StaleGrants do.
type queuing func(tx connect.Tx, ctx context.Context, appID int64, now time.Time, limit int) ([]connect.Grant, error)

// queued are the subjects of the grants that are listed; none of them is held.
func queued(t *testing.T, s connect.Store, list queuing, appID int64, now time.Time, limit int) (subjects []string) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		grants, err := list(tx, ctx, appID, now, limit)
		subjects = nil
		for _, g := range grants {
			subjects = append(subjects, g.Subject)
			if g.AppID != appID || g.LeaseLeft > 0 {
				t.Errorf("grant %q: got app %d and a lease of %s, want app %d and none", g.Subject, g.AppID, g.LeaseLeft, appID)
			}
		}
		return err
	})
	return subjects
}

// sharedApp makes an app of the instance and gives both worlds' new grants to it.
func sharedApp(t *testing.T, s connect.Store, worlds ...*world) (app connect.App) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		app, err = tx.EnsureApp(ctx, connect.App{Platform: "facebook", ClientID: "shared", CreatedAt: t0, UpdatedAt: t0})
		return err
	})
	for _, w := range worlds {
		w.app = app
	}
	return app
}

func testDueGrants(t *testing.T, s connect.Store) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	foreign := a.newGrant("another app's")
	foreign.ProbeAt = at(1)
	insertGrant(t, s, foreign)
	app := sharedApp(t, s, &a, &b)
	due := func(w *world, subject string, minute int) connect.Grant {
		g := w.newGrant(subject)
		g.RefreshAt, g.TellAt = at(90), at(minute)
		return g
	}
	for subject, minute := range map[string]int{"third": 30, "first": 10, "in a minute": 41} {
		insertGrant(t, s, due(&a, subject, minute))
	}
	insertGrant(t, s, due(&b, "fourth", 40))
	insertGrant(t, s, a.newGrant("never due"))
	unverified := due(&a, "", 1)
	unverified.State = connect.GrantUnverified
	insertGrant(t, s, unverified)
	claim(t, s, insertGrant(t, s, due(&b, "held", 5)), time.Hour)
	claim(t, s, insertGrant(t, s, due(&b, "second, its lease over", 20)), 0)

	list := connect.Tx.DueGrants
	all := []string{"first", "second, its lease over", "third", "fourth"}
	same(t, "the longest due first", queued(t, s, list, app.ID, at(40), 9), all)
	same(t, "at most three", queued(t, s, list, app.ID, at(40), 3), all[:3])
	same(t, "earlier", queued(t, s, list, app.ID, at(20), 9), all[:2])
	same(t, "before all", queued(t, s, list, app.ID, at(9), 9), []string(nil))
	same(t, "of no app", queued(t, s, list, app.ID+99, at(99), 9), []string(nil))
	same(t, "limit 0", queued(t, s, list, app.ID, at(99), 0), []string(nil))
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.ReleaseGrants(ctx) })
	same(t, "given back", queued(t, s, list, app.ID, at(40), 1), []string{"held"})
}

func testStaleGrants(t *testing.T, s connect.Store) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	app := sharedApp(t, s, &a, &b)
	expired := func(w *world, subject string, minute int, health connect.Health) connect.Grant {
		g := w.newGrant(subject)
		g.ExpiresAt, g.Health, g.RefreshAt = at(minute), health, at(99)
		return g
	}
	for _, g := range []connect.Grant{
		expired(&a, "second", 20, connect.HealthHealthy), expired(&b, "first", 10, ""), expired(&a, "third", 30, connect.HealthExpiring),
		expired(&a, "known", 1, connect.HealthError), expired(&a, "known to be dead", 1, connect.HealthNeedsReauth),
		expired(&b, "in a minute", 31, ""), a.newGrant("without an end"),
	} {
		insertGrant(t, s, g)
	}
	claim(t, s, insertGrant(t, s, expired(&a, "held", 2, "")), time.Hour)
	unverified := expired(&a, "", 1, "")
	unverified.State = connect.GrantHeld
	insertGrant(t, s, unverified)

	list := connect.Tx.StaleGrants
	all := []string{"first", "second", "third"}
	same(t, "the longest expired first", queued(t, s, list, app.ID, at(30), 9), all)
	same(t, "at most two", queued(t, s, list, app.ID, at(30), 2), all[:2])
	same(t, "before all", queued(t, s, list, app.ID, at(1), 9), []string(nil))
	same(t, "of no app", queued(t, s, list, app.ID+99, at(99), 9), []string(nil))
	same(t, "none of them is due", queued(t, s, connect.Tx.DueGrants, app.ID, at(30), 9), []string(nil))
}

func testTellGrants(t *testing.T, s connect.Store) {
	w := newWorld(t, s, "a")
	for subject, minute := range map[string]int{"first": 10, "second": 20, "later": 31} {
		g := w.newGrant(subject)
		g.TellAt, g.RefreshAt = at(minute), at(1)
		insertGrant(t, s, g)
	}
	nothing := w.newGrant("nothing to tell")
	nothing.RefreshAt = at(1)
	insertGrant(t, s, nothing)
	list := connect.Tx.TellGrants
	same(t, "the longest due first", queued(t, s, list, w.app.ID, at(30), 9), []string{"first", "second"})
	same(t, "at most one", queued(t, s, list, w.app.ID, at(30), 1), []string{"first"})
	same(t, "before all", queued(t, s, list, w.app.ID, at(9), 9), []string(nil))
	same(t, "of no app", queued(t, s, list, w.app.ID+99, at(30), 9), []string(nil))
}

func testDueApps(t *testing.T, s connect.Store) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	ids := func(minute, limit int) (ids []int64) {
		apps, err := s.DueApps(t.Context(), at(minute), limit)
		same(t, "error", err, nil)
		for _, app := range apps {
			ids = append(ids, app.ID)
		}
		return ids
	}
	same(t, "nothing is due", ids(99, 9), []int64(nil))
	due, expired, dead := a.newGrant("due"), b.newGrant("expired"), b.newGrant("dead")
	due.ProbeAt = at(10)
	expired.ExpiresAt, expired.Health = at(20), connect.HealthHealthy
	dead.ExpiresAt, dead.Health = at(1), connect.HealthNeedsReauth
	shared := sharedApp(t, s, &a, &b)
	other := a.newGrant("shared")
	other.TellAt = at(10)
	for _, g := range []connect.Grant{due, expired, dead, other} {
		insertGrant(t, s, g)
	}
	same(t, "before all", ids(9, 9), []int64(nil))
	same(t, "due", ids(10, 9), []int64{due.AppID, shared.ID})
	same(t, "due or expired", ids(20, 9), []int64{due.AppID, expired.AppID, shared.ID})
	same(t, "at most two", ids(20, 2), []int64{due.AppID, expired.AppID})
	apps, err := s.DueApps(t.Context(), at(10), 9)
	same(t, "error", err, nil)
	same(t, "read whole", apps[1], shared)
}

// testClaimersMeet lets a transaction look for what is due while another changes one of
// them: it neither waits for it nor gets it. SQLite has one writer, who is alone.
func testClaimersMeet(t *testing.T, s connect.Store) {
	if oneWriter(s) {
		return
	}
	w := newWorld(t, s, "a")
	var grants []connect.Grant
	for i, subject := range []string{"first", "second", "third"} {
		g := w.newGrant(subject)
		g.RefreshAt, g.ExpiresAt = at(i), at(i)
		grants = append(grants, insertGrant(t, s, g))
	}
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		_, err := tx.LockGrant(ctx, w.workspace.ID, grants[1].ID)
		for what, list := range map[string]queuing{"due": connect.Tx.DueGrants, "stale": connect.Tx.StaleGrants} {
			same(t, what, queued(t, s, list, w.app.ID, at(9), 9), []string{"first", "third"})
		}
		write(t, s, func(ctx context.Context, tx connect.Tx) error { // nor does its holder stop what refers to it
			target := w.newTarget("page-2")
			target.GrantID = grants[1].ID
			_, err := tx.SaveTarget(ctx, target)
			return err
		})
		return err
	})
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		_, err := tx.LockAppByID(ctx, w.app.ID)
		insertGrant(t, s, w.newGrant("while its app is locked"))
		return err
	})
}
