package crash_test

import (
	"cmp"
	"flag"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// point is a place where the program is killed, and what has become of the person's
// attempts when they have gone on and all has come to rest.
type point struct {
	name    string
	journey journey
	asking  asking
	before  func(*testing.T, *world) // what there is already; nil: nothing
	timeout time.Duration            // of calls to the platform, where one is held; 0: the world's
	die     death
	retry   bool     // the person tries again at once instead of reloading
	late    bool     // nobody comes back before all is at rest
	want    []string // the attempts' outcomes, oldest first
	resumed bool     // the first one went on from stored credentials
	given   int      // how many registrations the server gave
}

// lanes is how many points are looked at at a time: most of it is waiting for leases.
const lanes = 12

// share is how much of the named points a run looks at. Half takes turns: a point that
// both engines have is looked at on one of them, and on which one is the seed's matter.
// make soak looks at all.
var share = flag.Int("crash.share", 2, "look at one in so many of the named points on each engine, by the seed; 1: at all")

// drawn tells whether a run with the seed looks at a point on the n-th engine.
func drawn(name string, seed uint64, n int) bool {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64())).IntN(*share) == n%*share
}

func TestKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*seed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/crash -run TestKilledAtEveryStep -crash.share=%d -crash.seed=%d", *share, seed)
	for n, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			queue := make(chan point)
			var wg sync.WaitGroup
			for range lanes {
				wg.Go(func() {
					for p := range queue {
						t.Run(p.name, func(t *testing.T) { p.check(t, engine) }) // no t.Parallel: lanes are wider than -parallel
					}
				})
			}
			for _, p := range points(engine) {
				if drawn(p.name, seed, n) {
					queue <- p
				}
			}
			close(queue)
			wg.Wait()
		})
	}
}

func (p point) check(t *testing.T, engine string) {
	w := newWorld(t, engine, slowly(p.timeout)...)
	if p.before != nil {
		p.before(t, w)
	}
	v := w.newVisit(t, p.journey, p.asking, "user-1")
	p.die(t, v)
	w.start(t)
	v.ask(t) // does nothing where the application has its answer
	checkPoll(t, v.session(t))
	if p.late {
		v.rest(t)
	}
	switch {
	case p.asking.silent:
		v.notConfirmed(t)
	case p.retry:
		v.retry(t)
	default:
		v.arrive(t)
	}
	s := v.rest(t)
	var got []string
	for _, a := range s.Attempts {
		got = append(got, a.Status)
	}
	if !slices.Equal(got, p.want) {
		t.Errorf("attempts: got %v, want %v", got, p.want)
	}
	if given := w.registrations(); given != p.given && p.given > 0 {
		t.Errorf("registrations: got %d, want %d", given, p.given)
	}
	if resumed := s.Attempts[0].count("resumed") > 0; resumed != p.resumed {
		t.Errorf("resumed: got %t, want %t: %v", resumed, p.resumed, s.Attempts[0].names())
	}
	for _, wrong := range violations(w.truth(t)) {
		t.Error(wrong)
	}
}

func checkPoll(t testing.TB, s session) {
	t.Helper()
	for _, wrong := range pollsAgree(truth{Sessions: []session{s}}) {
		t.Error(wrong)
	}
}

// registrations is how many the Lab's servers gave.
func (w *world) registrations() int {
	n := 0
	for _, call := range w.lab.Calls() {
		if call.Method == http.MethodPost && call.Path == "/api/v1/apps" && call.Outcome == "ok" {
			n++
		}
	}
	return n
}

var (
	smooth      = []string{"succeeded"}
	interrupted = []string{"interrupted", "succeeded"}
	again       = []string{"superseded", "succeeded"}
)

func points(engine string) []point {
	all := []point{
		{name: "before the callback", journey: picker, die: beforeCallback, want: smooth},
		{name: "while the picker is shown", journey: picker, die: afterCallback, want: smooth},
		{name: "after the redirect of one page", journey: onePage, die: afterCallback, want: smooth},
		{name: "after the redirect of X", journey: xAccount, die: afterCallback, want: smooth},
		{name: "after the redirect of the picker", journey: picker, die: afterChoice, want: smooth},
		{name: "at the exchange, tried again at once", journey: picker, die: atCallOf(0, after), retry: true, want: interrupted},
		{name: "at the exchange of X, tried again at once", journey: xAccount, die: atCallOf(0, after), retry: true, want: interrupted},
	}
	all = append(all, callsOf("picker", picker, 0)...)
	all = append(all, callsOf("one page", onePage, 4)...)
	all = append(all, callsOf("portfolio", wallet, 4)...)
	all = append(all, callsOf("X", xAccount, 0)...)
	all = append(all, callsOf("Mastodon", mastodon, 0)...)
	all = append(all, registrationPoints()...)
	all = append(all, sessionPoints()...)
	if engine == "sqlite" { // without waiting for leases: the others stand for them on PostgreSQL
		all = append(all, callsOf("LinkedIn", organizations, 0)...)
		all = append(all, callsOf("Instagram", instagram, 4)...)
	}
	if engine == "postgres" {
		// SQLite goes on with the first attempt in the moment of its start.
		all = append(all, point{name: "at the identity, tried again at once", journey: picker, die: atCallOf(3, after), retry: true, want: again, resumed: true})
		all = append(all, commitsOf("picker", picker)...)
		all = append(all, commitsOf("one page", onePage)...)
		all = append(all, commitsOf("X", xAccount)...)
		all = append(all,
			point{name: "picker's COMMIT before", journey: picker, die: atChoiceCommit(before), want: smooth},
			point{name: "picker's COMMIT after", journey: picker, die: atChoiceCommit(after), want: smooth},
		)
		all = append(all, registrationCommits()...)
		all = append(all, sessionCommits()...)
	}
	return all
}

// callsOf is before and after each call of the callback from the first-th on.
func callsOf(name string, j journey, first int) []point {
	var all []point
	for i := first; i < len(j.calls); i++ {
		for _, when := range []moment{before, after} {
			p := point{name: name + " " + strings.ReplaceAll(j.calls[i], "/", "_") + " " + string(when), journey: j, die: atCallOf(i, when), want: interrupted}
			if i >= j.exchange {
				p.want, p.resumed = smooth, true
			}
			all = append(all, p)
		}
	}
	return all
}

// commitsOf is before and after each of the callback's three transactions: the state
// is consumed, credentials are stored, the consent is accepted.
func commitsOf(name string, j journey) []point {
	all := []point{
		{name: "state before", die: atCommit(1, before), want: smooth},
		{name: "state after", die: atCommit(1, after), want: interrupted},
		{name: "credentials before", die: atCommit(2, before), want: interrupted},
		{name: "credentials after", die: atCommit(2, after), want: smooth, resumed: true},
		{name: "consent before", die: atCommit(3, before), want: smooth, resumed: true},
		{name: "consent after", die: atCommit(3, after), want: smooth},
	}
	for i := range all {
		all[i].name, all[i].journey = name+" COMMIT of the "+all[i].name, j
	}
	return all
}
