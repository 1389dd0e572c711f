package connect

import (
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/fault"
)

// What a platform answered is kept however long the database is in trouble, and for a
// while after that though it stumbles as it comes back.
func TestAnAnswerOutlastsALongOutage(t *testing.T) {
	t.Parallel()
	for reason := range waitedFor {
		synctest.Test(t, func(t *testing.T) {
			began, stumbled := time.Now(), 0
			s := &Service{log: slog.New(slog.DiscardHandler)}
			err := s.persist(t.Context(), func() error {
				switch {
				case time.Since(began) < time.Hour:
					return fault.New(fault.Internal, reason, "in trouble")
				case stumbled < 3:
					stumbled++
					return errors.New("terminating connection due to administrator command")
				}
				return nil
			})
			if err != nil || stumbled != 3 {
				t.Errorf("%s: given up after %d tries: %v", reason, stumbled, err)
			}
		})
	}
}
