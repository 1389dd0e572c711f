package main

import (
	"fmt"
	"math"
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
			r.atLeast(at, "sessions for each flush of the disk", l.Fsync, aimFsync)
		}
		if l.Channels > r.Lines[0].Channels {
			r.Aims = append(r.Aims, Aim{
				Says:    fmt.Sprintf("%s: at most %.2g times the CPU of %d channels", at, aimGrowth, r.Lines[0].Channels),
				Found:   fmt.Sprintf("%.2f", l.Growth),
				Reached: l.Growth <= aimGrowth,
			})
		}
	}
	r.atRest("an empty SQLite database", r.Resting)
	for _, m := range r.Memory {
		r.atRest(fmt.Sprintf("%s with %d channels", m.Engine, m.Channels), m.Resting)
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
