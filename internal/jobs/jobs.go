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

// Run runs every loop, each at once and then at its interval, until ctx ends, and
// returns when the last round has. Rounds get ctx: they stop at their next safe
// point. Errors are logged; the loop goes on.
func Run(ctx context.Context, log *slog.Logger, loops []Loop) {
	var wg sync.WaitGroup
	for _, l := range loops {
		wg.Go(func() { l.run(ctx, log) })
	}
	wg.Wait()
}

func (l Loop) run(ctx context.Context, log *slog.Logger) {
	for {
		if err := l.Do(ctx); err != nil && ctx.Err() == nil {
			log.ErrorContext(ctx, "job", slog.String("job", l.Name), slog.Any("cause", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(l.Every):
		}
	}
}
