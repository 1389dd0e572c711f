package crash_test

import (
	"testing"
	"time"
)

// While the application cancels. The callback is under way at the same time.

// cancelAtCallOf cancels while a call of the callback is stopped, and kills then.
func cancelAtCallOf(i int) death {
	return func(t *testing.T, v *visit) {
		done := v.cancelWhile(t, atCall(v.calls[i], holding), nil)
		v.w.kill()
		<-done
	}
}

// cancelOutruns cancels while a call of the callback is stopped, which goes on then.
func cancelOutruns(i int) death {
	return func(t *testing.T, v *visit) {
		trap := atCall(v.calls[i], holding)
		v.expectAnswer(t, v.cancelWhile(t, trap, func() { close(trap.letGo) }))
		v.w.kill()
	}
}

func (v *visit) cancelWhile(t testing.TB, trap *trap, then func()) <-chan answer {
	t.Helper()
	v.cancels = true
	v.decide(t, "approve")
	v.w.gate.set(trap)
	done := v.sendCallback(t)
	v.w.await(t, trap, done)
	if v.cancel(t); v.told != "canceled" {
		t.Fatalf("the application was told %q, want canceled", v.told)
	}
	if then != nil {
		then()
	}
	return done
}

// cancelBetweenLooks cancels when the callback has found its attempt and before it looks
// how the session stands.
func cancelBetweenLooks(t *testing.T, v *visit) {
	v.cancels = true
	v.decide(t, "approve")
	trap := newTrap(1, holding)
	trap.reads, trap.about = true, "FROM attempts WHERE workspace_id = $1 AND id = $2"
	v.w.commits.set(trap)
	done := v.sendCallback(t)
	v.w.await(t, trap, done)
	v.w.commits.set(nil)
	v.cancel(t)
	close(trap.letGo)
	if a := <-done; a.err != nil {
		t.Fatalf("the callback: %v", a.err)
	}
	v.w.kill()
}

// atCancelCommit stops the cancel itself while a call of the callback is stopped.
func atCancelCommit(i int, when moment) death {
	return func(t *testing.T, v *visit) {
		v.cancels = true
		v.decide(t, "approve")
		held, trap := atCall(v.calls[i], holding), newTrap(1, when)
		v.w.gate.set(held)
		callback := v.sendCallback(t)
		v.w.await(t, held, callback)
		v.w.commits.set(trap)
		v.w.dieAt(t, trap, v.sendCancel(t))
		<-callback
	}
}

// cancelRaces sends the callback, and after a while the cancel; the kill comes after
// another while.
func cancelRaces(gap, delay time.Duration) death {
	return func(t *testing.T, v *visit) {
		v.cancels = true
		v.decide(t, "approve")
		callback := v.sendCallback(t)
		pause(t, gap)
		v.w.dieSoon(t, v.sendCancel(t), nil, delay)
		<-callback
	}
}
