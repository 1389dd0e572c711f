package app

import "runtime/debug"

// gcPercent lets the heap grow to five times of what is in use before it is collected.
// What lives between requests is about 10 MiB: with Go's default of 100 percent a loaded
// server would collect dozens of times a second, for a fifth of its processor time.
const gcPercent = 400

// collectSeldom sets it, unless the operator has set GOGC. GOMEMLIMIT bounds it.
func collectSeldom() {
	if before := debug.SetGCPercent(gcPercent); before != 100 {
		debug.SetGCPercent(before)
	}
}
