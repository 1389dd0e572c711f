package crash_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// plan is one kill. It is drawn whole before anything happens.
type plan struct {
	journey journey
	user    string // few, so that channels are connected again, and by two sessions at a time
	die     func(*testing.T, *visit)
	retry   bool
	again   time.Duration // after the start; 0: no second kill
}

func draw(r *rand.Rand, engine string) plan {
	journeys := []journey{picker, onePage, wallet, xAccount}
	j := journeys[r.IntN(len(journeys))]
	p := plan{journey: j, user: fmt.Sprintf("user-%d", r.IntN(8)), retry: r.IntN(4) == 0}
	if r.IntN(4) == 0 {
		p.again = between(r, 100*time.Microsecond, 100*time.Millisecond)
	}
	when := []moment{before, after}[r.IntN(2)]
	call, commit := r.IntN(len(j.calls)), 1+r.IntN(3)
	short, long := between(r, 10*time.Microsecond, 30*time.Millisecond), between(r, 10*time.Microsecond, 150*time.Millisecond)
	ways := []func(*testing.T, *visit){
		atCallOf(call, when),
		soonAfterCall(call, short),
		soonAfterCall(len(j.calls)-1, short), // the last transactions
		soonAfterCallback("approve", long),
		soonAfterCallback("deny", short),
	}
	if j.picks > 0 {
		ways = append(ways, soonAfterChoice(short))
	}
	if engine == "postgres" {
		ways = append(ways, atCommit(commit, when))
		if j.picks > 0 {
			ways = append(ways, atChoiceCommit(when))
		}
	}
	p.die = ways[r.IntN(len(ways))]
	return p
}

// between is a duration whose magnitude is as likely as any other.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}
