package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/jobs"
)

// lines is a log that keeps what is told, with the second at which it was.
type lines struct {
	slog.Handler
	second func() int
	got    *[]string
}

func (l lines) Enabled(context.Context, slog.Level) bool { return true }

func (l lines) Handle(_ context.Context, r slog.Record) error {
	line := fmt.Sprintf("%d %s %s", l.second(), r.Level, r.Message)
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	*l.got = append(*l.got, line)
	return nil
}

// TestALoopThatFailsIsToldSeldom is a database that is away for more than two minutes,
// comes back, and goes for a moment more.
func TestALoopThatFailsIsToldSeldom(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	now := began
	second := func() int { return int(now.Sub(began).Seconds()) }
	var got []string
	var rounds []int
	clock := jobs.Clock{
		Now: func() time.Time { return now },
		After: func(d time.Duration) <-chan time.Time {
			now = now.Add(d)
			over := make(chan time.Time, 1)
			over <- now
			return over
		},
	}
	jobs.RunBy(ctx, slog.New(lines{slog.DiscardHandler, second, &got}), clock, []jobs.Loop{{
		Name: "sweep", Every: time.Second,
		Do: func(context.Context) error {
			rounds = append(rounds, second())
			switch s := second(); {
			case s >= 2 && s < 130, s == 133:
				return errors.New("away")
			case s > 140:
				cancel()
			}
			return nil
		},
	}})
	want := []string{
		"2 ERROR job job=sweep failures=1 cause=away",
		"63 ERROR job job=sweep failures=14 cause=away",
		"123 ERROR job job=sweep failures=26 cause=away",
		"138 WARN job works again job=sweep failures=28 after=2m16s",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{0, 1, 2, 4, 8, 13, 18}, rounds[:7]); diff != "" {
		t.Errorf("seconds of the rounds (-want +got):\n%s", diff)
	}
}
