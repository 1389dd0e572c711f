package alive_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/lab"
)

// hands is how many of one app's grants are worked on at once.
const hands = 8

// rest lets the engine do what is due by now, until nothing more can be begun: all is
// done, its app is held back, or the rate asks to wait. It answers for how long then.
func (w *world) rest(t testing.TB) (wait time.Duration) {
	t.Helper()
	const most = 10_000
	for round := range most {
		done := 0
		done, wait = w.round(t, w.services[round%len(w.services)])
		if done == 0 {
			return wait
		}
	}
	t.Fatalf("the engine does not come to rest in %d rounds at %s", most, w.at())
	return 0
}

// round is one look at every app with something due.
func (w *world) round(t testing.TB, s *connect.Service) (done int, wait time.Duration) {
	t.Helper()
	apps, err := s.DueApps(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, app := range apps {
		claims, looked, pause, err := s.ClaimDue(t.Context(), app, hands)
		if err != nil {
			t.Fatal(err)
		}
		done += looked
		wait = max(wait, pause)
		var all sync.WaitGroup
		for _, claim := range claims {
			all.Go(func() {
				if err := s.Work(t.Context(), claim); err != nil {
					t.Errorf("work at %s: %v", w.at(), err)
				}
			})
		}
		all.Wait()
	}
	return done, wait
}

// pass lets time go by in steps, with the engine at rest after each; where the rate asks
// to wait, in smaller ones.
func (w *world) pass(t testing.TB, d, step time.Duration) {
	t.Helper()
	for end := w.at() + d; w.at() < end; {
		wait := w.rest(t)
		if wait == 0 {
			wait = step
		}
		w.advance(min(wait, end-w.at()))
	}
	w.rest(t)
}

// redeems is what the platforms were given since seq, but for codes.
func (w *world) redeems(seq int64) []lab.Redeem {
	return slices.DeleteFunc(w.App.Lab.Redeems(), func(r lab.Redeem) bool { return r.Seq <= seq || r.Kind == lab.RedeemCode })
}

// seq is the number of the last redeem so far.
func (w *world) seq() int64 {
	all := w.App.Lab.Redeems()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].Seq
}
