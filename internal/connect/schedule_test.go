package connect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

var scheduleStart = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// lives draws lives of tokens between a minute and four hundred days, each order of
// magnitude as often as the others.
func lives(seed uint64, n int) []time.Duration {
	dice := rand.New(rand.NewPCG(seed, 1))
	all := []time.Duration{time.Minute, time.Hour, 2 * time.Hour, 2*time.Hour + time.Second, day, 60 * day, 365 * day}
	for range n {
		all = append(all, time.Duration(float64(time.Minute)*float64(uint64(1)<<dice.IntN(20))*(1+dice.Float64()*0.1)))
	}
	return all
}

func TestARefreshIsDueAheadOfTheEnd(t *testing.T) {
	t.Parallel()
	for _, life := range lives(1, 500) {
		lead, spread := max(15*time.Minute, life/5), life/10
		if life <= 2*time.Hour {
			lead, spread = life/12, life/24
		}
		expires := scheduleStart.Add(life)
		for _, random := range []float64{0, 0.25, 0.5, 0.999999} {
			at := refreshAt(scheduleStart, expires, random)
			if ahead := expires.Sub(at); ahead < lead || ahead > lead+spread || !at.After(scheduleStart) {
				t.Errorf("a token of %s is refreshed %s before its end, want %s to %s", life, ahead, lead, lead+spread)
			}
		}
	}
}

// TestWhatIsConnectedTogetherIsNotRefreshedTogether: of a thousand grants of one second
// no tenth of the time that they are spread over has more than its share, by much.
func TestWhatIsConnectedTogetherIsNotRefreshedTogether(t *testing.T) {
	t.Parallel()
	s := &Service{now: func() time.Time { return scheduleStart }}
	c := platform.Credentials{Access: vault.NewSecret("a"), Refresh: vault.NewSecret("r"), ExpiresAt: scheduleStart.Add(60 * day)}
	var tenths [10]int
	for range 1000 {
		g := s.scheduled(Grant{IssuedAt: scheduleStart, ExpiresAt: c.ExpiresAt}, platform.Spec{Refresh: platform.RefreshRotating, ProbeEvery: day}, c)
		early := g.RefreshAt.Sub(scheduleStart.Add(42 * day))
		tenths[min(9, max(0, int(10*early/(6*day))))]++
		if probe := g.ProbeAt.Sub(scheduleStart); probe > day || probe < day-day/10 {
			t.Fatalf("a probe is due after %s, want a day less up to a tenth", probe)
		}
	}
	for i, n := range tenths {
		if n < 50 || n > 150 {
			t.Errorf("tenth %d of the spread has %d of 1000", i, n)
		}
	}
}

func TestWhenOnlyThePersonCanGoOn(t *testing.T) {
	t.Parallel()
	access, refresh := scheduleStart.Add(60*day), scheduleStart.Add(365*day)
	for _, c := range []struct {
		model        platform.RefreshModel
		refreshToken string
		want         time.Time
	}{
		{platform.RefreshNone, "", access},
		{platform.RefreshNone, "unused", access},
		{platform.RefreshRenewing, "", access},
		{platform.RefreshStable, "r", refresh},
		{platform.RefreshStable, "", access},
		{platform.RefreshRotating, "r", time.Time{}},
		{platform.RefreshRotating, "", access},
		{platform.RefreshRotatingGrace, "r", time.Time{}},
	} {
		credentials := platform.Credentials{Access: vault.NewSecret("a"), ExpiresAt: access, RefreshExpiresAt: refresh}
		if c.refreshToken != "" {
			credentials.Refresh = vault.NewSecret(c.refreshToken)
		}
		if got := endsAt(platform.Spec{Refresh: c.model}, credentials); !got.Equal(c.want) {
			t.Errorf("%s with the refresh token %q: got %v, want %v", c.model, c.refreshToken, got, c.want)
		}
	}
}

// TestForecasts walks through lives in steps of any size: each date is told once, the
// nearest of those that were passed together, longest first; one that lies before the
// token was issued is not.
func TestForecasts(t *testing.T) {
	t.Parallel()
	dice := rand.New(rand.NewPCG(2, 2))
	for _, life := range lives(2, 300) {
		for _, longest := range []time.Duration{time.Hour, 2 * day, 30 * day} {
			g := Grant{IssuedAt: scheduleStart, EndsAt: scheduleStart.Add(life)}
			told, reached := walkForecasts(&g, dice, longest)
			name := fmt.Sprintf("a life of %s in steps of up to %s", life, longest)
			if !slices.IsSortedFunc(told, func(a, b int) int { return b - a }) || len(slices.Compact(slices.Clone(told))) != len(told) {
				t.Errorf("%s: told %v, want each once, longest first", name, told)
			}
			for _, days := range told {
				if life <= time.Duration(days)*day {
					t.Errorf("%s: %d days before the end were told, which lie before its beginning", name, days)
				}
			}
			if missing := life > 14*day && longest < day && len(told) != 3; missing || !reached {
				t.Errorf("%s: told %v, the end is due: %t; want all three, and the end", name, told, reached)
			}
		}
	}
}

