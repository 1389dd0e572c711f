package testkit

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// missing ends a test that lacks one of its parts: skipped at a developer's desk, failed in CI.
func missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// moduleRoot is the folder of go.mod, found upwards from the package that is being tested.
var moduleRoot = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("working directory: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
		dir = parent
	}
})

// npmModules is where scripts/deps puts the npm packages.
func npmModules() string {
	deps := os.Getenv("PATCHBAY_DEPS")
	if deps == "" {
		cache := os.Getenv("XDG_CACHE_HOME")
		if cache == "" {
			cache = filepath.Join(os.Getenv("HOME"), ".cache")
		}
		deps = filepath.Join(cache, "patchbay-deps")
	}
	return filepath.Join(deps, "npm", "node_modules")
}

// scratch is a folder for what the tests of this binary share. It is removed when the binary ends.
func scratch() (string, error) {
	folder, err := sharedScratch()
	return folder.path, err
}

type scratchFolder struct {
	path string
	held io.Closer // the folder lives until this closes; kept here, since a collected pipe is a closed one
}

// sharedScratch leaves the removal to a small shell, which goes to work when its standard input closes: the
// kernel sees to that however the binary ends.
var sharedScratch = sync.OnceValues(func() (scratchFolder, error) {
	path, err := os.MkdirTemp("", "patchbay-testkit-")
	if err != nil {
		return scratchFolder{}, fmt.Errorf("scratch folder: %w", err)
	}
	// A browser that is just being killed may still write: hence the second try.
	broom := exec.Command("sh", "-c", `cat >/dev/null; rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }`, "sh", path)
	broom.SysProcAttr = ownGroup()
	held, err := broom.StdinPipe()
	if err != nil {
		return scratchFolder{}, fmt.Errorf("scratch folder: %w", err)
	}
	if err := broom.Start(); err != nil {
		return scratchFolder{}, fmt.Errorf("scratch folder: %w", err)
	}
	return scratchFolder{path: path, held: held}, nil
})
