package crash_test

import (
	"net/http"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// A death ends with the program killed: at a point that a trap found, or a while after
// something was sent.
type death func(*testing.T, *visit)

func beforeCallback(t *testing.T, v *visit) {
	v.decide(t, "approve")
	v.w.kill()
}

// afterCallback kills when the browser has the answer and has not followed it.
func afterCallback(t *testing.T, v *visit) {
	v.decide(t, "approve")
	v.expectAnswer(t, v.sendCallback(t))
	v.w.kill()
}

func afterChoice(t *testing.T, v *visit) {
	form := v.toPicker(t)
	v.expectAnswer(t, v.send(t, form.Method, form.Action, form.Fields))
	v.w.kill()
}

func atCallOf(i int, when moment) death {
	return func(t *testing.T, v *visit) {
		v.decide(t, "approve")
		trap := atCall(v.calls[i], when)
		v.w.gate.set(trap)
		v.w.dieAt(t, trap, v.sendCallback(t))
	}
}

func atCommit(nth int, when moment) death {
	return func(t *testing.T, v *visit) {
		v.decide(t, "approve")
		trap := newTrap(nth, when)
		v.w.commits.set(trap)
		v.w.dieAt(t, trap, v.sendCallback(t))
	}
}

func atChoiceCommit(when moment) death {
	return func(t *testing.T, v *visit) {
		form := v.toPicker(t)
		trap := newTrap(1, when)
		v.w.commits.set(trap)
		v.w.dieAt(t, trap, v.send(t, form.Method, form.Action, form.Fields))
	}
}

// soonAfterCall kills a while after the platform's answer has left.
func soonAfterCall(i int, delay time.Duration) death {
	return func(t *testing.T, v *visit) {
		v.decide(t, "approve")
		trap := atCall(v.calls[i], passing)
		v.w.gate.set(trap)
		v.w.dieSoon(t, v.sendCallback(t), trap.reached, delay)
	}
}

// soonAfterCallback kills a while after the person's browser asked.
func soonAfterCallback(decision string, delay time.Duration) death {
	return func(t *testing.T, v *visit) {
		v.decide(t, decision)
		v.w.dieSoon(t, v.sendCallback(t), nil, delay)
	}
}

// soonAfterChoice kills a while after the picker was sent.
func soonAfterChoice(delay time.Duration) death {
	return func(t *testing.T, v *visit) {
		form := v.toPicker(t)
		v.w.dieSoon(t, v.send(t, form.Method, form.Action, form.Fields), nil, delay)
	}
}

func (v *visit) sendCallback(t testing.TB) <-chan answer {
	t.Helper()
	return v.send(t, http.MethodGet, v.callback, nil)
}

// toPicker walks to the picker and answers its form, filled in.
func (v *visit) toPicker(t testing.TB) e2e.Form {
	t.Helper()
	v.decide(t, "approve")
	page := v.p.Open(v.callback)
	form := v.p.Form(page, "/targets", "")
	form.Fields = form.With(v.choice(page))
	return form
}

// dieAt kills the program when the trap has sprung.
func (w *world) dieAt(t testing.TB, trap *trap, done <-chan answer) {
	t.Helper()
	w.await(t, trap, done)
	w.kill()
	if a := <-done; a.err == nil {
		t.Fatalf("got an answer (%d, %s), want none from the dead", a.status, a.location)
	}
}

// await waits until the trap has sprung, which must be before there is an answer.
func (w *world) await(t testing.TB, trap *trap, done <-chan answer) {
	t.Helper()
	select {
	case <-trap.reached:
	case a := <-done:
		t.Fatalf("the request came to %+v and did not pass the point", a)
	case <-time.After(patience):
		t.Fatalf("the point was not reached in %s", patience)
	}
}

// dieSoon kills a while after something has happened, whether or not there is an answer
// by then.
func (w *world) dieSoon(t testing.TB, done <-chan answer, happened <-chan struct{}, delay time.Duration) {
	t.Helper()
	if happened != nil {
		select {
		case <-happened:
		case <-time.After(patience):
			t.Fatalf("the point was not reached in %s", patience)
		}
	}
	pause(t, delay)
	w.kill()
	<-done
}

func (v *visit) expectAnswer(t testing.TB, done <-chan answer) {
	t.Helper()
	select {
	case a := <-done:
		if a.err != nil || a.location == "" {
			t.Fatalf("got %+v, want a redirect", a)
		}
	case <-time.After(patience):
		t.Fatalf("got no answer in %s", patience)
	}
}
