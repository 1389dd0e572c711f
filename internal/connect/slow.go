package connect

import "time"

// A platform that says "too many" halves the rate of the app's calls, down to a hundredth,
// and every minute without it gives a twentieth of the whole rate back (additive increase,
// multiplicative decrease): after a hold the calls do not come again as they came before.
const (
	wholeShare   = 1000 // of a thousand
	leastShare   = 10
	regained     = 50 // a minute
	slowestClock = 10 * time.Minute
)

// share is how many thousandths of its rate the app uses now.
func (a App) share(now time.Time) int {
	since := now.Sub(a.SlowedAt)
	if a.SlowedAt.IsZero() || since < -slowestClock { // else a clock that was set back would keep it slow
		return wholeShare
	}
	return min(a.Share+int(max(since, 0).Minutes()*regained), wholeShare)
}

// paced is the rate that the app may use of the whole one.
func (a App) paced(whole float64, now time.Time) float64 {
	return whole * float64(a.share(now)) / wholeShare
}

// slowed is the app after the platform said "too many".
func (a App) slowed(now time.Time) App {
	a.Share, a.SlowedAt = max(a.share(now)/2, leastShare), now
	return a
}
