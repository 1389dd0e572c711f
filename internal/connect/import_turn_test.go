package connect_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// A refresh of an import waits for its turn like every other.
func TestAnImportWaitsForTheRateOfTheApp(t *testing.T) {
	t.Parallel()
	b := &bank{rate: 0.01}
	w := newBank(t, b)
	w.imports(t, tokens("first", "refresh"))
	same(t, "refreshes", b.sent, 1)
	before := w.left(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	w.garden.reachFrom(5, 1, "another person")
	_, err := w.svc.Import(ctx, w.caller, tokens("imported", "another-refresh"))
	if !errors.Is(err, platform.ErrUnavailable) || b.sent != 1 {
		t.Errorf("before its turn: got %v after %d refreshes, want none", err, b.sent-1)
	}
	same(t, "left", w.left(t), before)
	w.set(t, "UPDATE apps SET pace_at = pace_at - 100000")
	w.imports(t, tokens("imported", "another-refresh"))
	same(t, "refreshes", b.sent, 2)
}

// While the app is held back nothing is sent for an import, which says until when.
func TestAnImportIsHeldBackWithItsApp(t *testing.T) {
	t.Parallel()
	for trouble, want := range map[string]error{"unavailable": platform.ErrUnavailable, "app_rejected": platform.ErrRejected} {
		b := &bank{}
		w := newBank(t, b)
		w.set(t, "UPDATE apps SET trouble = ?, holds = 1, hold_until = ?", trouble, w.clock.now().Add(40*time.Second).UnixMilli())
		_, err := w.svc.Import(t.Context(), w.caller, tokens("imported", "refresh"))
		if !errors.Is(err, want) || fault.From(err).RetryAfter != 40*time.Second || b.sent != 0 {
			t.Fatalf("%s: got %v after %d refreshes, want none and %v, to come again after 40s", trouble, err, b.sent, want)
		}
		same(t, "left", w.left(t), nothing)
		w.clock.advance(41 * time.Second)
		w.imports(t, tokens("imported", "refresh")) // the trial
		same(t, "refreshes", b.sent, 1)
		same(t, "apps held back after it", w.count(t, "apps WHERE trouble <> '' OR hold_until IS NOT NULL OR holds > 0"), 0)
	}
}

// A platform in trouble is noticed; what a chosen token may bring about holds nobody back.
func TestWhatAnImportTellsOfItsApp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer error
		held   int
	}{
		{"no answer", answered(504), 1},
		{"too often", platform.Refuse(platform.ClassRateLimited, "", errors.New("no")), 1},
		{"an odd answer", answered(418), 0},
		{"the app is refused", answered(400, platform.Rule{Status: 400, Class: platform.ClassConfiguration}), 0},
		{"the token is refused", platform.Refuse(platform.ClassPermanent, "", errors.New("no")), 0},
	} {
		b := &bank{}
		w := newBank(t, b)
		b.refresh = func() error { return c.answer }
		for range 6 {
			if _, err := w.svc.Import(t.Context(), w.caller, tokens("imported", "refresh")); err == nil {
				t.Errorf("%s: got no error", c.name)
			}
			w.clock.advance(time.Second)
		}
		same(t, c.name+": apps held back", w.count(t, "apps WHERE hold_until IS NOT NULL"), c.held)
		same(t, c.name+": left", w.left(t), nothing)
	}
}
