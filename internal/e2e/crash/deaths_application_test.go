package crash_test

import (
	"testing"
	"time"
)

// While the application asks for a session.

func atAskCommit(when moment) death {
	return func(t *testing.T, v *visit) {
		trap := newTrap(1, when)
		v.w.commits.set(trap)
		v.w.dieAt(t, trap, v.wanted(t).try(t))
	}
}

func soonAfterAsking(delay time.Duration) death {
	return func(t *testing.T, v *visit) { v.w.dieSoon(t, v.wanted(t).try(t), nil, delay) }
}

// afterAsking kills when the application has its answer.
func afterAsking(t *testing.T, v *visit) {
	v.ask(t)
	v.w.kill()
}

// While the application confirms.

func atConfirmCommit(when moment) death {
	return func(t *testing.T, v *visit) {
		v.toConfirm(t)
		trap := newTrap(1, when)
		v.w.commits.set(trap)
		v.w.dieAt(t, trap, v.sendConfirm(t))
	}
}

func soonAfterConfirm(delay time.Duration) death {
	return func(t *testing.T, v *visit) {
		v.toConfirm(t)
		v.w.dieSoon(t, v.sendConfirm(t), nil, delay)
	}
}

// afterConfirm kills when the application has its answer.
func afterConfirm(t *testing.T, v *visit) {
	v.toConfirm(t)
	v.confirm(t)
	v.w.kill()
}

// whileConfirming kills when the code has come to the application. Then time passes.
func whileConfirming(d time.Duration) death {
	return func(t *testing.T, v *visit) {
		v.toConfirm(t)
		v.w.kill()
		v.w.passTime(t, d)
	}
}

// whileConfirmingTwice begins another attempt before the first one comes back. What is
// left of the first browser tab is the link.
func whileConfirmingTwice(t *testing.T, v *visit) {
	v.decide(t, "approve")
	v.p.Submit(v.chooser, v.chosen(v.chooser))
	v.toConfirm(t)
	v.code, v.callback = "", ""
	v.w.kill()
}

// toConfirm walks until the application has the code.
func (v *visit) toConfirm(t testing.TB) {
	t.Helper()
	if v.callback == "" {
		v.decide(t, "approve")
	}
	silent := v.silent
	v.silent = true
	defer func() { v.silent = silent }()
	if !v.goOn(t, v.p.Open(v.callback)) || v.code == "" {
		t.Fatalf("the person did not come to the application with a code: %+v", v.session(t))
	}
}
