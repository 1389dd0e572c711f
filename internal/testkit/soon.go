package testkit

import (
	"testing"
	"time"
)

// Soon waits until something is so that comes by itself, and fails the test after half a minute.
func Soon(t testing.TB, what string, so func() bool) {
	t.Helper()
	deadline, look := time.After(30*time.Second), time.Tick(20*time.Millisecond)
	for !so() {
		select {
		case <-look:
		case <-deadline:
			t.Fatalf("within 30 s: got nothing of the kind, want %s", what)
		}
	}
}
