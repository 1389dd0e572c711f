package crash_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// A soak names larger figures: go test ./internal/e2e/crash -timeout 30m -crash.kills=500 -crash.for=10m.
// A seed replays the plan, not the machine: what a delay hits depends on how fast all is.
var (
	kills = flag.Int("crash.kills", 12, "random kills on each engine")
	seed  = flag.Uint64("crash.seed", 0, "seed of the random kills, and of the share of named points; 0: a new one")
	limit = flag.Duration("crash.for", 0, "end the random kills after this time; 0: when all are done")
)

func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*seed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/crash -run TestKilledAtRandom -crash.kills=%d -crash.seed=%d", *kills, seed)
	for n, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			s := &storm{w: w}
			began := time.Now()
			for i := 0; i < *kills && (*limit == 0 || time.Since(began) < *limit) && !t.Failed(); i++ {
				s.strike(t, draw(rand.New(rand.NewPCG(seed, uint64(2*i+n))), engine))
			}
			s.calm(t)
			for _, wrong := range violations(w.truth(t)) {
				t.Error(wrong)
			}
			t.Logf("%s: %d kills in %s: %s", engine, s.kills, time.Since(began).Round(time.Second), s.tally(t))
		})
	}
}

// storm is one world with many people. Those who were cut off go on while others are.
type storm struct {
	w     *world
	open  []*visit // not back at the application yet
	kills int
	anew  int // times that apps at servers were registered anew
}

const (
	crowd   = 6  // how many people may be on their way at a time
	renewed = 60 // how often apps are registered anew: the Lab's servers hold a bounded number
)

// strike lets one more person come, or the application change its apps, and kills the
// program as planned.
func (s *storm) strike(t *testing.T, p plan) {
	if p.own != "" {
		s.w.exchangeApps(t, p.own, p.commit, p.while)
		s.kills++
		return
	}
	if p.anew && s.anew < renewed {
		s.anew++
		s.w.kill()
		s.w.forgetScopes(t)
		s.w.start(t)
		s.kills++
	}
	v := s.w.newVisit(t, p.journey, p.asking, p.user)
	s.open = append(s.open, v)
	p.die(t, v)
	s.w.start(t)
	s.kills++
	if p.again > 0 { // while it recovers
		pause(t, p.again)
		s.w.kill()
		s.w.start(t)
		s.kills++
	}
	for _, v := range s.open {
		v.ask(t)
		checkPoll(t, v.session(t))
	}
	if p.retry && !v.cancels && v.chooser.Action != "" {
		v.goOn(t, v.begin(t, v.chooser))
	}
	s.lookAgain(t)
	for len(s.open) > crowd {
		s.open[0].arrive(t)
		s.open = s.open[1:]
	}
}

// lookAgain lets everybody go on as far as they can without waiting.
func (s *storm) lookAgain(t *testing.T) {
	s.open = slices.DeleteFunc(s.open, func(v *visit) bool { return v.again(t) })
}

// calm lets everybody arrive, and all that is under way come to rest: the time passes
// for what nobody will confirm.
func (s *storm) calm(t *testing.T) {
	for _, v := range s.open {
		v.arrive(t)
	}
	for _, v := range s.w.visits { // what is resumed may have to be confirmed only then
		v.leave(t, "exchanging", "verifying")
	}
	s.w.kill()
	s.w.passTime(t, pastEverything)
	s.w.start(t)
	for _, v := range s.w.visits {
		v.rest(t)
		if v.silent && v.told == "" {
			v.notConfirmed(t)
		}
	}
}

// tally says what became of the attempts.
func (s *storm) tally(t *testing.T) string {
	n := map[string]int{"registrations": s.w.registrations(), "own apps": len(s.w.apps)}
	for _, v := range s.w.visits {
		if v.told == "canceled" {
			n["sessions canceled"]++
		}
		for _, a := range v.session(t).Attempts {
			if a.count("confirming") > 0 {
				n["waited to be confirmed"]++
			}
			n[a.Status]++
			if a.count("resumed") > 0 {
				n["resumed"]++
			}
		}
	}
	return words(n)
}

// words tells figures in the order of what they count.
func words(n map[string]int) string {
	var list []string
	for _, word := range slices.Sorted(maps.Keys(n)) {
		list = append(list, fmt.Sprintf("%d %s", n[word], word))
	}
	return strings.Join(list, ", ")
}
