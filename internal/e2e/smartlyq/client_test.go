package smartlyq_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

const root = "../../.." // of the repository

// A client is generated from the description, compiled strictly, and does everything.
func TestGeneratedClientDoesTheJourney(t *testing.T) {
	t.Parallel()
	node, tools := testkit.Node(t), testkit.SDKTools(t)
	w, dir := world{e2e.Start(t, e2e.Options{})}, t.TempDir()
	for _, name := range []string{"package.json", "tsconfig.json", "generate.mjs"} {
		place(t, filepath.Join(root, "sdk/ts", name), filepath.Join(dir, name))
	}
	if err := os.Symlink(filepath.Join(tools, "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	description := filepath.Join(root, "internal/dialect/smartlyq/openapi.yaml")
	w.tool(t, dir, node, filepath.Join(tools, "node_modules/@redocly/cli/bin/cli.js"), "lint", "--config", absolute(t, filepath.Join(root, "internal/e2e/clients/redocly.yaml")), absolute(t, description))
	writeJSON(t, description, filepath.Join(dir, "openapi.json"))
	w.tool(t, dir, node, "generate.mjs", "openapi.json", "src/generated")
	place(t, "testdata/job.ts", filepath.Join(dir, "src/job.ts"))
	w.tool(t, dir, node, filepath.Join(tools, "node_modules/typescript/bin/tsc"), "-p", ".")
	said := w.run(t, node, filepath.Join(dir, "dist/job.js"))
	if !strings.HasSuffix(said, "all done\n") {
		t.Errorf("got %q, want everything done", said)
	}
}

// run runs a program and has a person open the link that it writes.
func (w world) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = w.environment()
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if address, ok := strings.CutPrefix(lines.Text(), "open "); ok {
			p := e2e.NewPerson(t)
			p.Open(decide(p, address, "creator", "approve"))
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s%s", filepath.Base(args[0]), err, said.String(), complaints.String())
	}
	return said.String()
}

// tool runs a program that says nothing of interest when all is well.
func (w world) tool(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = dir, w.environment()
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func (w world) environment() []string {
	env := []string{"PATCHBAY_URL=" + w.URL, "PATCHBAY_API_KEY=" + w.Key, "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true", "NO_COLOR=1"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func absolute(t *testing.T, file string) string {
	t.Helper()
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func writeJSON(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := yaml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(document); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// place copies a file to where nothing is yet.
func place(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o700)
	}
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
