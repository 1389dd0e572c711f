// Package platformtest is the conformance that every platform passes: its Spec by
// itself, and its code against the Lab over HTTP, driven as a person would. Only tests
// import it. It knows no platform: what differs is told by a Harness.
package platformtest

import (
	"net/url"
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

	Loses    string // kind of target that a person can lose; empty: there is none
	Unlisted bool   // one where the person has no role any more is not told from one that is gone
	OwnToken bool   // targets hold tokens of their own

	SubjectUntold bool // a probe does not tell whose token it is

	// Servers says, where a person names one, how each of the Lab's fills in the form:
	// its addresses, and what it does otherwise. All checks run at each.
	Servers map[string]func(*platform.Spec)
	Extra   url.Values // what the authorize address has beside RFC 6749 and RFC 7636
	Switch  url.Values // what it has beside Extra where another account is wanted

	TellsApp bool     // the platform tells for which app a token is
	Silent   []string // servers that do not tell so, though others do

	platform platform.Platform
	server   string // the one of Servers in this run
}

// Run checks the platform; every check is a subtest of its own.
func Run(t *testing.T, p platform.Platform, h Harness) {
	h.platform = p
	t.Run("spec", func(t *testing.T) { Spec(t, p, h.Day) })
	if h.Servers == nil {
		runLab(t, h)
	}
	for server := range h.Servers {
		h.server = server
		t.Run(server, func(t *testing.T) { runLab(t, h) })
	}
}

func runLab(t *testing.T, h Harness) {
	t.Run("authorize", func(t *testing.T) { runAuthorize(t, h) })
	t.Run("exchange", func(t *testing.T) { runExchange(t, h) })
	t.Run("verify", func(t *testing.T) { runVerify(t, h) })
	t.Run("faults", func(t *testing.T) { runFaults(t, h) })
	t.Run("refresh", func(t *testing.T) { runRefresh(t, h) })
	t.Run("probe", func(t *testing.T) { runProbe(t, h) })
	t.Run("revoke", func(t *testing.T) { runRevoke(t, h) })
	t.Run("issued to", func(t *testing.T) { runIssued(t, h) })
}

// check is one subtest with a Lab of its own.
func check(t *testing.T, name string, h Harness, f func(*testing.T, *world)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		f(t, newWorld(t, h, 10*time.Second))
	})
}
