package app_test

import (
	"errors"
	"strings"
	"testing"

	"patchbay/internal/app"
)

func TestDatabaseTrouble(t *testing.T) {
	t.Parallel()
	const tries = "open the database: reach the database: failed to connect to `user=u database=x`:\n" +
		"\t127.0.0.1:1 (127.0.0.1): dial error\n\t127.0.0.1:1 (127.0.0.1): dial error\n\t[::1]:1 (::1): dial error"
	for text, want := range map[string]string{
		tries: "cannot reach the database: failed to connect to `user=u database=x`: 127.0.0.1:1 (127.0.0.1): dial error [::1]:1 (::1): dial error",
		"open the database: open /x.db: file is not a database (26)": "the database file is not a database of SQLite",
	} {
		got, next, ok := app.DatabaseTrouble(errors.New(text))
		if got != want || !ok || next == "" {
			t.Errorf("%s:\ngot  %s, %q\nwant %s and what to do", text, got, next, want)
		}
	}
	if what, _, ok := app.DatabaseTrouble(errors.New("disk I/O error")); ok || strings.TrimSpace(what) != "" {
		t.Errorf("another error: got %q, want it left to itself", what)
	}
}
