package sqlstore

import (
	"context"
	"fmt"
	"time"
)

// jumpFrom is before every jump there was.
var jumpFrom = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// jump is how many numbers of events are left out after a restore. A number a millisecond is
// more than anybody uses up, and keeps two restores of one backup apart: what happened
// between them was told as well.
func jump(now time.Time) int64 {
	return 1_000_000 + max(0, now.Sub(jumpFrom).Milliseconds())
}

// The channels come first, as in finish.
const (
	jumpChannels   = `UPDATE channels SET last_event = last_event + $1`
	jumpWorkspaces = `UPDATE event_counters SET last_number = last_number + $1`
)

func (t *tx) JumpEvents(ctx context.Context) error {
	now, err := t.Now(ctx)
	for _, query := range []string{jumpChannels, jumpWorkspaces} {
		if err == nil {
			_, err = t.run.exec(ctx, query, jump(now))
		}
	}
	if err != nil {
		return fmt.Errorf("leave out numbers of events: %w", err)
	}
	return nil
}
