package cli_test

import (
	"path/filepath"
	"testing"
)

func TestRefreshingWithNothingToHold(t *testing.T) {
	t.Parallel()
	o := newOperator(t)
	for command, want := range map[string]struct{ text, json string }{
		"status": {"No grant is held back.", `"held":{}`},
		"hold":   {"Nothing to hold back", `"held":{}`},
		"resume": {"Nothing was held back.", `"resumed":{}`},
	} {
		wantContains(t, command, o.runs(0, "refreshing", command).stdout, want.text)
		wantContains(t, command, o.runs(0, "refreshing", command, "--json").stdout, want.json)
	}
	backup := filepath.Join(t.TempDir(), "backup.db")
	o.runs(0, "backup", backup)
	wantContains(t, "restore", o.runs(0, "restore", backup).stdout, "Restored", "patchbay doctor")
}

func TestRefreshingWithoutADatabase(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"status", "hold", "resume"} {
		got := runIn(t, t.Context(), terminal{}, "refreshing", command, "--data", t.TempDir())
		if got.code != 1 {
			t.Errorf("%s: got exit %d, want 1", command, got.code)
		}
		wantContains(t, command, got.stderr, "There is no database", "--data")
	}
}
