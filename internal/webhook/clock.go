package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// WatchClock keeps a clock that is set back from holding up deliveries: those that were
// scheduled by the later time wait from now on as long as they were to wait. The caller runs it every
// second; the first time it looks at what a process before this one left.
func (s *Service) WatchClock(ctx context.Context) error {
	now := s.now()
	if seen := s.seen.Load(); seen != 0 && now.UnixMilli() > seen-time.Second.Milliseconds() {
		s.seen.Store(max(seen, now.UnixMilli()))
		return nil
	}
	rebased := 0
	err := s.inTx(ctx, func(tx Tx) (err error) {
		rebased, err = tx.RebaseDeliveries(ctx, now, s.longestHold())
		return err
	})
	if err != nil {
		return fmt.Errorf("after the clock was set back: %w", err)
	}
	if rebased > 0 {
		s.log.WarnContext(ctx, "the clock was set back", slog.Int("deliveries", rebased))
	}
	s.seen.Store(now.UnixMilli())
	return nil
}

// longestHold is how long any scheme lets a receiver ask for quiet.
func (s *Service) longestHold() time.Duration {
	longest := throttling
	for _, scheme := range s.schemes {
		longest = max(longest, scheme.LongestRetryAfter())
	}
	return longest
}
