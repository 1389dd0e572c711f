package testkit

import (
	"testing"
	"time"
)

// Soon waits until something is so that comes by itself, and fails the test after half a minute.
func Soon(t testing.TB, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within 30 s: got nothing of the kind, want %s", what)
		}
	}
}
