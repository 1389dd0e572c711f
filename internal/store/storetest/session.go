package storetest

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testSessions(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := w.newSession("token")
	want.Origin, want.Platforms, want.RedirectURL = connect.OriginMarketingBlocks, []string{"x", "facebook"}, "app://done"
	want.Display, want.Selection, want.ReconnectID = connect.DisplayDirect, connect.SelectAll, w.channel.ID
	var made connect.Session
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		made, err = tx.InsertSession(ctx, want)
		return err
	})
	want.ID = made.ID
	same(t, "inserted", made, want)
	got, err := s.SessionByTokenHash(ctx, hash("token"))
	same(t, "by token", got, want)
	same(t, "error", err, nil)
	_, err = s.SessionByTokenHash(ctx, hash("other"))
	wants(t, "other token", err, fault.NotFound)
	_, err = s.Session(ctx, w.workspace.ID, made.ID+1)
	wants(t, "absent", err, fault.NotFound)
	err = s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.InsertSession(ctx, want); return err })
	wants(t, "same token again", err, fault.Conflict)

	want.Status, want.Platform, want.Reason, want.Message = connect.SessionSucceeded, "x", "a", "b"
	want.ChannelIDs, want.UpdatedAt, want.EndedAt = []int64{9, 3, 7}, at(1), at(2)
	changed := want
	changed.Origin, changed.RedirectURL, changed.ExpiresAt = "not written", "not written", at(99)
	changed.Display, changed.ReconnectID = "not written", 99
	write(t, s, func(ctx context.Context, tx connect.Tx) error { return tx.UpdateSession(ctx, changed) })
	got, err = s.Session(ctx, w.workspace.ID, made.ID)
	same(t, "updated", got, want)
	same(t, "error", err, nil)
	got, owner, err := s.SessionAndOwner(ctx, w.workspace.ID, made.ID)
	same(t, "read with its owner", got, want)
	same(t, "its owner", owner, w.owner)
	same(t, "error", err, nil)
}

func testSessionVersions(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	ids := []int64{w.session.ID}
	for i := range 1200 { // more than one statement takes
		ids = append(ids, w.session.ID+1+int64(i))
	}
	got, err := s.SessionVersions(ctx, ids)
	same(t, "versions", got, map[int64]time.Time{w.session.ID: t0})
	same(t, "error", err, nil)
	got, err = s.SessionVersions(ctx, nil)
	same(t, "of none", len(got), 0)
	same(t, "error", err, nil)
}

func testDueSessions(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a") // its session expires after 30 minutes
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		for i, minutes := range []int{20, 10, 40, 5} {
			v := w.newSession(fmt.Sprint("due ", i))
			v.ExpiresAt, v.Message = at(minutes), strconv.Itoa(minutes)
			if minutes == 5 {
				v.EndedAt = at(1)
			}
			if _, err := tx.InsertSession(ctx, v); err != nil {
				return err
			}
		}
		return nil
	})
	due := func(now time.Time, limit int) (names []string) {
		sessions, err := s.DueSessions(ctx, now, limit)
		same(t, "error", err, nil)
		for _, v := range sessions {
			names = append(names, v.Message)
		}
		return names
	}
	same(t, "just before", due(at(10).Add(-time.Millisecond), 9), []string(nil))
	same(t, "at the moment", due(at(10), 9), []string{"10"})
	same(t, "oldest first", due(at(40), 9), []string{"10", "20", "", "40"})
	same(t, "limit", due(at(40), 2), []string{"10", "20"})
	same(t, "limit 0", due(at(40), 0), []string(nil))
	testDueUnderWay(t, s, w, due)
}

// testDueUnderWay: a session whose time is over is not due while an attempt can still turn it.
func testDueUnderWay(t *testing.T, s connect.Store, w world, due func(time.Time, int) []string) {
	state := connect.AttemptState("")
	next := func(to connect.AttemptState, expires int) {
		write(t, s, func(ctx context.Context, tx connect.Tx) error {
			a, err := tx.Attempt(ctx, w.workspace.ID, w.attempt.ID)
			if err != nil {
				return err
			}
			state, a.State, a.ExpiresAt = a.State, to, at(expires)
			return tx.UpdateAttempt(ctx, a, state)
		})
	}
	for _, open := range []connect.AttemptState{connect.AttemptAway, connect.AttemptChoosing, connect.AttemptWarned} {
		next(open, 50)
		same(t, string(open), due(at(40), 9), []string{"10", "20", "40"})
		next(open, 40)
		same(t, string(open)+" too long", due(at(40), 9), []string{"10", "20", "", "40"})
	}
	for _, talking := range []connect.AttemptState{connect.AttemptExchanging, connect.AttemptVerifying, connect.AttemptConfirming} {
		next(talking, 1)
		same(t, string(talking), due(at(40), 9), []string{"10", "20", "40"})
	}
	for _, final := range []connect.AttemptState{connect.AttemptFailed, connect.AttemptSucceeded, connect.AttemptDenied} {
		next(final, 50)
		same(t, string(final), due(at(40), 9), []string{"10", "20", "", "40"})
	}
}

func testLockSession(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	errs := race(16, func(int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			v, err := tx.LockSession(ctx, w.workspace.ID, w.session.ID)
			if err != nil {
				return err
			}
			n, _ := strconv.Atoi(v.Message)
			v.Message = strconv.Itoa(n + 1)
			return tx.UpdateSession(ctx, v)
		})
	})
	for _, err := range errs {
		same(t, "error", err, nil)
	}
	got, err := s.Session(ctx, w.workspace.ID, w.session.ID)
	same(t, "increments kept", got.Message, "16")
	same(t, "error", err, nil)
}
