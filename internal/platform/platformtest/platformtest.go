// Package platformtest is the conformance that every platform passes: its Spec by
// itself, and its code against the Lab over HTTP, driven as a person would. Only tests
// import it. It knows no platform: what differs is told by a Harness.
package platformtest

import (
	"testing"
	"time"

	"patchbay/internal/platform"
)

// Harness says how a person uses the platform in the Lab.
type Harness struct {
	Day     time.Time         // the day on which the API version in use must be alive; zero: today
	Creator string            // the persona who has everything
	Targets int               // how many targets the creator has
	Nobody  string            // the persona who has nothing to connect; empty: there is none
	Others  map[string]int    // further personas, and how many targets each has
	Blocked map[string]string // persona who has a target that cannot be chosen → why

	AllOrNothing bool // permissions cannot be declined one by one
}

// Run checks the platform; every check is a subtest of its own.
func Run(t *testing.T, p platform.Platform, h Harness) {
	t.Run("spec", func(t *testing.T) { Spec(t, p, h.Day) })
	t.Run("authorize", func(t *testing.T) { runAuthorize(t, p, h) })
	t.Run("exchange", func(t *testing.T) { runExchange(t, p, h) })
	t.Run("verify", func(t *testing.T) { runVerify(t, p, h) })
	t.Run("faults", func(t *testing.T) { runFaults(t, p, h) })
}

// check is one subtest with a Lab of its own.
func check(t *testing.T, name string, p platform.Platform, f func(*testing.T, *world)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		f(t, newWorld(t, p, 10*time.Second))
	})
}
