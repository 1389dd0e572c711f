package config

import (
	"slices"
	"strings"
)

// Unknown is a variable that begins like ours and that nobody reads.
type Unknown struct {
	Name    string
	Nearest string // a name that it may be meant to be; empty: none is near
}

// elsewhere are variables that commands and tests read, beside the settings.
var elsewhere = []string{"PATCHBAY_CONFIG", "PATCHBAY_URL", "PATCHBAY_API_KEY", "PATCHBAY_LISTEN_SECRET", "PATCHBAY_IMPORT_ACCESS_TOKEN", "PATCHBAY_IMPORT_REFRESH_TOKEN", "PATCHBAY_DEPS", "PATCHBAY_SHOTS", "PATCHBAY_LOGS"}

// UnknownIn lists, sorted, what an environment ("NAME=value" each) sets in vain. Values
// are not kept.
func UnknownIn(environ, platformIDs []string) (unknown []Unknown) {
	known := slices.Clone(elsewhere)
	for _, s := range append(settings(), appSettings(platformIDs)...) {
		known = append(known, s.name)
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, Prefix) && !strings.HasPrefix(name, Prefix+"TEST_") && strings.TrimSpace(value) != "" && !slices.Contains(known, name) {
			unknown = append(unknown, Unknown{name, nearest(name, known)})
		}
	}
	slices.SortFunc(unknown, func(a, b Unknown) int { return strings.Compare(a.Name, b.Name) })
	return unknown
}

// nearest is the known name that takes the fewest changes, and no more than three.
func nearest(name string, known []string) (found string) {
	fewest := 4
	for _, k := range known {
		if n := distance(name, k); n < fewest {
			fewest, found = n, k
		}
	}
	return found
}

// distance is Levenshtein's: letters to put in, take out or exchange.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
