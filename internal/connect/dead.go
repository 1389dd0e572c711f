package connect

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchbay/internal/platform"
)

// keptDead is how long the credentials of a consent that only its person can mend are kept:
// until then a check may find it alive after all, and a disconnection can end it at the
// platform.
const keptDead = 30 * day

// errErased is what opening the credentials of such a consent gives afterwards.
var errErased = errors.New("the credentials were erased")

// erased tells whether a usable grant's credentials were erased.
func (g Grant) erased() bool { return len(g.Sealed) == 0 }

// EraseDead erases the credentials of consents, and of what they reach, that have been over
// for 30 days. What is known of them stays: the grant, its channels, their health and why.
// The caller runs it every now and then; several replicas may.
func (s *Service) EraseDead(ctx context.Context) error {
	for looked := sweepBatch; looked == sweepBatch; {
		erased := 0
		err := s.store.InTx(ctx, func(tx Tx) error {
			grants, err := tx.DeadGrants(ctx, s.now(), sweepBatch)
			if err != nil {
				return err
			}
			looked, erased = len(grants), 0
			for _, g := range grants {
				done, err := s.eraseDead(ctx, tx, g)
				if err != nil {
					return fmt.Errorf("grant %d: %w", g.ID, err)
				}
				if done {
					erased++
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("erase dead credentials: %w", err)
		}
		if erased > 0 {
			s.log.InfoContext(ctx, "erased the credentials of consents that are over", slog.Int("grants", erased))
		}
	}
	return nil
}

// eraseDead erases the credentials of one dead grant, or plans when it is looked at again.
// The grant was locked in this transaction.
func (s *Service) eraseDead(ctx context.Context, tx Tx, g Grant) (erased bool, err error) {
	channels, err := tx.ChannelsOfGrant(ctx, g.WorkspaceID, g.ID)
	if err != nil {
		return false, err
	}
	now := s.now()
	at := now.Add(keptDead) // whatever dies meanwhile is due later than that
	if overForGood(g, channels) {
		at = diedAt(g, channels).Add(keptDead)
	}
	if now.Before(at) {
		return false, tx.PlanErasure(ctx, g.WorkspaceID, g.ID, at)
	}
	return true, tx.EmptyGrant(ctx, g.WorkspaceID, g.ID)
}

// overForGood tells whether nothing will come of a dead grant's credentials any more: their
// key cannot come back, nothing is refreshed or probed for want of a permission alone, and
// no channel lives on by a token of its target's own (a Facebook page's).
func overForGood(g Grant, channels []Channel) bool {
	if g.HealthReason == ReasonUnreadable || g.HealthReason == platform.ReasonScopesMissing && !g.NextAt().IsZero() {
		return false
	}
	for _, c := range channels {
		if c.Health == HealthHealthy || c.Health == HealthExpiring {
			return false
		}
	}
	return true
}

// diedAt is when the last of a dead grant's channels turned; of one without channels when
// it was changed last.
func diedAt(g Grant, channels []Channel) (at time.Time) {
	for _, c := range channels {
		turned := c.HealthAt
		if turned.IsZero() { // from before that was noted
			turned = c.UpdatedAt
		}
		if turned.After(at) {
			at = turned
		}
	}
	if at.IsZero() {
		return g.UpdatedAt
	}
	return at
}
