package crash_test

import (
	"cmp"
	"flag"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// A soak names larger figures: go test ./internal/e2e/crash -run TestRefreshKilledAtRandom -timeout 60m -keep.kills=1000 -keep.for=10m.
var (
	keepKills = flag.Int("keep.kills", 12, "random kills during refreshes on each engine")
	keepSeed  = flag.Uint64("keep.seed", 0, "seed of them; 0: a new one")
	keepLimit = flag.Duration("keep.for", 0, "end them after this time; 0: when all are done")
)

// keptAlive is how many accounts there are at each model. One of the strict server whose
// answer was lost is left alone until its last try.
var keptAlive = map[string]int{"strict": 12, "grace": 4, "stable": 4}

const oneRound = 25 // kills until all comes to rest and is judged

func TestRefreshKilledAtRandom(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*keepSeed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/crash -run TestRefreshKilledAtRandom -keep.kills=%d -keep.seed=%d", *keepKills, seed)
	for n, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := &keepStorm{keeping: newKeeping(t, engine, slowly(patienceOfCall/2)...)}
			began := time.Now()
			for s.kills < *keepKills && (*keepLimit == 0 || time.Since(began) < *keepLimit) && !t.Failed() {
				s.replace(t)
				s.kill()
				for i := 0; i < oneRound && s.kills < *keepKills; i++ {
					s.strike(t, drawBlow(rand.New(rand.NewPCG(seed, uint64(2*s.strikes+n))), engine))
				}
				s.start(t)
				s.judge(t)
			}
			t.Logf("%s: %d kills in %s: %s", engine, s.kills, time.Since(began).Round(time.Second), s.tally())
		})
	}
}

// keepStorm is kills during refreshes.
type keepStorm struct {
	*keeping
	kills, strikes int
	lost           int // accounts of the strict server
}

// replace connects accounts in the place of those that were lost.
func (s *keepStorm) replace(t *testing.T) {
	t.Helper()
	alive := map[string]int{}
	for _, a := range s.kept {
		if !a.lost {
			alive[a.model]++
		}
	}
	for _, model := range e2e.OpenModels {
		s.connect(t, keptAlive[model]-alive[model], model)
	}
}

// blow is one kill, drawn whole before anything happens.
type blow struct {
	byDue, byDemand []int         // which accounts are due, and of which a newer token is wanted: numbers in any range
	trap            *trap         // where it falls; nil: after a while
	commit          bool          // the trap is for COMMITs
	while           time.Duration // from the trap on, where it only tells when, or from the start
	again           time.Duration // after the start; 0: no second kill
}

func drawBlow(r *rand.Rand, engine string) blow {
	b := blow{while: between(r, 100*time.Microsecond, 100*time.Millisecond)}
	for range 1 + r.IntN(6) {
		b.byDue = append(b.byDue, r.IntN(1000))
	}
	for range 1 + r.IntN(6) {
		b.byDemand = append(b.byDemand, r.IntN(1000))
	}
	if r.IntN(4) == 0 {
		b.again = between(r, 100*time.Microsecond, 100*time.Millisecond)
	}
	nth, when := 1+r.IntN(3), []moment{before, after, working, passing}[r.IntN(4)]
	about := []string{claimed, concluded}[r.IntN(2)]
	switch ways := r.IntN(6); {
	case ways <= 2:
		b.trap = newTrap(nth, when)
		b.trap.match = func(r *http.Request) bool {
			return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, ".open.example/token")
		}
		if when != passing {
			b.while = 0
		}
	case ways <= 4 && engine == "postgres":
		b.trap, b.commit, b.while = newTrap(nth, []moment{before, after}[r.IntN(2)]), true, 0
		b.trap.about = about
	}
	return b
}

// strike starts the program, with accounts that have become due meanwhile, and kills it.
func (s *keepStorm) strike(t *testing.T, b blow) {
	s.strikes++
	s.due(t, s.pick(b.byDue)...)
	if b.trap != nil && b.commit {
		s.commits.set(b.trap)
	} else {
		s.gate.set(b.trap)
	}
	s.start(t)
	var answers []<-chan answer
	for _, a := range s.pick(b.byDemand) {
		answers = append(answers, s.demand(t, a))
	}
	if b.trap != nil {
		select {
		case <-b.trap.reached:
		case <-time.After(2 * time.Second): // fewer came than it waits for
		}
	}
	pause(t, b.while)
	s.die(t)
	s.kills++
	for _, a := range answers {
		<-a
	}
	if b.again > 0 { // while it recovers
		s.start(t)
		pause(t, b.again)
		s.die(t)
		s.kills++
	}
}

// pick is accounts that are alive, by numbers in any range.
func (s *keepStorm) pick(numbers []int) (picked []*kept) {
	alive := slices.DeleteFunc(slices.Clone(s.kept), func(a *kept) bool { return a.lost })
	for _, i := range numbers {
		picked = append(picked, alive[i%len(alive)])
	}
	return picked
}

// judge lets all come to rest and everything's time come, and looks.
func (s *keepStorm) judge(t *testing.T) {
	t.Helper()
	s.settle(t)
	s.age(t)
	s.settle(t)
	all := s.truth(t)
	for _, wrong := range keepViolations(all) {
		t.Error(wrong)
	}
	s.lost = len(all.lostOf())
	for i, h := range all.Kept {
		s.kept[i].lost = h.lost()
	}
}

// tally says what became of the refreshes.
func (s *keepStorm) tally() string {
	n := map[lab.RedeemOutcome]int{}
	for _, r := range s.lab.Redeems() {
		if r.Kind == lab.RedeemRefresh {
			n[r.Outcome]++
		}
	}
	return words(map[string]int{
		"refreshes answered": n[lab.RedeemOK], "answered again in the grace": n[lab.RedeemGrace], "accounts": len(s.kept),
		"of the strict server lost, each labelled": s.lost,
	})
}
