package rotation_test

import (
	"cmp"
	"flag"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A soak names larger figures: go test ./internal/e2e/rotation -timeout 30m -rotation.kills=500 -rotation.for=10m.
// A seed replays the plan, not the machine: what a delay hits depends on how fast all is.
var (
	kills = flag.Int("rotation.kills", 25, "random kills on each engine")
	seed  = flag.Uint64("rotation.seed", 0, "seed of the random kills; 0: a new one")
	limit = flag.Duration("rotation.for", 10*time.Second, "end the random kills after this time; 0: when all are done")
	rows  = flag.Int("rotation.rows", 1000, "sealed values that are there before")
)

func TestRotatedUnderKills(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*seed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/rotation -run TestRotatedUnderKills -rotation.kills=%d -rotation.seed=%d", *kills, seed)
	for n, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, engine)
			w.fill(t, *rows)
			people := w.load(t)
			s := &storm{w: w, rand: rand.New(rand.NewPCG(seed, uint64(n)))}
			s.run(t)
			for range 3 { // the first ends what the last kill left
				w.rotate(t).end(t)
				pause(t, 2*slowest) // whatever was under way has come home
				w.checkNothingOld(t)
			}
			people.end(t)
			t.Logf("%d rotations came to their end by themselves, %d were killed at work; servers were killed %d times", s.ended, s.killed, s.servers)
			w.checkSecrets(t)
			w.retire(t)
		})
	}
}

// retire takes the old keys away: servers go on with the last one alone.
func (w *world) retire(t *testing.T) {
	t.Helper()
	args := []string{"--step", "retire"}
	if w.engine == "postgres" { // those that were killed may have sealed with an old one
		args = append(args, "--force")
	}
	w.rotate(t, args...).end(t)
	if set := w.keyset(t); len(set.Others()) > 0 {
		t.Errorf("got %v in the file, want the primary key alone", set)
	}
	w.checkSecrets(t)
	l := &load{w: w, stop: make(chan struct{})}
	close(l.stop)
	for _, s := range w.servers {
		made, ok := l.api(t, s, "POST", "/v1/sessions", "", map[string]any{"redirect_url": w.home})
		_, link, _ := strings.Cut(made.Body, `"connect_url":"`)
		link, _, _ = strings.Cut(link, `"`)
		if !ok || !l.walk(t, s, link, "facebook", false) {
			t.Errorf("a journey at %s with the last key alone does not come to its end", s.url)
		}
	}
}

// storm kills the command and the servers, and starts them again.
type storm struct {
	w                      *world
	rand                   *rand.Rand
	at                     *rotation
	ended, killed, servers int
}

func (s *storm) run(t *testing.T) {
	began := time.Now()
	for i := 0; i < *kills && (*limit == 0 || time.Since(began) < *limit) && !t.Failed(); i++ {
		s.strike(t)
	}
	if s.at != nil {
		s.killRotation()
	}
}

// strike lets a rotation go on for a while, then kills it, a server, or both.
func (s *storm) strike(t *testing.T) {
	if s.at == nil {
		s.at = s.w.rotate(t)
	}
	what, which := s.rand.IntN(10), s.w.servers[s.rand.IntN(len(s.w.servers))]
	pause(t, between(s.rand, time.Millisecond, 2*time.Second))
	if what >= 7 {
		s.servers++
		which.kill(t)
	}
	if what < 8 {
		s.killRotation()
		return
	}
	select {
	case <-s.at.ended:
		s.at.end(t) // must have succeeded
		s.ended++
		s.at = nil
	default:
	}
}

func (s *storm) killRotation() {
	if s.at.kill() {
		s.killed++
	} else {
		s.ended++
	}
	s.at = nil
}

// between is a duration whose magnitude is as likely as any other.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}
