package connect

import (
	"testing"
	"time"
)

// TestTheRateHalvesAndComesBack walks an app through answers that say "too many".
func TestTheRateHalvesAndComesBack(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)
	app := App{}
	for _, c := range []struct {
		after time.Duration
		slow  bool
		want  float64 // of 200 a second
	}{
		{0, false, 200},
		{0, true, 100},
		{time.Minute, false, 110},
		{0, true, 55},
		{30 * time.Second, false, 60},
		{18 * time.Minute, false, 200},
		{time.Hour, false, 200},
		{0, true, 100},
		{-5 * time.Minute, false, 100}, // a replica that lags
		{-time.Hour, false, 200},       // a clock that was set back
	} {
		at = at.Add(c.after)
		if c.slow {
			app = app.slowed(at)
		}
		if got := app.paced(200, at); got < c.want-0.5 || got > c.want+0.5 {
			t.Errorf("%s: got %.1f a second, want %.1f", at.Format(time.TimeOnly), got, c.want)
		}
	}
	for range 20 {
		app = app.slowed(at)
	}
	if got := app.paced(200, at); got != 2 {
		t.Errorf("got %.1f a second at the least, want 2", got)
	}
}