func walkForecasts(g *Grant, dice *rand.Rand, longest time.Duration) (told []int, reached bool) {
	for now := g.IssuedAt; now.Before(g.EndsAt); now = now.Add(1 + time.Duration(dice.Int64N(int64(longest)))) {
		if g.TellAt = tellAt(*g); now.Before(g.TellAt) {
			continue
		}
		if days := forecast(*g, now); days != 0 {
			told, g.Told = append(told, days), days
		}
	}
	g.TellAt = tellAt(*g)
	if days := forecast(*g, g.EndsAt); g.TellAt.Before(g.EndsAt) && days == 0 {
		return told, false
	}
	g.Told = 1
	return told, tellAt(*g).Equal(g.EndsAt)
}

// TestARenewalComesBeforeTheForecasts: they are only told when it brought nothing.
func TestARenewalComesBeforeTheForecasts(t *testing.T) {
	t.Parallel()
	s := &Service{now: func() time.Time { return scheduleStart }}
	for _, life := range lives(3, 300) {
		c := platform.Credentials{Access: vault.NewSecret("a"), ExpiresAt: scheduleStart.Add(life)}
		g := s.scheduled(Grant{IssuedAt: scheduleStart, ExpiresAt: c.ExpiresAt}, platform.Spec{Refresh: platform.RefreshRenewing}, c)
		if !g.RefreshAt.After(scheduleStart) || !g.RefreshAt.Before(c.ExpiresAt) {
			t.Errorf("a life of %s is renewed after %s", life, g.RefreshAt.Sub(scheduleStart))
		}
		if life > 16*day && !g.RefreshAt.Before(g.TellAt) {
			t.Errorf("a life of %s is renewed after %s, the first forecast is told after %s", life, g.RefreshAt.Sub(scheduleStart), g.TellAt.Sub(scheduleStart))
		}
	}
}

func TestAnotherEndIsToldAnew(t *testing.T) {
	t.Parallel()
	s := &Service{now: func() time.Time { return scheduleStart }}
	before := scheduleStart.Add(20 * day)
	for _, c := range []struct {
		ends time.Time
		told int
	}{
		{before, 14}, {before.Add(time.Hour), 14}, {before.Add(time.Hour + 1), 0}, {before.Add(-2 * time.Hour), 0}, {scheduleStart.Add(365 * day), 0},
	} {
		credentials := platform.Credentials{Access: vault.NewSecret("a"), ExpiresAt: c.ends}
		g := s.scheduled(Grant{IssuedAt: scheduleStart, ExpiresAt: c.ends, EndsAt: before, Told: 14}, platform.Spec{Refresh: platform.RefreshNone}, credentials)
		if g.Told != c.told || !g.EndsAt.Equal(c.ends) {
			t.Errorf("an end that moved by %s: told %d, want %d", c.ends.Sub(before), g.Told, c.told)
		}
	}
}

func TestBackOff(t *testing.T) {
	t.Parallel()
	for failures, want := range map[int]time.Duration{
		-1: 15 * time.Second, 0: 15 * time.Second, 1: 15 * time.Second, 2: 30 * time.Second, 3: time.Minute, 6: 8 * time.Minute,
		7: 15 * time.Minute, 1 << 40: 15 * time.Minute,
	} {
		for range 100 {
			if got := backOff(failures); got < want*8/10 || got > want*12/10 {
				t.Errorf("after %d failures: got %s, want %s give or take a fifth", failures, got, want)
			}
		}
	}
}

// TestTheLastTryHasLittleToLose, and still time for an answer.
func TestTheLastTryHasLittleToLose(t *testing.T) {
	t.Parallel()
	for _, life := range lives(4, 300) {
		g := Grant{IssuedAt: scheduleStart, ExpiresAt: scheduleStart.Add(life)}
		if left := g.ExpiresAt.Sub(lastTryAt(g)); left <= 0 || left > 2*time.Minute || left > life/20 {
			t.Errorf("a token of %s is risked with %s left", life, left)
		}
	}
}

func TestEarlier(t *testing.T) {
	t.Parallel()
	a, b, none := scheduleStart, scheduleStart.Add(1), time.Time{}
	for _, c := range []struct{ a, b, want time.Time }{{a, b, a}, {b, a, a}, {a, none, a}, {none, a, a}, {none, none, none}} {
		if got := earlier(c.a, c.b); !got.Equal(c.want) {
			t.Errorf("earlier(%v, %v): got %v, want %v", c.a, c.b, got, c.want)
		}
	}
}
