package clients_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/testkit"
)

var update = flag.Bool("update", false, "write the generated half of sdk/ts from the program as it is")

const sdk = root + "/sdk/ts"

func TestDocumentPassesTheLinter(t *testing.T) {
	t.Parallel()
	node, tools, w := testkit.Node(t), testkit.SDKTools(t), e2e.Start(t, e2e.Options{NoLab: true})
	tool(t, ".", environment(w), node, filepath.Join(tools, "node_modules/@redocly/cli/bin/cli.js"), "lint", "--config", "redocly.yaml", document(t, w))
}

func TestTypeScriptClientIsGeneratedFromThisProgram(t *testing.T) {
	t.Parallel()
	node, tools, w := testkit.Node(t), testkit.SDKTools(t), e2e.Start(t, e2e.Options{NoLab: true})
	dir := packageOf(t, tools)
	tool(t, dir, environment(w), node, "generate.mjs", w.URL+"/openapi.json", "fresh")
	fresh, committed := os.DirFS(filepath.Join(dir, "fresh")), filepath.Join(sdk, "src/generated")
	if *update {
		if err := os.RemoveAll(committed); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(committed, fresh); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(filesBelow(t, committed), filesBelow(t, filepath.Join(dir, "fresh"))); diff != "" {
		t.Errorf("sdk/ts/src/generated is not what this program's document makes (-committed +generated).\n"+
			"Write it anew: go test ./internal/e2e/clients -run Generated -update\n%s", diff)
	}
}

// The client is compiled as its package is built, then a program with the strictest
// options there are is compiled against the result and does everything with it.
func TestTypeScriptClientDoesTheMainJob(t *testing.T) {
	t.Parallel()
	node, tools, w := testkit.Node(t), testkit.SDKTools(t), e2e.Start(t, e2e.Options{})
	tsc := filepath.Join(tools, "node_modules/typescript/bin/tsc")
	dir := packageOf(t, tools)
	tool(t, dir, environment(w), node, tsc, "-p", ".")

	job := t.TempDir()
	place(t, "testdata/job.ts", filepath.Join(job, "job.ts"))
	place(t, "testdata/tsconfig.json", filepath.Join(job, "tsconfig.json"))
	place(t, "testdata/package.json", filepath.Join(job, "package.json"))
	symlink(t, dir, filepath.Join(job, "node_modules/patchbay-client"))
	symlink(t, filepath.Join(tools, "node_modules/@types"), filepath.Join(job, "node_modules/@types"))
	tool(t, job, environment(w), node, tsc, "-p", ".")

	said := run(t, w, func(t *testing.T, link string) { consent(t, link) }, node, filepath.Join(job, "job.js"))
	if !strings.HasSuffix(said, "all done\n") {
		t.Errorf("got %q, want everything done", said)
	}
	if got := len(w.Channels(t)); got != 2 {
		t.Errorf("got %d channels, want 2", got)
	}
}

// packageOf is a copy of sdk/ts with its tools beside it.
func packageOf(t *testing.T, tools string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"package.json", "tsconfig.json", "generate.mjs"} {
		place(t, filepath.Join(sdk, name), filepath.Join(dir, name))
	}
	if err := os.CopyFS(filepath.Join(dir, "src"), os.DirFS(filepath.Join(sdk, "src"))); err != nil {
		t.Fatal(err)
	}
	symlink(t, filepath.Join(tools, "node_modules"), filepath.Join(dir, "node_modules"))
	return dir
}

// document is the OpenAPI document of the world, as a file.
func document(t *testing.T, w *e2e.World) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "openapi.json")
	if err := os.WriteFile(file, w.CallAs(t, "", "GET", "/openapi.json", nil).Body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func filesBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// place copies a file to where nothing is yet.
func place(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, to, name string) {
	t.Helper()
	to, err := filepath.Abs(to)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}
