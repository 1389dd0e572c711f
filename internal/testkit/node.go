package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Node returns the path of a Node that runs TypeScript: the one from npm, or where that has none the machine's.
func Node(t testing.TB) string {
	t.Helper()
	if found, _ := filepath.Glob(filepath.Join(npmModules(), "node-linux-*", "bin", "node")); len(found) > 0 {
		return found[0]
	}
	path, err := exec.LookPath("node")
	if err != nil {
		missing(t, "Node is not installed: run scripts/deps")
	}
	return path
}

// SDKTools returns the folder of what makes and checks the TypeScript client: sdk/ts/package.json, installed.
func SDKTools(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(filepath.Dir(filepath.Dir(npmModules())), "sdk")
	if _, err := os.Stat(filepath.Join(dir, "installed")); err != nil {
		missing(t, "what makes the TypeScript client is not installed: run scripts/deps (%v)", err)
	}
	return dir
}
