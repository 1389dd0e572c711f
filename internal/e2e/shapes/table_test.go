package shapes_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"patchbay/internal/platform"
)

// table is what the shapes mean for one way of one platform.
type table struct {
	Answer map[string]any    // how the platform says that all is well; "$access" and its relatives are filled in
	Names  map[string]string // what it calls access_token and its relatives, where otherwise
	Cells  map[string]cell   // by shape
}

// cell is what one shape means there: "fine", "permanent revoked", "not_applicable why".
type cell struct {
	class  platform.Class
	reason string // of a permanent one
	why    string // it does not apply
}

func (c cell) String() string { return strings.TrimSpace(string(c.class) + " " + c.reason) }

// reasons are what a permanent cell may name.
var reasons = []string{
	platform.ReasonRevoked, platform.ReasonConsentExpired, platform.ReasonPasswordChanged, platform.ReasonCheckpoint, platform.ReasonAccountInactive,
	platform.ReasonScopesMissing, platform.ReasonTokenRefused, platform.ReasonTokenKind, platform.ReasonTargetGone, platform.ReasonTargetPermission,
}

func (c *cell) UnmarshalYAML(node *yaml.Node) error {
	class, more, _ := strings.Cut(node.Value, " ")
	switch c.class = platform.Class(class); {
	case class == "not_applicable" && more != "":
		c.why = more
	case c.class == platform.ClassPermanent && slices.Contains(reasons, more):
		c.reason = more
	case slices.Contains([]platform.Class{platform.ClassFine, platform.ClassTransient, platform.ClassRateLimited, platform.ClassConfiguration}, c.class) && more == "":
	default:
		return fmt.Errorf("line %d: %q is no class with a reason where one is needed", node.Line, node.Value)
	}
	return nil
}

// readTables reads what stands beside a platform: a table for each way.
func readTables(folder string) (map[string]table, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "platforms", folder, "testdata", "shapes.yaml"))
	if err != nil {
		return nil, fmt.Errorf("platform %s has no table of reply shapes: %w", folder, err)
	}
	return parseTables(text)
}

func parseTables(text []byte) (map[string]table, error) {
	var tables map[string]table
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true) // and a shape named twice is an error anyhow
	if err := decoder.Decode(&tables); err != nil {
		return nil, fmt.Errorf("shapes.yaml: %w", err)
	}
	return tables, nil
}

// check holds a table to the list of shapes: one cell each, and no other.
func (t table) check(shapes []shape) error {
	var wrong []error
	known := map[string]bool{}
	for _, s := range shapes {
		known[s.name] = true
		if _, there := t.Cells[s.name]; !there {
			wrong = append(wrong, fmt.Errorf("no cell for %s", s.name))
		}
	}
	for name, c := range t.Cells {
		if c.class == "" {
			wrong = append(wrong, fmt.Errorf("no class for %s", name))
		}
		if !known[name] {
			wrong = append(wrong, fmt.Errorf("a cell for %s, which is no shape", name))
		}
	}
	if len(t.Answer) == 0 {
		wrong = append(wrong, errors.New("no answer"))
	}
	return errors.Join(wrong...)
}

// mustTable is the table of a way.
func mustTable(t *testing.T, w way) table {
	t.Helper()
	tables, err := readTables(w.folder)
	if err != nil {
		t.Fatal(err)
	}
	return tables[w.name]
}

func TestEveryCellIsFilled(t *testing.T) {
	t.Parallel()
	shapes, names := all(), map[string]bool{}
	for _, s := range shapes {
		if names[s.name] {
			t.Errorf("two shapes are called %s", s.name)
		}
		names[s.name] = true
	}
	if len(shapes) < 60 {
		t.Errorf("got %d shapes, want at least 60", len(shapes))
	}
	wanted := map[string][]string{}
	for _, w := range ways() {
		wanted[w.folder] = append(wanted[w.folder], w.name)
	}
	cells := 0
	for folder, names := range wanted {
		tables, err := readTables(folder)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, name := range names {
			if err := tables[name].check(shapes); err != nil {
				t.Errorf("%s, %s:\n%v", folder, name, err)
			}
			cells += len(tables[name].Cells)
			delete(tables, name)
		}
		for name := range tables {
			t.Errorf("%s: a table of %q, which is no way of it", folder, name)
		}
	}
	t.Logf("%d shapes, %d cells", len(shapes), cells)
}

// A table that is wrong is told, whichever way it is.
func TestTablesAreHeldToTheShapes(t *testing.T) {
	t.Parallel()
	const good = "refresh:\n  answer: {access_token: $access}\n  cells:\n    a: fine\n    b: permanent revoked\n    c: not_applicable it has none\n"
	three := []shape{{name: "a"}, {name: "b"}, {name: "c"}}
	for name, c := range map[string]struct{ from, to, want string }{
		"complete":                       {"", "", ""},
		"a missing cell":                 {"    a: fine\n", "", "no cell for a"},
		"an unknown shape":               {"    a: fine", "    a: fine\n    d: fine", "a cell for d"},
		"a shape twice":                  {"    a: fine", "    a: fine\n    a: transient", "already defined"},
		"an unknown class":               {"a: fine", "a: good", "no class"},
		"an empty class":                 {"a: fine", "a:", "no class"},
		"a permanent one without reason": {"permanent revoked", "permanent", "no class"},
		"a reason that there is not":     {"permanent revoked", "permanent bored", "no class"},
		"a fine one with a reason":       {"a: fine", "a: fine revoked", "no class"},
		"not applicable without a why":   {"not_applicable it has none", "not_applicable", "no class"},
		"no answer":                      {"answer: {access_token: $access}", "answer: {}", "no answer"},
		"another field":                  {"answer:", "answers:", "answers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tables, err := parseTables([]byte(strings.Replace(good, c.from, c.to, 1)))
			if err == nil {
				err = tables["refresh"].check(three)
			}
			if got := fmt.Sprint(err); (c.want == "") != (err == nil) || !strings.Contains(got, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
