package main

import (
	"fmt"
	"strings"
)

// argument is why a guard may be taken out without any test noticing.
type argument struct {
	file, fn string
	old      string // a part of the guard
	exact    bool   // all of it
	why      string
}

// arguments are about guards that no caller can tell from their absence. They are few:
// what is only noise is better taken out of the code.
var arguments = []argument{
	{file: "attempt.go", fn: "StaleAttempts", old: "'away', 'exchanging'", why: "names a partial index; the two conditions after it say the same"},
	{file: "channel.go", fn: "(declaration)", old: "o.workspace_id = c.workspace_id", why: sameWorkspace},
	{file: "session.go", fn: "(declaration)", old: "o.workspace_id = s.workspace_id", why: sameWorkspace},
	{file: "step.go", fn: "Steps", old: "a.workspace_id = s.workspace_id", why: sameWorkspace},
	{file: "session.go", fn: "DueSessions", old: "a.workspace_id = sessions.workspace_id", why: sameWorkspace},
	{file: "step.go", fn: "AppendStep", old: "workspace_id = $1", why: "the insert after it refers to (workspace_id, attempt_id), and where that fails so does the whole transaction"},
	{file: "target.go", fn: "DropTargets", old: "c.workspace_id = targets.workspace_id", exact: true, why: sameWorkspace},
	{file: "channel.go", fn: "reviveChannel", old: "workspace_id = $1", why: "the row is that of an owner, or of an id found one statement before, and those are unique in the instance"},
}

// sameWorkspace is about joins: ids are unique in the instance, and the foreign keys are
// composite, so that a row never refers to another workspace's. The condition is there
// because (workspace_id, id) is what PostgreSQL has the index on.
const sameWorkspace = "a composite foreign key says the same; the pair is what is indexed"

func argued(m mutant) (string, bool) {
	for _, a := range arguments {
		if a.fits(m) {
			return a.why, true
		}
	}
	return "", false
}

func (a argument) fits(m mutant) bool {
	return strings.HasSuffix(m.file, a.file) && a.fn == m.fn && strings.Contains(m.old, a.old) && (!a.exact || m.old == a.old)
}

// checkArguments refuses an argument about what is not there any more.
func checkArguments(all []mutant) error {
	for _, a := range arguments {
		fits := false
		for _, m := range all {
			fits = fits || a.fits(m)
		}
		if !fits {
			return fmt.Errorf("the argument about %q in %s of %s fits no guard: take it out", a.old, a.fn, a.file)
		}
	}
	return nil
}
