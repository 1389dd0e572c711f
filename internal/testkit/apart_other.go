//go:build !linux

package testkit

import "testing"

// Apart needs Linux.
func Apart(t testing.TB) bool {
	t.Helper()
	missing(t, "mounts of its own need Linux")
	return false
}

// SmallDisk needs Linux.
func SmallDisk(t testing.TB, _, _ string) { Apart(t) }
