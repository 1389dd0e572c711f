package custom

import (
	"testing"
	"time"
)

// Metadata that was read before the clock was set back is not believed until the clock
// catches up: it is read again, as after an hour.
func TestMetadataIsReadAgainAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	read := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		passed        time.Duration
		fresh, stands bool // not read again; believed while it cannot be
	}{
		{0, true, true},
		{59 * time.Minute, true, true},
		{-59 * time.Minute, true, true},
		{61 * time.Minute, false, true},
		{-61 * time.Minute, false, true},
		{25 * time.Hour, false, false},
		{-25 * time.Hour, false, false},
	} {
		m := &metadata{at: read, last: endpoints{Token: "https://acme.example/token"}}
		found := m.look(read.Add(c.passed))
		if found.read == c.fresh {
			t.Errorf("%s later: read again: %t, want %t", c.passed, found.read, !c.fresh)
		}
		if got := m.believed(read.Add(c.passed)); got != c.stands {
			t.Errorf("%s later: believed: %t, want %t", c.passed, got, c.stands)
		}
	}
}
