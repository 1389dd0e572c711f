package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// WebhookReceiver starts a receiver of webhooks that verifies each with the npm libraries standardwebhooks and svix,
// until the test ends. scripts/webhooks/receiver.mjs tells what it answers at its BaseURL.
func WebhookReceiver(t testing.TB) *Process {
	t.Helper()
	libraries := filepath.Join(filepath.Dir(filepath.Dir(npmModules())), "webhooks")
	if _, err := os.Stat(filepath.Join(libraries, "installed")); err != nil {
		missing(t, "the libraries that verify webhooks are not installed: run scripts/deps (%v)", err)
	}
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	return Start(t, Node(t), nil, filepath.Join(root, "scripts", "webhooks", "receiver.mjs"), libraries)
}
