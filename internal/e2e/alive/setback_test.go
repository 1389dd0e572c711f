package alive_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// wrong is how far the clock of a machine is from that of its neighbours.
type wrong struct{ by atomic.Int64 }

func (c *wrong) set(d time.Duration) { c.by.Store(int64(d)) }

func (c *wrong) over(base func() time.Time) *lab.Clock {
	return lab.NewClock(func() time.Time { return base().Add(time.Duration(c.by.Load())) })
}

// TestAClockThatIsSetBack: a machine's clock is set back while refreshes are under way. What
// is asked for is refreshed at once, and so is what comes due afterwards.
func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			for _, by := range []time.Duration{2 * time.Minute, 3 * time.Hour, 24 * time.Hour} {
				var machine wrong
				w := start(t, e2e.Options{Engine: engine, Clock: machine.over(func() time.Time { return began }), Change: usualRate})
				before := w.one(t, twitter, "crowd-1")
				w.pass(t, 110*time.Minute, 10*time.Minute)
				w.lease(t, before, map[string]any{"newer_than": w.lease(t, before, nil).Version})
				machine.set(-by)
				after, seq := w.one(t, twitter, "crowd-2"), w.seq()
				for _, id := range []int64{before, after} {
					lent := w.lease(t, id, map[string]any{"newer_than": w.lease(t, id, nil).Version})
					if !w.works(t, twitter, channel{ID: id}, lent) {
						t.Errorf("set back by %s: X does not take the token", by)
					}
				}
				for range 10 {
					w.pass(t, 15*time.Minute, 5*time.Minute)
				}
				if got := len(w.redeems(seq)); got < 3 {
					t.Errorf("set back by %s: got %d refreshes, want two on demand and the new account's by schedule", by, got)
				}
				if lent := w.lease(t, after, nil); !w.works(t, twitter, channel{ID: after}, lent) {
					t.Errorf("set back by %s, two and a half hours later: X does not take the token", by)
				}
			}
		})
	}
}

func usualRate(c *config.Config) { c.RefreshRate = 0 }

// TestAReplicaThatLags: its clock is behind that of a busy one. It refreshes like that one,
// on demand and by schedule.
func TestAReplicaThatLags(t *testing.T) {
	t.Parallel()
	for _, behind := range []time.Duration{time.Second, 3 * time.Minute, 10 * time.Minute} {
		var late wrong
		late.set(-behind)
		clock := lab.NewClock(func() time.Time { return began })
		w := start(t, e2e.Options{Engine: "postgres", Clock: clock, Change: usualRate})
		slow := start(t, e2e.Options{Beside: w.World, Clock: late.over(clock.Now), Change: func(c *config.Config) {
			c.LabURL, c.RefreshRate = w.LabURL, 0
		}})
		w.ownApp(t)
		ids := []int64{w.one(t, twitter, "crowd-1"), w.one(t, twitter, "crowd-2")}
		for range 5 {
			w.lease(t, ids[0], map[string]any{"newer_than": w.lease(t, ids[0], nil).Version})
			version := slow.lease(t, ids[1], nil).Version
			if answer := slow.ask(t, ids[1], map[string]any{"newer_than": version}); answer.Status != http.StatusOK {
				t.Fatalf("%s behind: the replica that lags answers %s", behind, refused(t, answer))
			}
		}
		seq := w.seq()
		w.advance(behind + 110*time.Minute)
		slow.rest(t)
		if got := len(w.redeems(seq)); got != len(ids) {
			t.Errorf("%s behind: the replica that lags refreshed %d of what was due, want %d", behind, got, len(ids))
		}
	}
}
