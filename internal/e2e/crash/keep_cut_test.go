package crash_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// The process lives, and its database goes away: every connection is cut while a COMMIT
// of a claim, or of what came of it, is on its way there or back. Nothing is lost, no
// token is sent twice, and what is told is told once.
func TestDatabaseCutAtEveryCommit(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for _, p := range keepPoints("postgres") {
		for _, way := range []string{"by schedule", "on demand"} {
			if p.commit {
				wg.Go(func() {
					t.Run(p.name+" "+way, func(t *testing.T) { p.cut(t, way == "on demand") }) // no t.Parallel: most of it is waiting
				})
			}
		}
	}
	wg.Wait()
}

func (p keepPoint) cut(t *testing.T, onDemand bool) {
	k := newKeeping(t, "postgres", slowly(patienceOfCall/2)...)
	k.connect(t, 1, e2e.OpenModels...)
	k.settle(t)
	k.trouble(t, k.kept[0]) // one, since each event's transaction waits for the one before
	trap := p.trap()
	k.commits.set(trap)
	answers := k.begin(t, onDemand)
	k.await(t, trap, nil)
	k.commits.died()
	for i, done := range answers {
		want := []int{http.StatusOK}
		if trap.about == claimed { // nothing was sent for it
			want = append(want, http.StatusInternalServerError)
		}
		expectStatus(t, k.kept[i].model, done, want...)
	}
	if trap.about == claimed { // nobody knows of these any more
		k.change(t, `UPDATE grants SET lease_until = NULL WHERE lease_until IS NOT NULL`)
	}
	k.settle(t)
	k.age(t)
	k.settle(t)
	k.expectWhole(t)
	k.expectRecovered(t, k.kept[0])
}

// The database is away for a while when the platform has answered: the answers are kept,
// whoever asked waits, and all is as if nothing had been.
func TestDatabaseAwayWhenThePlatformHasAnswered(t *testing.T) {
	t.Parallel()
	k := newKeeping(t, "postgres", slowly(patienceOfCall)...)
	k.connect(t, 1, e2e.OpenModels...)
	k.settle(t)
	k.trouble(t, k.kept[0]) // one, since each event's transaction waits for the one before
	answered := atRefresh(holding)()
	k.gate.set(answered)
	answers := k.begin(t, true)
	k.await(t, answered, nil)
	k.commits.cut()
	close(answered.letGo)
	k.awaitLog(t, "commit of a refresh", 4*len(k.kept)) // each has been tried so often
	k.commits.mend()
	for i, done := range answers {
		expectStatus(t, k.kept[i].model, done, http.StatusOK)
	}
	k.settle(t)
	k.expectWhole(t)
	k.expectRecovered(t, k.kept[0])
	for _, a := range k.kept {
		if got := k.held(t, a).Version; got != a.first+1 {
			t.Errorf("%s: got version %d, want %d: one refresh", a.model, got, a.first+1)
		}
	}
}

// begin refreshes every account; whoever waits for one on demand gets an answer each.
func (k *keeping) begin(t testing.TB, onDemand bool) (answers []<-chan answer) {
	t.Helper()
	if !onDemand {
		k.due(t, k.kept...)
		return nil
	}
	for _, a := range k.kept {
		answers = append(answers, k.demand(t, a))
	}
	return answers
}

// trouble leaves an account as after a long outage of its platform, so that the next
// refresh that goes well is told.
func (k *keeping) trouble(t testing.TB, a *kept) {
	t.Helper()
	for table, id := range map[string]int64{"grants": a.grant, "channels": a.channel} {
		k.change(t, fmt.Sprintf(`UPDATE %s SET health = 'error', health_reason = 'platform_unavailable' WHERE id = %d`, table, id))
	}
}

// awaitLog waits until the program has said a line so many times.
func (k *keeping) awaitLog(t testing.TB, line string, times int) {
	t.Helper()
	said := func() int { return strings.Count(k.program.Log(), fmt.Sprintf("%q", line)) }
	for deadline := time.Now().Add(patience); said() < times; pause(t, 50*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("log: got %q %d times in %s, want %d", line, said(), patience, times)
		}
	}
}

// expectRecovered wants it to have been told once.
func (k *keeping) expectRecovered(t testing.TB, a *kept) {
	t.Helper()
	var got int
	query := fmt.Sprintf(`SELECT count(*) FROM events WHERE channel_id = %d AND type = 'channel.recovered'`, a.channel)
	if err := k.db.QueryRowContext(t.Context(), query).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != 1 {
		t.Errorf("%s: got %d times channel.recovered, want once", a.model, got)
	}
}

// expectWhole wants nothing wrong, and nothing lost.
func (k *keeping) expectWhole(t testing.TB) {
	t.Helper()
	all := k.truth(t)
	for _, wrong := range keepViolations(all) {
		t.Error(wrong)
	}
	if lost := all.lostOf(); len(lost) != 0 {
		t.Errorf("lost: got %v, want none", lost)
	}
}

func expectStatus(t testing.TB, what string, done <-chan answer, want ...int) {
	t.Helper()
	select {
	case got := <-done:
		for _, status := range want {
			if got.err == nil && got.status == status {
				return
			}
		}
		t.Errorf("%s: got %+v, want %v", what, got, want)
	case <-time.After(patience):
		t.Errorf("%s: got no answer in %s, want %v", what, patience, want)
	}
}
