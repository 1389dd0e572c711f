package jobs

import (
	"context"
	"log/slog"
	"time"
)

// teller tells the log how a loop fares, and seldom: while a database is away every
// loop fails, again and again, and one line says it.
type teller struct {
	loop string
	log  *slog.Logger
	now  func() time.Time

	failures int       // in a row
	since    time.Time // the first of them
	told     time.Time // when a failure was last told
	open     bool      // one of this row was told
}

func (t *teller) failed(ctx context.Context, err error) {
	now := t.now()
	if t.failures == 0 {
		t.since = now
	}
	t.failures++
	if !t.told.IsZero() && now.Sub(t.told) < tellEvery {
		return
	}
	t.told, t.open = now, true
	t.log.ErrorContext(ctx, "job", slog.String("job", t.loop), slog.Int("failures", t.failures), slog.Any("cause", err))
}

func (t *teller) worked(ctx context.Context) {
	if t.open {
		t.log.WarnContext(ctx, "job works again", slog.String("job", t.loop), slog.Int("failures", t.failures),
			slog.Duration("after", t.now().Sub(t.since)))
	}
	t.failures, t.open = 0, false
}
