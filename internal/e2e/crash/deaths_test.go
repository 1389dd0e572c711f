package crash_test

import (
	"net/http"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

func beforeCallback(t *testing.T, v *visit) {
	v.decide(t, "approve")
	v.w.kill()
}

// afterCallback kills when the browser has the answer and has not followed it.
func afterCallback(t *testing.T, v *visit) {
	v.decide(t, "approve")
	v.expectAnswer(t, v.send(t, http.MethodGet, v.callback, nil))
	v.w.kill()
}

func afterChoice(t *testing.T, v *visit) {
	form := v.toPicker(t)
	v.expectAnswer(t, v.send(t, form.Method, form.Action, form.Fields))
	v.w.kill()
}

func atCallOf(i int, when moment) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		v.decide(t, "approve")
		trap := atCall(v.calls[i], when)
		v.w.gate.set(trap)
		v.dieAt(t, trap, v.send(t, http.MethodGet, v.callback, nil))
	}
}

func atCommit(nth int, when moment) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		v.decide(t, "approve")
		trap := newTrap(nth, when)
		v.w.commits.set(trap)
		v.dieAt(t, trap, v.send(t, http.MethodGet, v.callback, nil))
	}
}

func atChoiceCommit(when moment) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		form := v.toPicker(t)
		trap := newTrap(1, when)
		v.w.commits.set(trap)
		v.dieAt(t, trap, v.send(t, form.Method, form.Action, form.Fields))
	}
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
func (v *visit) dieAt(t testing.TB, trap *trap, done <-chan answer) {
	t.Helper()
	select {
	case <-trap.reached:
	case a := <-done:
		t.Fatalf("the request came to %+v and did not pass the point", a)
	case <-time.After(patience):
		t.Fatalf("the point was not reached in %s", patience)
	}
	v.w.kill()
	if a := <-done; a.err == nil {
		t.Fatalf("the browser got an answer (%s), want none from the dead", a.location)
	}
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

// soonAfterCall kills a while after the platform's answer has left.
func soonAfterCall(i int, delay time.Duration) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		v.decide(t, "approve")
		trap := atCall(v.calls[i], passing)
		v.w.gate.set(trap)
		v.dieSoon(t, v.send(t, http.MethodGet, v.callback, nil), trap.reached, delay)
	}
}

// soonAfterCallback kills a while after the person's browser asked.
func soonAfterCallback(decision string, delay time.Duration) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		v.decide(t, decision)
		v.dieSoon(t, v.send(t, http.MethodGet, v.callback, nil), nil, delay)
	}
}

// soonAfterChoice kills a while after the picker was sent.
func soonAfterChoice(delay time.Duration) func(*testing.T, *visit) {
	return func(t *testing.T, v *visit) {
		form := v.toPicker(t)
		v.dieSoon(t, v.send(t, form.Method, form.Action, form.Fields), nil, delay)
	}
}

// dieSoon kills a while after something has happened, whether or not the browser has
// its answer by then.
func (v *visit) dieSoon(t testing.TB, done <-chan answer, happened <-chan struct{}, delay time.Duration) {
	t.Helper()
	if happened != nil {
		select {
		case <-happened:
		case <-time.After(patience):
			t.Fatalf("the point was not reached in %s", patience)
		}
	}
	pause(t, delay)
	v.w.kill()
	<-done
}
