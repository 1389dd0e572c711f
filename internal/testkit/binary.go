package testkit

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Binary builds cmd/patchbay, once per test binary, and returns the path of the program. It is built as a
// release is, without the race detector: tests measure it and kill it.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := sharedBinary()
	if err != nil {
		t.Fatalf("build cmd/patchbay: %v", err)
	}
	return path
}

var sharedBinary = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	dir, err := scratch()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "patchbay")
	// A test's program needs no version control stamp, and git may refuse a folder of another owner.
	build := exec.Command("go", "build", "-buildvcs=false", "-o", path, "./cmd/patchbay")
	build.Dir = root
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, output)
	}
	return path, nil
})
