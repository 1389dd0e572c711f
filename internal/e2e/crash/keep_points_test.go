package crash_test

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"patchbay/internal/e2e"
)

// keepPoint is a place in a refresh where the process is killed, three accounts at once,
// one at each model.
type keepPoint struct {
	name   string
	trap   func() *trap
	commit bool // the trap is for COMMITs
	lost   bool // the strict one is: the platform had acted, and we had not stored it
}

// A claim and what comes of it are told apart by what they write.
const (
	claimed   = "SET fence = $4, updated_at" // ClaimGrant
	concluded = "lease_until = NULL"         // UpdateGrant
)

func atRefresh(when moment) func() *trap {
	return func() *trap {
		t := newTrap(len(e2e.OpenModels), when)
		t.every = true
		t.match = func(r *http.Request) bool {
			return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, ".open.example/token")
		}
		return t
	}
}

func atGrantCommit(about string, when moment) func() *trap {
	return func() *trap {
		t := newTrap(len(e2e.OpenModels), when)
		t.every, t.about = true, about
		return t
	}
}

func keepPoints(engine string) []keepPoint {
	all := []keepPoint{
		{name: "before the platform sees it", trap: atRefresh(before)},
		{name: "while the platform works", trap: atRefresh(working), lost: true},
		{name: "after the platform's answer", trap: atRefresh(after), lost: true},
	}
	if engine == "postgres" {
		all = append(all,
			keepPoint{name: "before the intent's COMMIT", trap: atGrantCommit(claimed, before), commit: true},
			keepPoint{name: "after the intent's COMMIT and before it is sent", trap: atGrantCommit(claimed, after), commit: true},
			keepPoint{name: "before our COMMIT", trap: atGrantCommit(concluded, before), commit: true, lost: true},
			keepPoint{name: "after our COMMIT", trap: atGrantCommit(concluded, after), commit: true},
		)
	}
	return all
}

func TestRefreshKilledAtEveryStep(t *testing.T) {
	t.Parallel()
	seed := cmp.Or(*seed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/crash -run TestRefreshKilledAtEveryStep -crash.share=%d -crash.seed=%d", *share, seed)
	for n, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var wg sync.WaitGroup
			for _, p := range keepPoints(engine) {
				for _, way := range []string{"by schedule", "on demand"} {
					name := p.name + " " + way
					if !drawn(name, seed, n) {
						continue
					}
					wg.Go(func() {
						t.Run(name, func(t *testing.T) { p.check(t, engine, way == "on demand") }) // no t.Parallel: most of it is waiting
					})
				}
			}
			wg.Wait()
		})
	}
}

func (p keepPoint) check(t *testing.T, engine string, onDemand bool) {
	k := newKeeping(t, engine, slowly(patienceOfCall/2)...)
	k.connect(t, 1, e2e.OpenModels...)
	k.settle(t)
	trap := p.trap()
	if p.commit {
		k.commits.set(trap)
	} else {
		k.gate.set(trap)
	}
	if onDemand {
		for _, a := range k.kept {
			k.demand(t, a)
		}
	} else {
		k.due(t, k.kept...)
	}
	k.await(t, trap, nil)
	k.die(t)
	k.start(t)
	k.settle(t)
	k.age(t)
	k.settle(t)
	all := k.truth(t)
	for _, wrong := range keepViolations(all) {
		t.Error(wrong)
	}
	if want := map[bool][]string{true: {"strict"}}[p.lost]; !slices.Equal(all.lostOf(), want) {
		t.Errorf("lost: got %v, want %v", all.lostOf(), want)
	}
}
