package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func insertRevocation(t *testing.T, s connect.Store, v connect.Revocation) (made connect.Revocation) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		made, err = tx.InsertRevocation(ctx, v)
		return err
	})
	return made
}

func claimRevocation(t *testing.T, s connect.Store, v connect.Revocation, lease time.Duration) (claimed connect.Revocation) {
	t.Helper()
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		claimed, err = tx.ClaimRevocation(ctx, v, lease)
		return err
	})
	return claimed
}

// dueSubjects are those of the revocations that are due, by app, of each at most limit.
func dueSubjects(t *testing.T, s connect.Store, minute, limit int) (subjects []string) {
	t.Helper()
	apps, err := s.DueRevocationApps(t.Context(), at(minute), 99)
	same(t, "error", err, nil)
	for _, app := range apps {
		due, err := s.DueRevocations(t.Context(), app, at(minute), limit)
		same(t, "error", err, nil)
		if len(due) == 0 && limit > 0 {
			t.Errorf("app %d is said to have something due, and has nothing", app)
		}
		for _, v := range due {
			same(t, "app", v.AppID, app)
			subjects = append(subjects, v.Subject)
		}
	}
	return subjects
}

func testRevocations(t *testing.T, s connect.Store) {
	ctx, a, b := t.Context(), newWorld(t, s, "a"), newWorld(t, s, "b")
	want := a.newRevocation("second")
	want.NextAt, want.Tries, want.Fence, want.OwnerID = at(20), 2, 3, a.owner.ID+99 // who is gone
	made := insertRevocation(t, s, want)
	want.ID = made.ID
	same(t, "inserted", made, want)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		return tx.SealRevocation(ctx, a.workspace.ID, made.ID, []byte{0, 1, 255})
	})
	want.Sealed = []byte{0, 1, 255}
	for subject, minute := range map[string]int{"first": 10, "third": 30, "held": 5, "its lease over": 25} {
		v := b.newRevocation(subject)
		v.NextAt, v.AppID = at(minute), a.app.ID
		v = insertRevocation(t, s, v)
		switch subject {
		case "held":
			claimRevocation(t, s, v, time.Hour)
		case "its lease over":
			claimRevocation(t, s, v, 0)
		}
	}
	all := []string{"first", "second", "its lease over", "third"}
	same(t, "the longest due first", dueSubjects(t, s, 30, 9), all)
	same(t, "at most two", dueSubjects(t, s, 30, 2), all[:2])
	same(t, "earlier", dueSubjects(t, s, 20, 9), all[:2])
	same(t, "before all", dueSubjects(t, s, 4, 9), []string(nil))
	same(t, "limit 0", dueSubjects(t, s, 30, 0), []string(nil))
	due, err := s.DueRevocations(ctx, a.app.ID, at(20), 9)
	same(t, "error", err, nil)
	same(t, "read whole", due[1], want)
	absent := func(tx connect.Tx) error { return tx.SealRevocation(ctx, a.workspace.ID, made.ID+99, nil) }
	wants(t, "seal an absent one", s.InTx(ctx, absent), fault.NotFound)
}

// testRevocationLanes gives one app more than is looked at, and others one each: each is
// found, and one whose every due revocation is held is not.
func testRevocationLanes(t *testing.T, s connect.Store) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	third := b.withClient(t, s, "threads", "", "third")
	for i := range 30 {
		v := a.newRevocation(fmt.Sprint(i))
		v.NextAt = at(1)
		insertRevocation(t, s, v)
	}
	v := b.newRevocation("behind all of them")
	v.NextAt = at(2)
	insertRevocation(t, s, v)
	v = third.newRevocation("held")
	v.NextAt = at(0)
	claimRevocation(t, s, insertRevocation(t, s, v), time.Hour)
	for _, c := range []struct {
		minute, limit int
		want          []int64
	}{
		{2, 9, []int64{a.app.ID, b.app.ID}}, {1, 9, []int64{a.app.ID}}, {0, 9, nil}, {2, 1, []int64{a.app.ID}}, {2, 0, nil},
	} {
		apps, err := s.DueRevocationApps(t.Context(), at(c.minute), c.limit)
		same(t, "error", err, nil)
		same(t, fmt.Sprintf("apps at %d, at most %d", c.minute, c.limit), apps, c.want)
	}
	due, err := s.DueRevocations(t.Context(), b.app.ID, at(2), 1)
	same(t, "error", err, nil)
	if len(due) != 1 || due[0].Subject != "behind all of them" {
		t.Errorf("of the other app: got %+v, want its own", due)
	}
}

func testForgetRevocations(t *testing.T, s connect.Store) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	held := claimRevocation(t, s, a.over, time.Hour)
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.ForgetRevocations(ctx) })
	same(t, "due", dueSubjects(t, s, 9999, 9), []string(nil))
	for _, v := range []connect.Revocation{held, b.over} {
		drop := func(tx connect.Tx) error { return tx.DropRevocation(t.Context(), v) }
		wants(t, "drop what is forgotten, held or not", s.InTx(t.Context(), drop), fault.Conflict)
	}
}

