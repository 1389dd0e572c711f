package crash_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// plan is one kill. It is drawn whole before anything happens.
type plan struct {
	journey journey
	asking  asking
	user    string // few, so that channels are connected again, and by two sessions at a time
	die     death
	retry   bool
	again   time.Duration // after the start; 0: no second kill

	own    string // instead of a visit: the workspace's own app at this platform is exchanged
	commit *trap  // where; nil: after a while
	while  time.Duration
	anew   bool // our apps at servers are registered anew
}

func draw(r *rand.Rand, engine string) plan {
	j := journeys[r.IntN(len(journeys))]
	p := plan{journey: j, user: fmt.Sprintf("user-%d", r.IntN(8)), retry: r.IntN(4) == 0}
	if r.IntN(4) == 0 {
		p.again = between(r, 100*time.Microsecond, 100*time.Millisecond)
	}
	p.asking = []asking{{}, {}, natively, natively, confirmed, confirmed, confirmed, forgotten}[r.IntN(8)]
	d := drawDelays(r, j)
	kind := r.IntN(24)
	switch {
	case kind <= 1:
		p.own, p.while = []string{"facebook", "instagram", "linkedin", "x"}[r.IntN(4)], d.short
		if engine == "postgres" && r.IntN(2) == 0 {
			p.commit = newTrap(1, d.when)
		}
		return p
	case kind <= 7 && j.server != "":
		p.anew = true
	}
	ways := d.ways(p, engine)
	p.die = ways[r.IntN(len(ways))]
	return p
}

// delays are where and when a kill falls.
type delays struct {
	call, commit, registering int
	when                      moment
	short, long, gap          time.Duration
}

func drawDelays(r *rand.Rand, j journey) delays {
	return delays{
		call: r.IntN(len(j.calls)), commit: 1 + r.IntN(3), registering: r.IntN(len(registration)),
		when:  []moment{before, after}[r.IntN(2)],
		short: between(r, 10*time.Microsecond, 30*time.Millisecond),
		long:  between(r, 10*time.Microsecond, 150*time.Millisecond),
		gap:   between(r, 10*time.Microsecond, 150*time.Millisecond),
	}
}

func (d delays) ways(p plan, engine string) []death {
	j, postgres := p.journey, engine == "postgres"
	if p.anew {
		ways := []death{atRegistration(d.registering, d.when), soonAfterServer(d.long)}
		if postgres {
			ways = append(ways, atRegistrationCommit([]string{looked, appsRow, registered, begun}[d.registering], d.when))
		}
		return ways
	}
	ways := []death{
		atCallOf(d.call, d.when),
		soonAfterCall(d.call, d.short),
		soonAfterCall(len(j.calls)-1, d.short), // the last transactions
		soonAfterCallback("approve", d.long),
		soonAfterCallback("deny", d.short),
		cancelRaces(d.gap, d.short),
	}
	if j.picks > 0 {
		ways = append(ways, soonAfterChoice(d.short))
	}
	if postgres {
		ways = append(ways, atCommit(d.commit, d.when))
		if j.picks > 0 {
			ways = append(ways, atChoiceCommit(d.when))
		}
	}
	if p.asking.native {
		ways = append(ways, soonAfterAsking(d.short))
		if postgres {
			ways = append(ways, atAskCommit(d.when))
		}
	}
	if p.asking.check == "confirm" && !p.asking.silent {
		ways = append(ways, soonAfterConfirm(d.short), whileConfirming(0))
		if postgres {
			ways = append(ways, atConfirmCommit(d.when))
		}
	}
	return ways
}

// between is a duration whose magnitude is as likely as any other.
func between(r *rand.Rand, least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), r.Float64()))
}
