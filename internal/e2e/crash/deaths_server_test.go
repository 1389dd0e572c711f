package crash_test

import (
	"testing"
	"time"
)

// While our app is registered at the server that the person named.

func atRegistration(i int, when moment) death {
	return func(t *testing.T, v *visit) {
		form := v.serverForm(t)
		nth := 1
		for _, call := range registration[:i] {
			if call == registration[i] {
				nth++
			}
		}
		trap := atNthCall(registration[i], nth, when)
		v.w.gate.set(trap)
		v.w.dieAt(t, trap, v.send(t, form.Method, form.Action, form.With(v.chosen(form))))
	}
}

// The transactions on the way to the server's consent page.
const (
	looked     = "UPDATE sessions SET lookups"
	appsRow    = "INSERT INTO apps"
	registered = "UPDATE apps SET client_id"
	begun      = "INSERT INTO attempts"
)

func atRegistrationCommit(about string, when moment) death {
	return func(t *testing.T, v *visit) {
		form := v.serverForm(t)
		trap := newTrap(1, when)
		trap.about = about
		v.w.commits.set(trap)
		v.w.dieAt(t, trap, v.send(t, form.Method, form.Action, form.With(v.chosen(form))))
	}
}

func soonAfterServer(delay time.Duration) death {
	return func(t *testing.T, v *visit) {
		form := v.serverForm(t)
		v.w.dieSoon(t, v.send(t, form.Method, form.Action, form.With(v.chosen(form))), nil, delay)
	}
}
