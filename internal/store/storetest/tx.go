package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func ensure(ctx context.Context, tx connect.Tx, w world, externalID string) error {
	_, _, err := tx.EnsureOwner(ctx, connect.Owner{WorkspaceID: w.workspace.ID, ExternalID: externalID, CreatedAt: t0, UpdatedAt: t0})
	return err
}

// there checks whether the owner was kept.
func there(t *testing.T, s connect.Store, w world, externalID string, want bool) {
	t.Helper()
	_, err := s.OwnerByExternalID(context.WithoutCancel(t.Context()), w.workspace.ID, externalID)
	if err != nil && !errors.Is(err, fault.NotFound) {
		t.Fatalf("owner %q: %v", externalID, err)
	}
	if got := err == nil; got != want {
		t.Errorf("owner %q: there %v, want %v", externalID, got, want)
	}
}

func testRollback(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	oops := errors.New("oops")
	event := connect.Event{WorkspaceID: w.workspace.ID, Type: "test", ChannelID: w.channel.ID, Cause: connect.CauseSystem, At: t0}
	err := s.InTx(ctx, func(tx connect.Tx) error {
		if err := ensure(ctx, tx, w, "gone"); err != nil {
			return err
		}
		if _, err := tx.OwnerByExternalID(ctx, w.workspace.ID, "gone"); err != nil {
			return fmt.Errorf("its own write: %w", err)
		}
		if _, err := s.OwnerByExternalID(ctx, w.workspace.ID, "gone"); !errors.Is(err, fault.NotFound) {
			return fmt.Errorf("seen from outside: got %w, want not found", err)
		}
		tx.Emit(event)
		return oops
	})
	if !errors.Is(err, oops) {
		t.Fatalf("got %v, want the function's error", err)
	}
	there(t, s, w, "gone", false)
	write(t, s, func(_ context.Context, tx connect.Tx) error { tx.Emit(event); return nil })
	event.Number, event.ChannelSeq, event.Data = 1, 1, []byte("{}")
	got, err := s.Events(ctx, w.workspace.ID, 0, 9)
	same(t, "events", got, []connect.Event{event})
	same(t, "error", err, nil)
}

// testFailedStatement holds both engines to PostgreSQL's rule.
func testFailedStatement(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	err := s.InTx(ctx, func(tx connect.Tx) error {
		if err := ensure(ctx, tx, w, "before"); err != nil {
			return err
		}
		_, _ = tx.InsertKey(ctx, w.key) // a duplicate, which the function does not want to know about
		_ = ensure(ctx, tx, w, "after")
		return nil
	})
	wants(t, "swallowed duplicate", err, fault.Conflict)
	if shown := fault.From(err).Message; strings.Contains(strings.ToLower(shown), "unique") || strings.Contains(shown, "api_keys") {
		t.Errorf("message: got %q, want none of the engine's words", shown)
	}
	there(t, s, w, "before", false)
	there(t, s, w, "after", false)
}

func testPanic(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	errs := race(18, func(i int) error {
		return s.InTx(ctx, func(tx connect.Tx) error {
			if err := ensure(ctx, tx, w, fmt.Sprint("u", i)); err != nil {
				return err
			}
			switch i {
			case 7:
				panic("what a day")
			case 9:
				runtime.Goexit() // as t.FailNow does
			}
			return nil
		})
	})
	for i, err := range errs {
		ok := i != 7 && i != 9
		if (err == nil) != ok {
			t.Errorf("caller %d: got %v, want success %v", i, err, ok)
		}
		there(t, s, w, fmt.Sprint("u", i), ok)
	}
	if got := fmt.Sprint(errs[7]); !strings.Contains(got, "what a day") || !strings.Contains(got, "storetest.testPanic") {
		t.Errorf("error of the panic: got %q, want its value and its stack", got)
	}
}

func testCanceledBefore(t *testing.T, s connect.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var ran atomic.Bool
	err := s.InTx(ctx, func(connect.Tx) error { ran.Store(true); return nil })
	if !errors.Is(err, context.Canceled) || ran.Load() {
		t.Errorf("got %v, ran %v, want context canceled and not run", err, ran.Load())
	}
	if _, err := s.FirstWorkspace(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("read: got %v, want context canceled", err)
	}
}

func testCanceledInside(t *testing.T, s connect.Store) {
	w := newWorld(t, s, "a")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := s.InTx(ctx, func(tx connect.Tx) error {
		if err := ensure(ctx, tx, w, "before"); err != nil {
			return err
		}
		cancel()
		if err := tx.SealAttempt(ctx, w.workspace.ID, w.attempt.ID, []byte("after")); err != nil {
			return err
		}
		return ensure(ctx, tx, w, "after")
	})
	same(t, "error", err, nil)
	there(t, s, w, "before", true)
	there(t, s, w, "after", true)
}

// testOneCanceled fills the store with transactions that wait, queues 64 callers
// behind them and cancels one. On SQLite the 63 then share a commit.
func testOneCanceled(t *testing.T, s connect.Store) {
	const callers, victim = 64, 31
	w := newWorld(t, s, "a")
	release := occupy(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	var ran atomic.Bool
	left := make(chan error, 1)
	errs := make(chan []error, 1)
	go func() {
		errs <- race(callers, func(i int) error {
			if i != victim {
				return s.InTx(t.Context(), func(tx connect.Tx) error { return ensure(t.Context(), tx, w, fmt.Sprint("u", i)) })
			}
			err := s.InTx(ctx, func(tx connect.Tx) error {
				ran.Store(true)
				return ensure(ctx, tx, w, fmt.Sprint("u", i))
			})
			left <- err
			return err
		})
	}()
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) { // answered although nothing moves
		t.Errorf("the canceled one: got %v, want context canceled", err)
	}
	release()
	for i, err := range <-errs {
		if i != victim && err != nil {
			t.Errorf("caller %d: got %v, want success", i, err)
		}
		there(t, s, w, fmt.Sprint("u", i), i != victim)
	}
	if ran.Load() {
		t.Error("the canceled one's function ran")
	}
}

// occupy starts transactions until the store can begin no other: one on SQLite, one a
// connection elsewhere. They end on release.
func occupy(t *testing.T, s connect.Store) (release func()) {
	t.Helper()
	n := MaxConns
	if oneWriter(s) {
		n = 1
	}
	begun, end := make(chan struct{}), make(chan struct{})
	errs := make(chan []error, 1)
	go func() {
		errs <- race(n, func(int) error {
			return s.InTx(t.Context(), func(connect.Tx) error {
				begun <- struct{}{}
				<-end
				return nil
			})
		})
	}()
	for range n {
		<-begun
	}
	return func() {
		close(end)
		same(t, "occupying transactions", errors.Join(<-errs...), nil)
	}
}

// oneWriter tells whether a transaction waits for the one before it to end.
func oneWriter(s connect.Store) bool {
	e, ok := s.(interface{ Engine() string })
	return ok && e.Engine() == "sqlite"
}

func testInvalidText(t *testing.T, s connect.Store) {
	ctx, w := t.Context(), newWorld(t, s, "a")
	for _, text := range []string{"nul\x00", "not utf-8 \xff"} {
		err := s.InTx(ctx, func(tx connect.Tx) error { return ensure(ctx, tx, w, text) })
		wants(t, "write", err, fault.Invalid)
		_, err = s.OwnerByExternalID(ctx, w.workspace.ID, text)
		wants(t, "read", err, fault.Invalid)
	}
}
