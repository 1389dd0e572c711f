package connect

import (
	"context"
	"time"
)

// otherReplica is how often WaitEvents looks for events that another process wrote.
const otherReplica = time.Second

// Happened tells those who wait for a workspace's events that some were committed. The
// store calls it after each commit with events.
func (s *Service) Happened(workspaceIDs ...int64) {
	for _, id := range workspaceIDs {
		s.news.nudge(id)
	}
}

// WaitEvents is Events, answered as soon as there is one above after, and with none when d
// (at most a minute) is over, ctx ends or the program stops.
func (s *Service) WaitEvents(ctx context.Context, c Caller, after int64, limit int, d time.Duration) ([]Event, error) {
	nudged, cancel := s.news.subscribe(c.WorkspaceID)
	defer cancel()
	over := time.NewTimer(min(max(d, 0), time.Minute))
	defer over.Stop()
	tick := time.NewTicker(otherReplica)
	defer tick.Stop()
	for {
		events, err := s.Events(ctx, c, after, limit)
		if err != nil || len(events) > 0 || d <= 0 {
			return events, err
		}
		select {
		case <-nudged:
		case <-tick.C:
		case <-over.C:
			return nil, nil
		case <-s.waiters.closed:
			return nil, nil
		case <-ctx.Done():
			return nil, nil
		}
	}
}
