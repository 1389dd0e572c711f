package meta_test

import (
	"testing"

	"patchbay/internal/platform/meta"
)

func TestValidVersion(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"v25.0": true, "v26.0": true, "v100.1": true, "": false, "25.0": false, "v25": false, "v25.0/..": false, "v0.1": false} {
		if got := meta.ValidVersion(s); got != want {
			t.Errorf("%q: got %t, want %t", s, got, want)
		}
	}
}
