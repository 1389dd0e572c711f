package connect

import (
	"encoding/json"
	"slices"
	"strings"
)

// eventData is a small JSON object of pairs; empty values are left out.
func eventData(pairs ...string) []byte {
	m := map[string]string{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			m[pairs[i]] = pairs[i+1]
		}
	}
	b, _ := json.Marshal(m) // strings always marshal
	return b
}

// fieldsGiven names the fields of a change that are given, in order.
func fieldsGiven(fields map[string]bool) string {
	var names []string
	for name, given := range fields {
		if given {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
