package connect

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"patchbay/internal/platform"
)

// TestTheRateHoldsForAllReplicas: several claim at any times; in no span of time are there
// more calls than the rate allows, and where somebody always asks hardly fewer.
func TestTheRateHoldsForAllReplicas(t *testing.T) {
	t.Parallel()
	for seed, rate := range []float64{0.5, 1, 5, 30, 200, 1000} {
		for _, eager := range []bool{false, true} {
			dice := rand.New(rand.NewPCG(uint64(seed), 3))
			var at []time.Duration
			app, span := App{}, time.Duration(2000/rate*float64(time.Second))
			for now := time.Duration(0); now < span; {
				n, wait := app.allowed(scheduleStart.Add(now), rate, 1+dice.IntN(64))
				if n > 0 {
					app = app.spend(scheduleStart.Add(now), rate, n)
				}
				for range n {
					at = append(at, now)
				}
				if !eager {
					wait = time.Duration(dice.Int64N(int64(span / 100)))
				}
				now += max(wait, time.Duration(1+dice.Int64N(int64(time.Millisecond))))
			}
			judgePace(t, fmt.Sprintf("%v a second, eager %t", rate, eager), at, rate, span, eager)
		}
	}
}

// judgePace compares each run of calls with the time that it took.
func judgePace(t *testing.T, name string, at []time.Duration, rate float64, span time.Duration, eager bool) {
	t.Helper()
	burst := max(1, rate/10)
	for _, run := range []int{2, 10, 100, 1000} {
		for i := run; i < len(at); i++ {
			if took := (at[i] - at[i-run]).Seconds(); float64(run+1) > rate*took+burst+1.01 {
				t.Fatalf("%s: %d calls within %.3f s", name, run+1, took)
			}
		}
	}
	if least := 0.95 * rate * span.Seconds(); eager && float64(len(at)) < least {
		t.Errorf("%s: %d calls in %s, want at least %.0f", name, len(at), span, least)
	}
}

// TestTheWaitIsForAWholeBatch: after it as many are allowed as may be saved up, at most
// after a tenth of a second or one call's time.
func TestTheWaitIsForAWholeBatch(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(4, 4))
	for range 1000 {
		rate := 0.1 + 300*dice.Float64()
		each, burst := pace(rate)
		now := scheduleStart.Add(time.Duration(dice.Int64N(int64(time.Hour))))
		app := App{PaceAt: now.Add(-time.Duration(dice.Int64N(int64(time.Second))))}
		n, _ := app.allowed(now, rate, 64)
		app = app.spend(now, rate, max(0, n))
		none, wait := app.allowed(now, rate, 64)
		if none != 0 || wait <= 0 || wait > burst {
			t.Fatalf("at %v a second: %d more at once, and to wait %s; want none and up to %s", rate, none, wait, burst)
		}
		if then, _ := app.allowed(now.Add(wait), rate, 64); then != int(burst/each) {
			t.Errorf("at %v a second: %d after the wait of %s, want %d", rate, then, wait, int(burst/each))
		}
	}
}

// TestAClockThatWasSetBack holds nobody back for longer than a platform may ask.
func TestAClockThatWasSetBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		trouble    string
		hold, want time.Duration
	}{
		{"rate_limited", 24 * time.Hour, 24 * time.Hour},
		{"rate_limited", 25 * time.Hour, 0},
		{ReasonUnavailable, 5 * time.Minute, 5 * time.Minute},
		{ReasonUnavailable, 15 * time.Minute, 15 * time.Minute}, // by a replica whose clock is ahead
		{ReasonUnavailable, time.Hour, 0},
		{ReasonAppRejected, time.Hour, time.Hour},
		{ReasonAppRejected, 3 * time.Hour, 0},
		{"", 3650 * day, 0},
		{"", -day, -day},
	} {
		app := App{Trouble: c.trouble, HoldUntil: scheduleStart.Add(c.hold)}.sane(scheduleStart)
		if hold := app.HoldUntil.Sub(scheduleStart); hold != c.want {
			t.Errorf("%q, held for %s: got %s, want %s", c.trouble, c.hold, hold, c.want)
		}
	}
}

