package main

import (
	"fmt"
	"math"
	"time"
)

// Aim is something that was to be reached.
type Aim struct {
	Says    string `json:"says"`
	Found   string `json:"found"` // the worst that was seen
	Reached bool   `json:"reached"`
}

// What was to be reached.
const (
	aimBare     = 0.5
	aimRead     = 0.6
	aimFsync    = 1.0
	aimGrowth   = 1.3
	aimResident = 64 << 20

	aimSweep       = 150  // refreshes a second that a sweep can make
	aimSwept       = 0.95 // of what comes due, while it is watched
	aimLate        = 5 * time.Second
	aimSweepMemory = 256 << 20
)

// judge compares every line with the aims.
func (r *Report) judge() {
	for _, l := range r.Lines {
		at := fmt.Sprintf("%s, %s, %d at a time, %d channels", l.Engine, l.Operation, l.Callers, l.Channels)
		if l.reads && l.Engine == sqliteEngine {
			r.atLeast(at, "of the bare handler's requests a second", l.Bare.Rate, aimBare)
		}
		if l.reads {
			r.atLeast(at, "of the point read's requests a second", l.Read.Rate, aimRead)
		}
		if l.Fsync > 0 && l.Callers > 1 {
			r.atLeast(at, "answers for each flush of the disk", l.Fsync, aimFsync)
		}
		if l.Channels > r.Lines[0].Channels {
			r.Aims = append(r.Aims, Aim{
				Says:    fmt.Sprintf("%s: at most %.2g times the CPU of %d channels", at, aimGrowth, r.Lines[0].Channels),
				Found:   fmt.Sprintf("%.2f", l.Growth),
				Reached: l.Growth <= aimGrowth,
			})
		}
	}
	r.judgeSweeps()
	r.atRest("an empty SQLite database", r.Resting)
	for _, m := range r.Memory {
		r.atRest(fmt.Sprintf("%s with %d channels", m.Engine, m.Channels), m.Resting)
	}
}

// judgeSweeps compares what keeps grants alive.
func (r *Report) judgeSweeps() {
	for _, c := range r.Claims {
		if c.Growth != 1 {
			r.Aims = append(r.Aims, Aim{
				Says:    fmt.Sprintf("%s, a claim among %d grants: at most %.2g times the time of the smallest table", c.Engine, c.Grants, aimGrowth),
				Found:   fmt.Sprintf("%.2f", c.Growth),
				Reached: c.Growth <= aimGrowth,
			})
		}
	}
	for _, s := range r.Sweeps {
		at := fmt.Sprintf("%s, sweep of %d grants", s.Engine, s.Grants)
		if s.Backlog > aimSweep*10 { // else there was nothing to catch up with
			r.Aims = append(r.Aims, Aim{at + fmt.Sprintf(": at least %d refreshes a second where so many are due", aimSweep), whole(s.CatchRate), s.CatchRate >= aimSweep})
		}
		r.Aims = append(r.Aims,
			Aim{at + fmt.Sprintf(": keeps up with the %.0f that come due a second", s.Due), whole(s.Rate), s.Rate >= aimSwept*s.Due},
			Aim{at + fmt.Sprintf(": no grant later than %s", aimLate), short(s.Late), s.Late <= aimLate},
			Aim{at + fmt.Sprintf(": never more than %d MiB resident", aimSweepMemory>>20), mebibytes(s.Peak), s.Peak <= aimSweepMemory})
	}
}

func (r *Report) atLeast(at, of string, found, want float64) {
	r.Aims = append(r.Aims, Aim{
		Says:    fmt.Sprintf("%s: at least %.2g %s", at, want, of),
		Found:   fmt.Sprintf("%.2f", found),
		Reached: !math.IsNaN(found) && found >= want,
	})
}

func (r *Report) atRest(over string, found int64) {
	r.Aims = append(r.Aims, Aim{
		Says:    fmt.Sprintf("memory at rest over %s: at most %d MiB", over, aimResident>>20),
		Found:   mebibytes(found),
		Reached: found <= aimResident,
	})
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
