package app

import (
	"slices"
	"strings"
)

// DatabaseTrouble says what an error of a database that cannot be used means to the
// operator, and what to do; ok is false of errors that say so themselves.
func DatabaseTrouble(err error) (what, next string, ok bool) {
	text := err.Error()
	switch {
	case strings.Contains(text, "file is not a database"):
		return "the database file is not a database of SQLite", "`patchbay restore` puts a backup in its place, and keeps this one beside it", true
	case strings.Contains(text, unreached):
		return "cannot reach the database: " + once(text[strings.Index(text, unreached):]), "check PATCHBAY_DATABASE_URL and that the server can be reached from here", true
	}
	return "", "", false
}

// unreached begins what the driver says of a server that it cannot reach, with a line
// for each try: each address, and each with TLS and without.
const unreached = "failed to connect to "

// once is a text of lines without those that repeat one.
func once(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, " ")
}
