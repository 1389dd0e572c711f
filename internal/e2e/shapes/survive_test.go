package shapes_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/platform"
)

// TestChannelsSurvive asks the whole program about every cell: a channel is led through
// all the shapes. None but a permanent one disconnects it, and a later fine answer makes
// it well again; each permanent one is flagged within two attempts, with its reason.
func TestChannelsSurvive(t *testing.T) {
	t.Parallel()
	for _, w := range ways() {
		if !w.inLab() {
			continue
		}
		t.Run(w.id(), func(t *testing.T) {
			t.Parallel()
			newWalker(t, w, "sqlite").walk(t, all())
		})
	}
}

// TestChannelsSurviveOnPostgres is a sample of the same, another one each day.
func TestChannelsSurviveOnPostgres(t *testing.T) {
	t.Parallel()
	seed := time.Now().UTC().Format(time.DateOnly)
	for _, w := range ways() {
		if !w.inLab() {
			continue
		}
		t.Run(w.id(), func(t *testing.T) {
			t.Parallel()
			t.Logf("seed %s", seed)
			newWalker(t, w, "postgres").walk(t, slices.DeleteFunc(all(), func(s shape) bool {
				h := fnv.New32()
				_, _ = fmt.Fprint(h, seed, w.id(), s.name)
				return h.Sum32()%20 != 0
			}))
		})
	}
}

// walk tries the shapes: first those that leave the channel well, then those that pass,
// some in a row before the platform is itself again, then those that end it.
func (k *walker) walk(t *testing.T, shapes []shape) {
	t.Helper()
	var fine, passing, held, ending []shape
	for _, s := range shapes {
		switch want, there := k.gate.table.Cells[s.name]; {
		case !there || want.why != "" || !k.concerned(s):
		case want.class == platform.ClassFine:
			fine = append(fine, s)
		case want.class == platform.ClassPermanent:
			ending = append(ending, s)
		case want.class == platform.ClassTransient:
			passing = append(passing, s)
		default:
			held = append(held, s) // and the app with it, longer each time
		}
	}
	for _, s := range fine {
		t.Run(s.name, func(t *testing.T) { k.freshen(t); k.stays(t, s, true) })
	}
	for _, row := range append(slices.Collect(slices.Chunk(passing, 4)), slices.Collect(slices.Chunk(held, 2))...) {
		k.freshen(t)
		for _, s := range row {
			t.Run(s.name, func(t *testing.T) { k.stays(t, s, false) })
		}
		t.Run("fine-after-"+row[len(row)-1].name, k.recovers)
	}
	for _, s := range ending {
		t.Run(s.name, func(t *testing.T) {
			k.freshen(t)
			k.ends(t, s, k.gate.table.Cells[s.name])
			k.revive(t)
		})
	}
}

// concerned leaves out what the gate cannot do, and what only other platforms say, which
// the platform's code alone is asked about.
func (k *walker) concerned(s shape) bool {
	spec := k.gate.platform.Spec()
	if s.waits[1] > time.Hour && spec.Refresh == platform.RefreshRenewing {
		return false // what is to be renewed ends while it is waited for: lives are cut short here
	}
	return !s.alone && (s.of == "" || slices.Contains(strings.Fields(s.of), spec.ID))
}
