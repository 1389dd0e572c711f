package clients_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What docs/clients.md and docs/health.md show of the clients is cut out of programs that
// are compiled and run.
func TestPagesShowRealCode(t *testing.T) {
	t.Parallel()
	sources := map[string]string{
		"go": lines(t, root+"/client/example_test.go") + lines(t, root+"/examples/go/main.go"),
		"ts": lines(t, "testdata/job.ts") + lines(t, root+"/examples/node/connect.ts"),
	}
	var shown int
	for _, b := range append(blocks(t, root+"/docs/clients.md"), blocks(t, root+"/docs/health.md")...) {
		if b.language != "go" && b.language != "ts" {
			continue
		}
		for line := range strings.Lines(b.text) {
			shown++
			if !strings.Contains(sources[b.language], "\n"+strings.TrimSpace(line)+"\n") {
				t.Errorf("%s: no program that is tested has the line %s", b.at(), line)
			}
		}
	}
	if shown < 20 {
		t.Errorf("got %d lines, want those of the page", shown)
	}
}

// lines is a file with each line trimmed.
func lines(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	out := "\n"
	for line := range strings.Lines(string(text)) {
		out += strings.TrimSpace(line) + "\n"
	}
	return out
}
