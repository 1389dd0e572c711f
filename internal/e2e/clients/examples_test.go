package clients_test

import (
	"path/filepath"
	"strings"
	"testing"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

func TestExamplesDoTheMainJob(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "example")
	for name, command := range map[string]func(t *testing.T, w *e2e.World) []string{
		"curl": func(*testing.T, *e2e.World) []string { return []string{"bash", "examples/curl.sh"} },
		"node": func(t *testing.T, _ *e2e.World) []string {
			return []string{testkit.Node(t), "examples/node/connect.ts"}
		},
		"go": func(t *testing.T, w *e2e.World) []string {
			tool(t, root, environment(w), "go", "build", "-o", program, "./examples/go")
			return []string{program}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := e2e.Start(t, e2e.Options{})
			line := append(command(t, w), "user_7")
			said := run(t, w, func(t *testing.T, link string) { consent(t, link) }, line[0], line[1:]...)
			channels := w.Channels(t)
			if len(channels) != 2 {
				t.Fatalf("got %d channels, want 2\n%s", len(channels), said)
			}
			for _, c := range channels {
				if !strings.Contains(said, c.Name) {
					t.Errorf("got %q, want it to name the channel %s", said, c.Name)
				}
			}
			if strings.Contains(said, w.Key) {
				t.Error("the key is printed")
			}
		})
	}
}

func TestExampleInNodeIsTyped(t *testing.T) {
	t.Parallel()
	node, tools := testkit.Node(t), testkit.SDKTools(t)
	dir := t.TempDir()
	for _, name := range []string{"connect.ts", "package.json", "tsconfig.json"} {
		place(t, filepath.Join(root, "examples/node", name), filepath.Join(dir, "examples/node", name))
	}
	symlink(t, filepath.Join(tools, "node_modules"), filepath.Join(dir, "node_modules"))
	symlink(t, filepath.Join(packageOf(t, tools)), filepath.Join(dir, "sdk/ts"))
	tool(t, dir, nil, node, filepath.Join(tools, "node_modules/typescript/bin/tsc"), "-p", "examples/node", "--preserveSymlinks")
}
