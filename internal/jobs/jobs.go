// Package jobs owns the loops that run beside the requests: it runs each at its
// interval, one round at a time, until it is told to stop, and returns when the
// last round has ended. What a round does is given by app; it claims its own rows.
package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Loop is one thing to do again and again.
type Loop struct {
	Name  string
	Every time.Duration // between the end of one round and the start of the next
	Do    func(context.Context) error
}

const (
	// longestPause bounds the time between the rounds of a loop that keeps failing: it
	// is also how late it may notice that what failed is back.
	longestPause = 5 * time.Second
	tellEvery    = time.Minute // at most, that a loop still fails
)

// Clock is the time that loops go by.
type Clock struct {
	Now   func() time.Time
	After func(time.Duration) <-chan time.Time
}

// Run runs every loop, each at once and then at its interval, until ctx ends, and
// returns when the last round has. Rounds get ctx: they stop at their next safe
// point. After an error a loop goes on, more slowly for as long as it fails. The log
// has its first error, then at most one a minute, and that it works again.
func Run(ctx context.Context, log *slog.Logger, loops []Loop) {
	RunBy(ctx, log, Clock{time.Now, time.After}, loops)
}

// RunBy is Run by another clock.
func RunBy(ctx context.Context, log *slog.Logger, clock Clock, loops []Loop) {
	var wg sync.WaitGroup
	for _, l := range loops {
		t := teller{loop: l.Name, log: log, now: clock.Now}
		wg.Go(func() { l.run(ctx, clock, &t) })
	}
	wg.Wait()
}

func (l Loop) run(ctx context.Context, clock Clock, t *teller) {
	pause := l.Every
	for {
		switch err := l.Do(ctx); {
		case ctx.Err() != nil:
			return
		case err != nil:
			t.failed(ctx, err)
			pause = max(l.Every, min(2*pause, longestPause))
		default:
			t.worked(ctx)
			pause = l.Every
		}
		select {
		case <-ctx.Done():
			return
		case <-clock.After(pause):
		}
	}
}
