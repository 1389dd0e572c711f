package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// KeysStatusCmd shows where the keys stand.
type KeysStatusCmd struct {
	JSON      bool          `name:"json" help:"Print one JSON object."`
	GoneAfter time.Duration `name:"gone-after" default:"30s" placeholder:"TIME" help:"A server not seen for this long counts as gone (default: ${default})."`

	keyFileFlag
	settingsFlags
}

// Help is shown by --help.
func (*KeysStatusCmd) Help() string {
	return `Shows no key, only their ids: which are in the file and which one seals, how many sealed values each table has under each,
and what every server holds. It changes nothing.

States of a key: primary (it seals), next (added, not promoted yet), old (it opens only), missing (values are sealed under
it, and the file does not have it: they cannot be opened).

Examples:

    patchbay keys status
    patchbay keys status --file /etc/patchbay/keyset.json --json

Exit codes: 0 shown, 1 another error, 2 wrong usage or settings.
`
}

// keyLine is one key of the status.
type keyLine struct {
	ID     vault.KeyID      `json:"id"`
	State  string           `json:"state"`
	Sealed map[string]int64 `json:"sealed"` // values by table
}

// instanceLine is one server of the status.
type instanceLine struct {
	Name      string        `json:"name"`
	Keys      []vault.KeyID `json:"keys"`
	SealsWith vault.KeyID   `json:"seals_with"` // 0: it is starting
	UnseenMS  int64         `json:"unseen_ms"`
	Gone      bool          `json:"gone"`
}

// Run shows it.
func (c *KeysStatusCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.database(w, "keys status")
	if err != nil {
		return err
	}
	keys, name, err := c.keyring(cfg)
	if err != nil {
		return err
	}
	status, err := app.KeyStatus(ctx, cfg, keys)
	if err != nil {
		return keysError(ctx, err)
	}
	lines, instances := keyLines(status), c.instanceLines(status)
	if c.JSON {
		return writeJSON(w.Stdout, struct {
			File      string         `json:"file"`
			Keys      []keyLine      `json:"keys"`
			Instances []instanceLine `json:"instances"`
		}{name, lines, instances})
	}
	c.print(w, name, lines, instances)
	return nil
}

// keyring is the key file, or what PATCHBAY_KEY holds.
func (f keyFileFlag) keyring(cfg config.Config) (connect.Keyring, string, error) {
	if f.File == "" && cfg.KeyFile == "" && !cfg.Key.Empty() {
		return textKeyring{cfg.Key}, "PATCHBAY_KEY", nil
	}
	file, err := f.find(cfg)
	if err != nil {
		return nil, "", err
	}
	return file, file.Path(), nil
}

// textKeyring is a keyset that stands in the environment.
type textKeyring struct{ text vault.Secret }

func (k textKeyring) Text() ([]byte, error) { return []byte(k.text.Reveal()), nil }

func (k textKeyring) Keyset() (vault.Keyset, error) {
	return vault.ParseKeyset([]byte(k.text.Reveal()))
}

func (textKeyring) Replace(vault.Keyset) error {
	return &exitError{code: exitUsage, what: "PATCHBAY_KEY cannot be changed from here"}
}

// sealedNoun is what people call a table's sealed values.
func sealedNoun(table string) string {
	switch table {
	case "replies":
		return "kept replies" // of requests that may be repeated
	case "audit_heads":
		return "audit chains"
	default:
		return table
	}
}

// keyLines are the keys of the file, then those that are missing.
func keyLines(s connect.KeyStatus) []keyLine {
	ids := slices.Clone(s.Keys)
	missing := map[vault.KeyID]bool{}
	for _, counts := range s.Sealed {
		for id := range counts {
			if !slices.Contains(ids, id) {
				missing[id] = true
			}
		}
	}
	ids = append(ids, slices.Sorted(maps.Keys(missing))...)
	var lines []keyLine
	for _, id := range ids {
		line := keyLine{ID: id, State: "old", Sealed: map[string]int64{}}
		switch {
		case id == s.Primary:
			line.State = "primary"
		case id == s.Pending:
			line.State = "next"
		case missing[id]:
			line.State = "missing"
		}
		for table, counts := range s.Sealed {
			line.Sealed[table] = counts[id]
		}
		lines = append(lines, line)
	}
	return lines
}

func (c *KeysStatusCmd) instanceLines(s connect.KeyStatus) []instanceLine {
	lines := []instanceLine{}
	for _, i := range s.Instances {
		lines = append(lines, instanceLine{i.Name, append([]vault.KeyID{}, i.Keys...), i.Primary, i.Unseen.Milliseconds(), i.Unseen >= c.GoneAfter})
	}
	return lines
}

func (c *KeysStatusCmd) print(w *World, name string, keys []keyLine, instances []instanceLine) {
	p := w.palette(w.Stdout)
	fmt.Fprintf(w.Stdout, "Keys of %s, and the values sealed under each:\n\n", name)
	head := []string{"KEY", "STATE"}
	for _, table := range connect.SealedTables() {
		head = append(head, strings.ToUpper(sealedNoun(table)))
	}
	var rows [][]cell
	for _, k := range keys {
		row := []cell{{k.ID.String(), p.bold}, {k.State, map[string]func(string) string{"primary": p.good, "missing": p.bad, "next": p.warn}[k.State]}}
		for _, table := range connect.SealedTables() {
			row = append(row, cell{strconv.FormatInt(k.Sealed[table], 10), nil})
		}
		rows = append(rows, row)
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), head, rows)
	if len(instances) == 0 {
		fmt.Fprintln(w.Stdout, "\nNo server runs on this database.")
		return
	}
	fmt.Fprintln(w.Stdout, "\nServers (host/process) and the keys that they hold:")
	fmt.Fprintln(w.Stdout)
	rows = nil
	for _, i := range instances {
		rows = append(rows, i.cells(p))
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"SERVER", "SEALS WITH", "HOLDS", "SEEN"}, rows)
}

func (i instanceLine) cells(p palette) []cell {
	var holds []string
	for _, id := range i.Keys {
		holds = append(holds, id.String())
	}
	seals, seen := i.SealsWith.String(), cell{(time.Duration(i.UnseenMS) * time.Millisecond).Round(time.Second).String() + " ago", nil}
	if i.SealsWith == 0 {
		seals = "starting"
	}
	if i.Gone {
		seen.text, seen.paint = seen.text+", gone without a goodbye", p.warn
	}
	return []cell{{clean(i.Name), p.bold}, {seals, nil}, {strings.Join(holds, ", "), nil}, seen}
}
