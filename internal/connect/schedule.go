package connect

import (
	"math/rand/v2"
	"time"

	"patchbay/internal/platform"
)

const day = 24 * time.Hour

// forecastDays is how long before only the person can go on that is told, longest first.
var forecastDays = []int{14, 7, 1}

// scheduled is a grant with new credentials (or one that has never been planned), with
// what is due from now on.
func (s *Service) scheduled(g Grant, spec platform.Spec, c platform.Credentials) Grant {
	now := s.now()
	g.Phase, g.Failures = PhaseIdle, 0
	g.ProbeAt = s.nextProbe(spec, now)
	before := g.EndsAt
	g.EndsAt = endsAt(spec, c)
	if g.EndsAt.Sub(before).Abs() > time.Hour { // another end: it is told anew
		g.Told = 0
	}
	g.RefreshAt = plannedAt(g, spec, c)
	g.TellAt = tellAt(g)
	return g
}

// plannedAt is when the grant's token is to be refreshed; zero: never.
func plannedAt(g Grant, spec platform.Spec, c platform.Credentials) time.Time {
	if !platform.Refreshable(spec, c) || c.ExpiresAt.IsZero() {
		return time.Time{}
	}
	at := refreshAt(g.IssuedAt, c.ExpiresAt, rand.Float64()) //nolint:gosec // spreads load, guards nothing
	if spec.Refresh == platform.RefreshRenewing {
		return renewAt(g, at)
	}
	return at
}

// endsAt is when only the person can go on. A rotating refresh token moves its own end
// with each refresh.
func endsAt(spec platform.Spec, c platform.Credentials) time.Time {
	switch {
	case !platform.Refreshable(spec, c), spec.Refresh == platform.RefreshRenewing:
		return c.ExpiresAt
	case spec.Refresh == platform.RefreshStable:
		return c.RefreshExpiresAt
	default:
		return time.Time{}
	}
}

// earlier is the earlier of two ends; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// refreshAt is when a token that was issued at issued and ends at expires is to be
// refreshed: ahead of its end by a fifth of its life and at least 15 minutes, and earlier
// still by a random part of up to a tenth, so that what was connected together does not
// come due together. Tokens of an hour or two have a twelfth and a random twenty-fourth:
// with more, a rotating one would be rotated many times a day for nothing.
func refreshAt(issued, expires time.Time, random float64) time.Time {
	life := expires.Sub(issued)
	lead, spread := max(15*time.Minute, life/5), life/10
	if life <= 2*time.Hour {
		lead, spread = life/12, life/24
	}
	return expires.Add(-lead - time.Duration(random*float64(spread)))
}

// renewAt is when to ask for a longer life of an access token that is its own refresh
// token: before the first forecast, which is only told when that brought nothing. The
// time has passed when it did bring nothing.
func renewAt(g Grant, usual time.Time) time.Time {
	early := g.EndsAt.Add(-time.Duration(forecastDays[0]+1) * day)
	if early.After(g.IssuedAt) && early.Before(usual) {
		return early
	}
	return usual
}

// tellAt is when the next forecast is due, or the end itself.
func tellAt(g Grant) time.Time {
	if g.EndsAt.IsZero() {
		return time.Time{}
	}
	for _, days := range forecastDays {
		at := g.EndsAt.Add(-time.Duration(days) * day)
		if (g.Told == 0 || days < g.Told) && at.After(g.IssuedAt) {
			return at
		}
	}
	return g.EndsAt
}

// forecast is the forecast that is due: the days before the end, of those that have
// passed untold the one nearest to it; 0: none.
func forecast(g Grant, now time.Time) int {
	due := 0
	for _, days := range forecastDays {
		at := g.EndsAt.Add(-time.Duration(days) * day)
		if (g.Told == 0 || days < g.Told) && at.After(g.IssuedAt) && !now.Before(at) {
			due = days
		}
	}
	return due
}

// nextProbe is when a probe is due; zero where the platform is only asked on demand.
func (s *Service) nextProbe(spec platform.Spec, now time.Time) time.Time {
	if spec.ProbeEvery == 0 {
		return time.Time{}
	}
	return now.Add(spec.ProbeEvery - time.Duration(rand.Float64()*float64(spec.ProbeEvery)/10)) //nolint:gosec // spreads load
}

// The bounds of backOff, give or take a fifth.
const shortestBackOff, longestBackOff = 15 * time.Second, 15 * time.Minute

// backOff is how long to wait after so many failures in a row: 15 s, doubled each time
// up to a quarter of an hour, give or take a fifth.
func backOff(failures int) time.Duration {
	wait := min(shortestBackOff<<min(max(failures-1, 0), 10), longestBackOff)
	return time.Duration(float64(wait) * (0.8 + 0.4*rand.Float64())) //nolint:gosec // spreads load
}

// lastTryAt is when a refresh token that may be spent is sent once more: when the access
// token has little left to lose. Zero where it does not end.
func lastTryAt(g Grant) time.Time {
	if g.ExpiresAt.IsZero() {
		return time.Time{}
	}
	return g.ExpiresAt.Add(-min(2*time.Minute, g.ExpiresAt.Sub(g.IssuedAt)/20))
}