func testRevocationSwap(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	before := insertRevocation(t, s, w.newRevocation("raced"))
	oneWins(t, race(6, func(int) error {
		return s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.ClaimRevocation(ctx, before, time.Hour); return err })
	}), fault.Conflict)
	held := before
	held.Fence++
	refused := func(what string, fn func(tx connect.Tx) error) {
		t.Helper()
		wants(t, what, s.InTx(ctx, fn), fault.Conflict)
	}
	refused("claim with its fence while it is held", func(tx connect.Tx) error { _, err := tx.ClaimRevocation(ctx, held, time.Hour); return err })
	refused("postpone with the fence before", func(tx connect.Tx) error { return tx.PostponeRevocation(ctx, before) })
	refused("drop with the fence before", func(tx connect.Tx) error { return tx.DropRevocation(ctx, before) })

	later := held
	later.Tries, later.NextAt, later.Subject = 4, at(7), "not written"
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.PostponeRevocation(ctx, later) })
	later.Subject = "raced"
	due, err := s.DueRevocations(ctx, w.app.ID, at(7), 9)
	same(t, "postponed, the lease given back", due, []connect.Revocation{later})
	same(t, "error", err, nil)
	got := claimRevocation(t, s, later, -time.Second)
	later.Fence++
	same(t, "claimed again", got, later)
	got = claimRevocation(t, s, later, time.Hour) // from somebody whose lease is over
	refused("drop by whose lease was over", func(tx connect.Tx) error { return tx.DropRevocation(ctx, later) })
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.DropRevocation(ctx, got) })
	refused("drop again", func(tx connect.Tx) error { return tx.DropRevocation(ctx, got) })
	refused("claim what is gone", func(tx connect.Tx) error { _, err := tx.ClaimRevocation(ctx, got, time.Hour); return err })
	same(t, "left", dueSubjects(t, s, 999, 9), []string{"over"})
}

// shared is the OAuth client that several apps name.
const sharedClient, sharedServer = "shared", "https://shared.example"

// withClient gives the world an app of the client at another platform or server.
func (w *world) withClient(t *testing.T, s connect.Store, platform, server, clientID string) world {
	t.Helper()
	other := *w
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		other.app, err = tx.EnsureApp(ctx, connect.App{
			WorkspaceID: w.workspace.ID, Platform: platform, Server: server, ClientID: clientID, CreatedAt: t0, UpdatedAt: t0,
		})
		return err
	})
	return other
}

// clients are worlds whose apps share a client, and others whose apps do not.
func clients(t *testing.T, s connect.Store) (shared, others []world) {
	a, b := newWorld(t, s, "a"), newWorld(t, s, "b")
	shared = []world{
		a.withClient(t, s, "instagram", sharedServer, sharedClient), a.withClient(t, s, "threads", sharedServer, sharedClient),
		b.withClient(t, s, "instagram", sharedServer, sharedClient),
	}
	others = []world{
		a.withClient(t, s, "instagram", "https://other.example", sharedClient), b.withClient(t, s, "threads", sharedServer, "other"),
	}
	return shared, others
}

func testCallOff(t *testing.T, s connect.Store) {
	shared, others := clients(t, s)
	var all []connect.Revocation
	for _, w := range append(shared, others...) {
		for _, subject := range []string{"person", "another"} {
			all = append(all, insertRevocation(t, s, w.newRevocation(subject)))
		}
	}
	held := claimRevocation(t, s, all[4], time.Hour)
	claimRevocation(t, s, all[2], -time.Second)
	callOff := func() (n int) {
		write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
			n, err = tx.CallOffRevocations(ctx, sharedClient, sharedServer, "person")
			return err
		})
		return n
	}
	same(t, "under way", callOff(), 1)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		held.NextAt = at(1)
		return tx.PostponeRevocation(ctx, held)
	})
	left := map[string]int{}
	for _, subject := range dueSubjects(t, s, 999, 99) {
		left[subject]++
	}
	same(t, "left", left, map[string]int{"over": 2, "another": 5, "person": 3}) // the held one, and two of other clients
	same(t, "under way, nobody at it", callOff(), 0)
	same(t, "left in the end", len(dueSubjects(t, s, 999, 99)), 9)
}

// testCallOffMeetsClaim lets a call-off come while a claim is being made: it waits, and
// then finds it held. SQLite has one writer, who is alone.
func testCallOffMeetsClaim(t *testing.T, s connect.Store) {
	if oneWriter(s) {
		return
	}
	w := newWorld(t, s, "a")
	underWay, done := 0, make(chan error, 1)
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		_, err := tx.ClaimRevocation(ctx, w.over, time.Hour)
		go func() {
			done <- s.InTx(ctx, func(tx connect.Tx) (err error) {
				underWay, err = tx.CallOffRevocations(ctx, w.app.ClientID, w.app.Server, w.over.Subject)
				return err
			})
		}()
		return err
	})
	same(t, "error", <-done, nil)
	same(t, "under way", underWay, 1)
}

func testLiveConsents(t *testing.T, s connect.Store) {
	shared, others := clients(t, s)
	for i, w := range append(shared, others...) {
		for state, subject := range map[connect.GrantState]string{
			connect.GrantUsable: "person", connect.GrantHeld: "person", connect.GrantUnverified: "",
		} {
			g := w.newGrant(subject)
			g.State = state
			insertGrant(t, s, g)
		}
		if i == 0 {
			insertGrant(t, s, w.newGrant("another"))
		}
	}
	for _, c := range []struct {
		client, server, subject string
		live, unknown           int
	}{
		{sharedClient, sharedServer, "person", 6, 3},
		{sharedClient, sharedServer, "another", 1, 3},
		{sharedClient, sharedServer, "nobody", 0, 3},
		{sharedClient, "https://other.example", "person", 2, 1},
		{"other", sharedServer, "person", 2, 1},
		{"nobody's", "", "person", 0, 0},
	} {
		live, unknown, err := s.LiveConsents(t.Context(), c.client, c.server, c.subject)
		same(t, "error", err, nil)
		if live != c.live || unknown != c.unknown {
			t.Errorf("%s at %s of %s: got %d live, %d unknown, want %d and %d", c.subject, c.server, c.client, live, unknown, c.live, c.unknown)
		}
	}
}
