package sqlstore

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
)

func TestSettleWaitsForThoseThatHadBegun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var u underWay
		if err := u.settle(t.Context()); err != nil {
			t.Errorf("with none: got %v", err)
		}
		first := u.begin()
		hasty, cancel := context.WithCancel(t.Context())
		cancel()
		if err := u.settle(hasty); !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: got %v, want context canceled", err)
		}
		second := u.begin()
		settled := false
		go func() {
			if err := u.settle(t.Context()); err != nil {
				t.Errorf("got %v", err)
			}
			settled = true
		}()
		synctest.Wait()
		third := u.begin() // too late to be waited for
		defer third()
		second()
		synctest.Wait()
		if settled {
			t.Error("settled while the one that an earlier settle gave up on is under way")
		}
		first()
		synctest.Wait()
		if !settled {
			t.Error("not settled when all that had begun have ended")
		}
	})
}
