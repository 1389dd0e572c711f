package crash_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

// A replica is frozen, or cut off, after the platform has acted and before it has stored
// that, past its lease, and another one takes over. What it has in hand when it thaws is late: at
// the servers where the other one could go on it is of no use any more, at the strict one
// it is the only way on.
func TestReplicaAwayPastItsLease(t *testing.T) {
	t.Parallel()
	t.Run("with the answer in hand", func(t *testing.T) {
		t.Parallel()
		f := newFreeze(t)
		answered := f.inHand(t)
		f.program.Freeze()
		f.takeOver(t)
		close(answered.letGo)
		f.program.Thaw()
		f.cameLate(t)
	})
	t.Run("while the other one asks whether the account works", func(t *testing.T) {
		t.Parallel()
		f := newFreeze(t)
		answered := f.inHand(t)
		f.program.Freeze()
		f.takeOver(t)
		asked := atCall("GET strict.open.example/userinfo", holding)
		f.gate.set(asked)
		done := f.post(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", f.kept[0].channel), "", struct{}{})
		f.await(t, asked, done)
		close(answered.letGo)
		f.program.Thaw()
		f.expectLog(t, "late answer refused", len(e2e.OpenModels))
		close(asked.letGo)
		<-done
		f.cameLate(t)
	})
	t.Run("cut off from the database", func(t *testing.T) {
		t.Parallel()
		f := newFreeze(t)
		stored := atGrantCommit(concluded, before)()
		f.commits.set(stored)
		close(f.called.letGo)
		f.await(t, stored, nil)
		f.commits.cut()
		f.takeOver(t)
		f.commits.mend()
		f.cameLate(t)
	})
	t.Run("before it reads the answer", func(t *testing.T) {
		t.Parallel()
		f := newFreeze(t)
		f.deaths = append(f.deaths, time.Now())
		f.program.Freeze()
		f.takeOver(t)
		close(f.called.letGo)
		f.program.Thaw()
		for _, done := range f.answers { // its time for the call is over: the strict one's answer is lost as by a death
			<-done
		}
		f.check(t)
	})
}

// freeze is two replicas over PostgreSQL, the first of which refreshes an account at each
// model; the platform has acted on all of them, and holds its answers back.
type freeze struct {
	*keeping
	second  string // the other replica's origin
	called  *trap
	answers []<-chan answer
}

func newFreeze(t *testing.T) *freeze {
	t.Helper()
	k := newKeeping(t, "postgres", "PATCHBAY_LOG_LEVEL=info", "PATCHBAY_PLATFORM_TIMEOUT=3s") // a lease is three times that
	f := &freeze{keeping: k, called: atRefresh(holding)()}
	k.connect(t, 1, e2e.OpenModels...)
	k.settle(t)
	args := slices.Clone(k.args)
	args[slices.Index(args, "--addr")+1] = "127.0.0.1:" + strconv.Itoa(steadyPort(t))
	f.second = testkit.Start(t, k.binary, append(slices.Clone(k.env), "PATCHBAY_DATABASE_URL="+k.write), args...).BaseURL
	k.gate.set(f.called)
	for _, a := range k.kept {
		f.answers = append(f.answers, k.demand(t, a))
	}
	k.await(t, f.called, nil)
	k.gate.set(nil) // for the other one
	return f
}

// inHand lets the answers through, and stops the first replica where the transactions
// begin that would store them.
func (f *freeze) inHand(t *testing.T) *trap {
	t.Helper()
	answered := newTrap(len(e2e.OpenModels), holding)
	answered.every, answered.begins = true, true
	f.commits.set(answered)
	close(f.called.letGo)
	f.await(t, answered, nil)
	return answered
}

// takeOver waits until the second replica has taken over, and has it refresh once more
// what it can.
func (f *freeze) takeOver(t *testing.T) {
	t.Helper()
	f.url = f.second
	for _, a := range f.kept {
		if a.model == "strict" {
			f.until(t, "it may be lost", a, func(h heldGrant) bool { return h.Phase == "awaiting" })
			continue
		}
		f.until(t, "it is refreshed", a, func(h heldGrant) bool { return h.Version > a.first })
		a.tell(a.first + 1)
		if got := <-f.demand(t, a); got.status != http.StatusOK {
			t.Fatalf("lease at %s while the first replica is away: got %+v, want 200", a.model, got)
		}
	}
}

// cameLate expects that what the first replica had in hand was refused, and was taken in
// where it was the only way on: nothing is lost.
func (f *freeze) cameLate(t *testing.T) {
	t.Helper()
	f.expectLog(t, "late answer refused", len(e2e.OpenModels))
	f.expectLog(t, "late answer taken in", 1)
	f.check(t)
}

func (f *freeze) until(t *testing.T, what string, a *kept, is func(heldGrant) bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(f.held(t, a)); pause(t, 50*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not so after %s that %s: %+v", a.model, patience, what, f.held(t, a))
		}
	}
}

// expectLog waits until the first replica has said a line so many times.
func (f *freeze) expectLog(t *testing.T, line string, times int) {
	t.Helper()
	said := func() int { return strings.Count(f.program.Log(), fmt.Sprintf("%q", line)) }
	for deadline := time.Now().Add(patience / 3); said() < times && time.Now().Before(deadline); {
		pause(t, 50*time.Millisecond)
	}
	if said() != times {
		t.Errorf("log: got %q %d times, want %d", line, said(), times)
	}
}

func (f *freeze) check(t *testing.T) {
	t.Helper()
	f.settle(t)
	f.age(t)
	f.settle(t)
	for _, wrong := range keepViolations(f.truth(t)) {
		t.Error(wrong)
	}
}
