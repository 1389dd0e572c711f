package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// rotationTeller says what a rotation does: what happened on standard output, what it
// is at on standard error.
type rotationTeller struct {
	world    *World
	file     string
	notes    palette
	gone     time.Duration // after which a server counts as gone
	told     bool          // that something happened
	resealed *connect.Resealed
	retired  bool
	next     time.Time // when the line that is at work may change again
}

func (t *rotationTeller) news(n connect.RotationNews) {
	switch {
	case n.Added != 0:
		t.line("Key %s added to %s. It seals nothing yet.", n.Added, t.file)
	case n.Resumed != 0:
		t.line("Going on with the rotation to key %s that was begun before.", n.Resumed)
	case n.Promoted != 0:
		t.line("Key %s seals from now on.", n.Promoted)
	case len(n.Waiting) > 0:
		t.working(t.waitingFor(n.Waiting), true)
	case n.Resealed != nil:
		t.resealed = n.Resealed
		t.line("Re-encrypted %s", resealedText(*n.Resealed))
	case len(n.Retired) > 0:
		t.retired = true
		t.line("Taken out of %s: %s.", t.file, keyNames(n.Retired))
	default:
		p := n.Progress
		t.working(fmt.Sprintf("Re-encrypting %s: %d of %d", p.Table, p.Done, max(p.Done, p.Total)), false)
	}
}

// line is something that happened.
func (t *rotationTeller) line(format string, args ...any) {
	t.erase()
	t.told = true
	fmt.Fprintf(t.world.Stdout, format+"\n", args...)
}

// progressEvery keeps a terminal readable.
const progressEvery = 100 * time.Millisecond

// working shows what it is at: on a terminal one line that the next replaces, else only
// what is worth a line of its own.
func (t *rotationTeller) working(text string, worth bool) {
	columns := t.world.width(t.world.Stderr)
	switch {
	case columns == 0 && worth:
		fmt.Fprintln(t.world.Stderr, text)
	case columns > 0 && (worth || !t.world.now().Before(t.next)):
		t.next = t.world.now().Add(progressEvery)
		fmt.Fprint(t.world.Stderr, "\r\x1b[K"+t.notes.dim(shorten(clean(text), columns-1)))
	}
}

func (t *rotationTeller) erase() {
	if t.world.width(t.world.Stderr) > 0 {
		fmt.Fprint(t.world.Stderr, "\r\x1b[K")
	}
}

// end says what is left to do.
func (t *rotationTeller) end(c *KeysRotateCmd) error {
	out := t.world.Stdout
	switch {
	case !t.told:
		fmt.Fprintln(out, "Nothing to do.")
	case t.retired:
		fmt.Fprintln(out, "Backups made before now can be read with the old file only: keep a copy of it as long as them.")
	case c.Step == "add":
		fmt.Fprintf(out, "Next: copy %s to every machine that serves, then `patchbay keys rotate --step promote`.\n", t.file)
	case c.Step == "promote":
		fmt.Fprintf(out, "Next: copy %s to every machine that serves, then `patchbay keys rotate --step reseal`.\n", t.file)
	default:
		set, err := vault.NewKeyFile(t.file).Keyset()
		if err != nil {
			return err
		}
		if old := set.Others(); len(old) > 0 {
			fmt.Fprintf(out, "Still in the file, for backups made before: %s. `patchbay keys rotate --step retire` takes the old keys out.\n", keyNames(old))
		}
	}
	return nil
}

// maxNamed is how many rows an error names.
const maxNamed = 5

// lost is an error that names the values which no key opens.
func (t *rotationTeller) lost() error {
	if t.resealed == nil || len(t.resealed.Lost) == 0 {
		return nil
	}
	var named []string
	for _, row := range t.resealed.Lost[:min(maxNamed, len(t.resealed.Lost))] {
		named = append(named, row.Table+" "+strconv.FormatInt(row.ID, 10))
	}
	if more := len(t.resealed.Lost) - len(named); more > 0 {
		named = append(named, fmt.Sprintf("and %d more", more))
	}
	return &exitError{
		code: exitOther,
		what: fmt.Sprintf("%s under no key of the file, and were left as they are: %s", opens(len(t.resealed.Lost)), strings.Join(named, ", ")),
		next: "whoever connected those has to connect again: docs/keys.md, \"When a key is lost\"",
	}
}

func opens(n int) string {
	if n == 1 {
		return "1 sealed value opens"
	}
	return fmt.Sprintf("%d sealed values open", n)
}

func (t *rotationTeller) waitingFor(instances []connect.Instance) string {
	var names []string
	for _, i := range instances {
		name := i.Name
		if i.Unseen >= t.gone/2 {
			name += fmt.Sprintf(" (not seen for %s; gone after %s)", i.Unseen.Round(time.Second), t.gone)
		}
		names = append(names, name)
	}
	return "Waiting for " + strings.Join(names, ", ")
}

func keyNames(keys []vault.KeyID) string {
	var names []string
	for _, id := range keys {
		names = append(names, "key "+id.String())
	}
	return strings.Join(names, ", ")
}

// resealedText counts by table.
func resealedText(r connect.Resealed) string {
	var all int64
	var parts []string
	for _, table := range connect.SealedTables() {
		if n := r.Rows[table]; n > 0 {
			all += n
			parts = append(parts, fmt.Sprintf("%s %d", sealedNoun(table), n))
		}
	}
	if all == 0 {
		return "nothing: no sealed value was left under another key."
	}
	return fmt.Sprintf("%s: %s.", counted(int(all), "value"), strings.Join(parts, ", "))
}
