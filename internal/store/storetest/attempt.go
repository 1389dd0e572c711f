package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func testAttempts(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	want := w.newAttempt("state")
	want.Issuer = "https://issuer.example"
	var made connect.Attempt
	write(t, s, func(ctx context.Context, tx connect.Tx) (err error) {
		if made, err = tx.InsertAttempt(ctx, want); err != nil {
			return err
		}
		return tx.SealAttempt(ctx, w.workspace.ID, made.ID, []byte{0, 1, 255})
	})
	want.ID, want.Sealed = made.ID, []byte{0, 1, 255}
	got, err := s.Attempt(ctx, w.workspace.ID, made.ID)
	same(t, "read", got, want)
	same(t, "error", err, nil)
	got, err = s.AttemptByStateHash(ctx, hash("state"))
	same(t, "by state", got, want)
	same(t, "error", err, nil)
	_, err = s.AttemptByStateHash(ctx, hash("other"))
	wants(t, "other state", err, fault.NotFound)
	err = s.InTx(ctx, func(tx connect.Tx) error { _, err := tx.InsertAttempt(ctx, want); return err })
	wants(t, "same state again", err, fault.Conflict)

	want.State, want.GrantID, want.Reason, want.Message = connect.AttemptVerifying, w.grant.ID, "a", "b"
	want.UpdatedAt, want.ExpiresAt, want.LeaseUntil = at(1), at(2), at(3)
	changed := want
	changed.RedirectURI, changed.Issuer, changed.Sealed = "not written", "not written", []byte("not written")
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		return tx.UpdateAttempt(ctx, changed, connect.AttemptAway)
	})
	got, err = s.Attempt(ctx, w.workspace.ID, want.ID)
	same(t, "secrets that stay", got, want)
	same(t, "error", err, nil)
	want.State, want.Sealed = connect.AttemptConfirming, []byte("x") // here the secrets are others
	write(t, s, func(ctx context.Context, tx connect.Tx) error {
		return tx.UpdateAttempt(ctx, want, connect.AttemptVerifying)
	})
	all, err := s.Attempts(ctx, w.workspace.ID, w.session.ID)
	same(t, "oldest first, updated", all, []connect.Attempt{w.attempt, want})
	same(t, "error", err, nil)

	err = s.InTx(ctx, func(tx connect.Tx) error {
		absent := want
		absent.ID += 99
		return tx.UpdateAttempt(ctx, absent, connect.AttemptAway)
	})
	wants(t, "update of an absent one", err, fault.NotFound)
}

func testSteps(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	errs := race(8, func(i int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			return tx.AppendStep(ctx, w.workspace.ID, connect.Step{AttemptID: w.attempt.ID, Name: "opened", Detail: fmt.Sprint(i), At: at(1)})
		})
	})
	for _, err := range errs {
		same(t, "error", err, nil)
	}
	steps, err := s.Steps(ctx, w.workspace.ID, w.session.ID)
	same(t, "error", err, nil)
	same(t, "steps", len(steps), 8)
	for i, got := range steps {
		same(t, "step", got, connect.Step{AttemptID: w.attempt.ID, Number: i + 1, Name: "opened", Detail: got.Detail, At: at(1)})
	}
}

func testStaleAttempts(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a") // its attempt is away until 10
	for i, v := range []struct {
		state   connect.AttemptState
		expires int
		lease   time.Time
	}{
		{connect.AttemptExchanging, 1, at(50)},
		{connect.AttemptVerifying, 1, at(60)},
		{connect.AttemptVerifying, 1, time.Time{}}, // nobody is at it
		{connect.AttemptChoosing, 20, time.Time{}},
		{connect.AttemptFailed, 1, at(1)},
		{connect.AttemptSucceeded, 1, time.Time{}},
		{connect.AttemptWarned, 20, time.Time{}},
	} {
		write(t, s, func(ctx context.Context, tx connect.Tx) error {
			a := w.newAttempt(fmt.Sprint("stale ", i))
			a.State, a.ExpiresAt, a.LeaseUntil, a.Message = v.state, at(v.expires), v.lease, fmt.Sprint(i)
			_, err := tx.InsertAttempt(ctx, a)
			return err
		})
	}
	stale := func(realNow, now time.Time, limit int) (names []string) {
		attempts, err := s.StaleAttempts(ctx, realNow, now, limit)
		same(t, "error", err, nil)
		for _, a := range attempts {
			names = append(names, a.Message)
		}
		return names
	}
	same(t, "nobody at it", stale(at(1), at(1), 9), []string{"2"})
	same(t, "lease over", stale(at(50), at(1), 9), []string{"0", "2"})
	same(t, "away too long", stale(at(1), at(10), 9), []string{"", "2"})
	same(t, "all", stale(at(60), at(20), 9), []string{"", "0", "1", "2", "3", "6"})
	same(t, "limit", stale(at(60), at(20), 2), []string{"", "0"})
}

func testAttemptSwap(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	errs := race(8, func(i int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			a := w.attempt
			a.State, a.Message = connect.AttemptExchanging, fmt.Sprint(i)
			return tx.UpdateAttempt(ctx, a, connect.AttemptAway)
		})
	})
	oneWins(t, errs, fault.Conflict)
	got, err := s.Attempt(ctx, w.workspace.ID, w.attempt.ID)
	same(t, "error", err, nil)
	for i, err := range errs {
		if err == nil {
			same(t, "winner's values", got.Message, fmt.Sprint(i))
		}
	}
}
