package alive_test

import (
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// TestClockJumps: a clock that leaps by anything up to ten years makes no storm: each grant
// is refreshed once where it must be, and what is lent afterwards works.
func TestClockJumps(t *testing.T) {
	t.Parallel()
	for n, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, e2e.Options{Engine: engine, Change: withOpen(t)})
			w.registerOpen(t)
			var all []grant
			for _, k := range []kind{twitter, mastodon, strict, grace, stable} {
				all = append(all, w.consents(t, k, "crowd-1"))
			}
			dice := rand.New(rand.NewPCG(*seed, uint64(n)))
			for range 30 {
				w.jumpOnce(t, all, time.Second<<dice.IntN(20)) // up to six days
			}
			for _, d := range []time.Duration{day, 365 * day, 3650 * day} {
				w.jumpOnce(t, all, d)
			}
			if got := words(w.news(t)); len(got) > 0 {
				t.Errorf("got the events %v, want none", got)
			}
		})
	}
}

func (w *world) jumpOnce(t *testing.T, all []grant, d time.Duration) {
	t.Helper()
	seq := w.seq()
	w.advance(d)
	w.rest(t)
	w.rest(t)
	for _, g := range all {
		if lent := w.lease(t, g.channels[0].ID, nil); !w.works(t, g.kind, g.channels[0], lent) {
			t.Errorf("%s, %s after a jump of %s: the platform does not take the token", g.name, w.at(), d)
		}
	}
	count := map[string]int{}
	for _, r := range w.redeems(seq) {
		count[r.Family]++
	}
	for family, n := range count {
		if n > 1 {
			t.Errorf("after a jump of %s consent %s was refreshed %d times", d, family, n)
		}
	}
}

// TestSkew: the platform's clock is minutes ahead of ours or behind, and leaps by minutes.
// Tokens are refreshed as often as with clocks that agree, and each that is lent works.
func TestSkew(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ ahead, leap time.Duration }{
		{7 * time.Minute, 0}, {-7 * time.Minute, 0}, {0, 4 * time.Minute},
	} {
		t.Run(fmt.Sprintf("%s ahead leaping %s", c.ahead, c.leap), func(t *testing.T) {
			t.Parallel()
			s := newSkewed(t, c.ahead)
			seq := s.last()
			for hours := range 12 {
				if hours%3 == 2 {
					s.there.Advance(c.leap)
				}
				for range 4 {
					s.pass(t, 15*time.Minute, 5*time.Minute)
					s.borrow(t)
				}
			}
			if got := s.since(seq); len(got) != 1 {
				t.Errorf("got refreshes of the consents %v, want of one", got)
			}
			for family, n := range s.since(seq) {
				if n < 6 || n > 12*60/105+2 {
					t.Errorf("consent %s: got %d refreshes in twelve hours, want 6 to 8", family, n)
				}
			}
		})
	}
}

// skewed is a world whose platforms have a clock of their own.
type skewed struct {
	*world
	truth  *lab.Lab
	there  *lab.Clock
	grants []grant
}

func newSkewed(t *testing.T, ahead time.Duration) *skewed {
	t.Helper()
	clock := lab.NewClock(func() time.Time { return began })
	s := &skewed{there: lab.NewClock(func() time.Time { return clock.Now().Add(ahead) })}
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String()
	s.truth = lab.New(lab.Config{BaseURL: address, Clock: s.there})
	server.Config.Handler = s.truth.Handler()
	server.Start()
	t.Cleanup(server.Close)
	s.world = start(t, e2e.Options{Clock: clock, Change: func(c *config.Config) { c.LabURL = address }})
	if err := s.App.RegisterAtLab(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	s.LabURL = address
	for i, k := range []kind{twitter, partner} {
		id := s.one(t, k, fmt.Sprintf("crowd-%d", i))
		s.grants = append(s.grants, grant{kind: k, channels: []channel{{ID: id}}})
	}
	return s
}

func (s *skewed) borrow(t *testing.T) {
	t.Helper()
	for _, g := range s.grants {
		if lent := s.lease(t, g.channels[0].ID, nil); !s.works(t, g.kind, g.channels[0], lent) {
			t.Errorf("%s at %s: the platform does not take the token", g.name, s.at())
		}
	}
}

func (s *skewed) last() int64 { return int64(len(s.truth.Redeems())) }

// since counts X's refreshes by consent.
func (s *skewed) since(seq int64) map[string]int {
	count := map[string]int{}
	for _, r := range s.truth.Redeems()[seq:] {
		if r.Platform == "x" {
			count[r.Family]++
		}
	}
	return count
}