// TestHowAnAppIsHeldBack tells answers one after the other, each as soon as it may be asked.
func TestHowAnAppIsHeldBack(t *testing.T) {
	t.Parallel()
	fine := (*platform.Refusal)(nil)
	transient, ours := &platform.Refusal{Class: platform.ClassTransient}, &platform.Refusal{Class: platform.ClassConfiguration}
	limited := func(d time.Duration) *platform.Refusal {
		return &platform.Refusal{Class: platform.ClassRateLimited, RetryAfter: d}
	}
	dead := &platform.Refusal{Class: platform.ClassPermanent, Reason: platform.ReasonRevoked}
	type step struct {
		answer *platform.Refusal
		holds  time.Duration
		why    string
	}
	for name, steps := range map[string][]step{
		"an outage": {
			{transient, 0, ""},
			{transient, 0, ""},
			{transient, 0, ""},
			{transient, 0, ""},
			{transient, 30 * time.Second, "platform_unavailable"},
			{transient, time.Minute, "platform_unavailable"},
			{transient, 2 * time.Minute, "platform_unavailable"},
			{transient, 4 * time.Minute, "platform_unavailable"},
			{transient, 5 * time.Minute, "platform_unavailable"},
			{transient, 5 * time.Minute, "platform_unavailable"},
			{fine, 0, ""},
		},
		"now and then": {{transient, 0, ""}, {transient, 0, ""}, {transient, 0, ""}, {transient, 0, ""}, {fine, 0, ""}, {transient, 0, ""}},
		"a dead grant is an answer": {
			{transient, 0, ""}, {transient, 0, ""}, {transient, 0, ""}, {transient, 0, ""}, {dead, 0, ""}, {transient, 0, ""},
		},
		"a refused app": {
			{ours, time.Minute, "app_rejected"},
			{ours, 2 * time.Minute, "app_rejected"},
			{ours, 4 * time.Minute, "app_rejected"},
			{ours, 8 * time.Minute, "app_rejected"},
			{ours, 16 * time.Minute, "app_rejected"},
			{ours, 32 * time.Minute, "app_rejected"},
			{ours, time.Hour, "app_rejected"},
			{ours, time.Hour, "app_rejected"},
			{fine, 0, ""},
			{ours, time.Minute, "app_rejected"},
		},
		"a rate limit": {
			{limited(0), 30 * time.Second, "rate_limited"},
			{limited(time.Hour), time.Hour, "rate_limited"},
			{limited(time.Second), 2 * time.Minute, "rate_limited"},
			{dead, 0, ""},
		},
		"one trouble after another": {{ours, time.Minute, "app_rejected"}, {transient, 30 * time.Second, "platform_unavailable"}, {limited(0), 30 * time.Second, "rate_limited"}},
	} {
		app, now := App{}, scheduleStart
		for i, s := range steps {
			app, _ = app.after(s.answer, now)
			if got := max(0, app.HoldUntil.Sub(now)); got != s.holds || app.Trouble != s.why || app.held(now) != (s.holds > 0) {
				t.Errorf("%s, answer %d: held for %s by %q, want %s by %q", name, i+1, got, app.Trouble, s.holds, s.why)
			}
			if app.TroubleAt.IsZero() != (s.why == "") {
				t.Errorf("%s, answer %d: in trouble since %v", name, i+1, app.TroubleAt)
			}
			now = now.Add(s.holds)
		}
	}
}

// TestAnAppThatFaresWellIsNotWritten: the usual answer changes nothing.
func TestAnAppThatFaresWellIsNotWritten(t *testing.T) {
	t.Parallel()
	for _, r := range []*platform.Refusal{nil, {Class: platform.ClassPermanent}} {
		if next, changed := (App{PaceAt: scheduleStart}).after(r, scheduleStart); changed || !next.PaceAt.Equal(scheduleStart) {
			t.Errorf("%v: changed %t to %+v, want as it was", r, changed, next)
		}
	}
}
