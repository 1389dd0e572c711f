package smartlyq_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"patchbay/internal/e2e"
)

var pasteable = regexp.MustCompile("(?ms)^```bash\n(.*?)^```")

// What docs/smartlyq.md shows can be pasted, in order: a person opens the link in between.
func TestManualCanBePasted(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs/smartlyq.md"))
	if err != nil {
		t.Fatal(err)
	}
	w, asks, rest := world{e2e.Start(t, e2e.Options{})}, "", ""
	for _, block := range pasteable.FindAllStringSubmatch(string(page), -1) {
		switch text := block[1]; {
		case strings.Contains(text, "export PATCHBAY_URL="), strings.Contains(text, "/v1/endpoints"): // the reader's own addresses
		case strings.Contains(text, "/connect/facebook"):
			asks = text
		default:
			rest += text
		}
	}
	var made struct{ Data link }
	said := w.bash(t, asks)
	if err := json.Unmarshal([]byte(said), &made); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	p := e2e.NewPerson(t)
	p.Fetch("GET", decide(p, made.Data.ConnectURL, "creator", "approve"), nil)
	lines := strings.Fields(strings.ReplaceAll(w.bash(t, "LINK='"+strings.TrimSpace(said)+"'\n"+rest), " ", ""))
	if len(lines) < 10 {
		t.Errorf("got %d answers, want those of the page: %v", len(lines), lines)
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, `{"success":true,`) {
			t.Errorf("got %s, want a success", line)
		}
	}
}

// bash runs lines as a reader's shell does, with each answer on a line.
func (w world) bash(t *testing.T, lines string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "bash", "-e", "-c", "curl() { command curl \"$@\"; echo; }\n"+lines)
	cmd.Env, cmd.Dir = w.environment(), t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}
