package clients_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"patchbay/internal/connect"
)

// actors are those who act, as docs/health.md calls them.
var actors = map[connect.Act]string{
	connect.ActPerson: "the person", connect.ActPage: "a page administrator", connect.ActOperator: "the operator", connect.ActPlatform: "the platform",
}

// docs/health.md has a row for every reason there is, in the core's own words, and for no other.
func TestPageOfHealthExplainsEveryReason(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(root + "/docs/health.md")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, reason := range connect.HealthReasons() {
		d := connect.Diagnose(reason)
		want = append(want, fmt.Sprintf("| `%s` | `%s` | %s | %s | %s |\n", reason, d.Health, actors[d.Act], d.Sentence, d.Todo))
	}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) == 7 && strings.HasPrefix(line, "| `") {
			got = append(got, line)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	for _, row := range want {
		if !slices.Contains(got, row) {
			t.Errorf("docs/health.md lacks the row\n%s", row)
		}
	}
	for _, row := range got {
		if !slices.Contains(want, row) {
			t.Errorf("docs/health.md has a row that the core does not know:\n%s", row)
		}
	}
}
