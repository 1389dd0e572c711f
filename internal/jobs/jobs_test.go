package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"patchbay/internal/jobs"
)

func TestLoopsGoOnAfterErrorsAndStopMeansStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	rounds, inRound := 0, false
	jobs.Run(ctx, slog.New(slog.DiscardHandler), []jobs.Loop{{
		Name: "test", Every: time.Microsecond,
		Do: func(round context.Context) error {
			inRound = true
			defer func() { inRound = false }()
			if rounds++; rounds == 3 {
				cancel()
			}
			if stopped := round.Err() != nil; stopped != (rounds == 3) {
				t.Errorf("round %d: told to stop %v, want it told in the third", rounds, stopped)
			}
			return errors.New("goes on")
		},
	}})
	if rounds != 3 || inRound {
		t.Errorf("got %d rounds, in a round %v; want 3 and all over", rounds, inRound)
	}
}
