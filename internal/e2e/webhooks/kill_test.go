package webhooks_test

import (
	"cmp"
	"flag"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// A soak names larger figures:
//
//	go test ./internal/e2e/webhooks -run TestKilledAtRandom -timeout 60m -webhooks.receivers=200 -webhooks.deliveries=100000 -webhooks.kills=500 -webhooks.for=12m
//
// A seed replays who is killed when and what changes, not the machine.
var (
	receivers  = flag.Int("webhooks.receivers", 60, "receivers on each engine, a third of them bad")
	deliveries = flag.Int("webhooks.deliveries", 2000, "deliveries to good receivers on each engine")
	kills      = flag.Int("webhooks.kills", 10, "kills on each engine")
	channels   = flag.Int("webhooks.channels", 24, "channels whose changes are told")
	seed       = flag.Uint64("webhooks.seed", 0, "seed of the run; 0: a new one")
	limit      = flag.Duration("webhooks.for", 0, "end the kills after this time on each engine; 0: when all are done")
	engine     = flag.String("webhooks.engine", "", "sqlite or postgres; empty: both, one after the other")
)

func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*seed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/webhooks -run %s -webhooks.receivers=%d -webhooks.channels=%d -webhooks.deliveries=%d -webhooks.kills=%d -webhooks.seed=%d",
		t.Name(), *receivers, *channels, *deliveries, *kills, seed)
	for n, name := range e2e.Engines {
		if strings.HasPrefix(name, *engine) {
			t.Run(name, func(t *testing.T) {
				s := &storm{began: time.Now(), rand: rand.New(rand.NewPCG(seed, uint64(n)))}
				s.world = newWorld(t, name, *receivers, *channels, seed)
				s.run(t)
			})
		}
	}
}

// storm is one run.
type storm struct {
	*world
	rand  *rand.Rand
	began time.Time
}

// plan is one round: what changes, and when the program is killed.
type plan struct {
	turns    []int         // channels, over all workspaces
	delay    time.Duration // after they were asked for
	arrivals int           // instead: after so many more deliveries
}

// run changes channels and kills until the deliveries are there, then lets all arrive.
func (s *storm) run(t *testing.T) {
	events := s.eventsWanted()
	for i := range *kills {
		if t.Failed() || (*limit > 0 && time.Since(s.began) > *limit) {
			break
		}
		s.strike(t, s.draw(max(1, (events-s.changes())/(*kills-i))), true)
	}
	if *kills >= soak {
		s.strike(t, s.draw(1), false)
	}
	settled := time.Now()
	if s.engine == "postgres" {
		s.twin(t)
	}
	s.awaitHolds(t)
	s.change(t, s.draw(s.rest(events-s.changes())).turns).Wait()
	s.arrive(t)
	all := s.truth(t)
	for _, wrong := range violations(all) {
		t.Error(wrong)
	}
	t.Logf("%s: %s; all there %s after the last kill, %s in all", s.engine, all.tally(), time.Since(settled).Round(time.Second/10), time.Since(s.began).Round(time.Second))
}

// soak is how many kills a run has that can wait for leases to run out.
const soak = 100

// rest is how many changes come after the last kill: some, and what is missing unless the
// time is over.
func (s *storm) rest(missing int) int {
	few := 5 * len(s.spaces)
	if *limit > 0 && time.Since(s.began) > *limit {
		return few
	}
	return max(few, missing)
}

// eventsWanted is how many changes make the deliveries.
func (s *storm) eventsWanted() int {
	fanout := 0
	for _, r := range s.farm.receivers {
		if r.kind == good {
			fanout++
		}
	}
	return (*deliveries*len(s.spaces) + fanout - 1) / fanout
}

// draw is whole before anything happens.
func (s *storm) draw(events int) plan {
	total := 0
	for _, space := range s.spaces {
		total += len(space.channels)
	}
	order := s.rand.Perm(total)
	var p plan
	for i := range events {
		p.turns = append(p.turns, order[i%total])
	}
	share := max(1, *deliveries/max(1, *kills))
	switch s.rand.IntN(2) {
	case 0: // most fall into the requests and the first messages
		p.delay = time.Duration(float64(200*time.Microsecond) * math.Pow(500, s.rand.Float64()))
	case 1:
		p.arrivals = 1 + s.rand.IntN(3*share)
	}
	return p
}

// strike is one round.
func (s *storm) strike(t *testing.T, p plan, giveBack bool) {
	had := s.farm.delivered()
	asked := s.change(t, p.turns)
	if p.arrivals > 0 {
		for began := time.Now(); s.farm.delivered() < had+p.arrivals && time.Since(began) < 3*time.Second; {
			pause(t, 2*time.Millisecond)
		}
	} else {
		pause(t, p.delay)
	}
	s.kill(t, giveBack)
	asked.Wait()
	s.start(t)
}

// change asks for changes, as several clients at once; those of one channel come after
// each other.
func (s *storm) change(t *testing.T, turns []int) *sync.WaitGroup {
	const clients = 4
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for _, nth := range turns {
				if nth%clients == c {
					s.turnNth(t, nth)
				}
			}
		})
	}
	return &wg
}

// changes is how many were answered.
func (s *storm) changes() (n int) {
	for _, space := range s.spaces {
		for _, c := range space.channels {
			n += c.told
		}
	}
	return n
}

func (s *storm) turnNth(t *testing.T, nth int) {
	for _, space := range s.spaces {
		if nth < len(space.channels) {
			s.turn(t, space, space.channels[nth])
			return
		}
		nth -= len(space.channels)
	}
}

// awaitHolds waits until every receiver that holds requests holds some.
func (s *storm) awaitHolds(t *testing.T) {
	t.Helper()
	for began := time.Now(); ; pause(t, 20*time.Millisecond) {
		idle := 0
		for _, r := range s.farm.receivers {
			if holds[r.kind] && r.holding() == 0 {
				idle++
			}
		}
		if idle == 0 {
			return
		}
		if time.Since(began) > patience {
			t.Fatalf("%d receivers that would hold requests have none after %s", idle, patience)
		}
	}
}

// arrive waits until nothing is on its way to a good receiver any more. It goes on for
// as long as anything ends.
func (s *storm) arrive(t *testing.T) {
	t.Helper()
	had, since := -1, time.Now()
	for open := s.pending(t); open > 0; open = s.pending(t) {
		if open != had {
			had, since = open, time.Now()
		}
		if time.Since(since) > patience {
			t.Errorf("%d deliveries to good receivers are pending, and none has ended for %s", open, patience)
			return
		}
		pause(t, 50*time.Millisecond)
	}
}

func (s *storm) pending(t *testing.T) (n int) {
	t.Helper()
	err := s.db.QueryRowContext(t.Context(), `
		SELECT count(*) FROM deliveries d JOIN endpoints p ON p.workspace_id = d.workspace_id AND p.id = d.endpoint_id
		WHERE p.description = $1 AND d.state = 'pending'`, good).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// pause is time between two looks, or what a plan says; never what a test relies on.
func pause(t testing.TB, d time.Duration) {
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}
