package connect

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/platform"
)

// turn waits until the rate of the app allows one more call, and takes it: a refresh of
// an import counts like any other. While the app is held back for its platform's trouble
// none is sent; where a trial is due, this is it. taken: another process is sending the
// same refresh token, and was waited for a moment.
func (im *importing) turn(ctx context.Context) (taken bool, err error) {
	for {
		wait, taken, err := im.tryTurn(ctx)
		if err != nil || wait == 0 {
			return false, err
		}
		select {
		case <-ctx.Done():
			return false, platform.ErrUnavailable.Because(ctx.Err())
		case <-time.After(min(wait, time.Second)):
		}
		if taken {
			return true, nil
		}
	}
}

// tryTurn is turn, with the time to wait where nothing is allowed now.
func (im *importing) tryTurn(ctx context.Context) (wait time.Duration, taken bool, err error) {
	s, held := im.s, error(nil)
	err = s.store.InTx(ctx, func(tx Tx) error {
		held, wait, taken = nil, 0, false
		app, err := tx.LockAppByID(ctx, im.app.ID)
		if err != nil {
			return fmt.Errorf("app %d: %w", im.app.ID, err)
		}
		now := s.now()
		app = app.sane(now)
		if app.held(now) {
			held = heldBack(app, now)
			return nil
		}
		turn, err := s.turns(ctx, tx, &app, 1)
		if err != nil || turn.n == 0 {
			wait = turn.wait
			return err
		}
		if taken, err = im.intend(ctx, tx); err != nil || taken {
			wait = 250 * time.Millisecond
			return err
		}
		next := app.spend(turn.at, turn.rate, 1)
		if app.Holds > 0 {
			next.HoldUntil = now.Add(trialTime)
		}
		im.paced = app
		return tx.PaceApp(ctx, next)
	})
	if err == nil {
		err = held
	}
	return wait, taken, err
}

// heldBack says why nothing is sent for the app now, and until when.
func heldBack(app App, now time.Time) error {
	why := platform.ErrUnavailable
	if app.Trouble == ReasonAppRejected {
		why = platform.ErrRejected
	}
	return why.After(app.HoldUntil.Sub(now)).Because(fmt.Errorf("app %d is held back: %s", app.ID, app.Trouble))
}

// noteTurn keeps what the answer to the import's refresh told about the app. Whoever may
// import brings tokens of their own choosing, so only what no token can bring about counts
// against an app that others live on too: a limit, a server in trouble, no answer.
func (im *importing) noteTurn(ctx context.Context, tx Tx, no *platform.Refusal) error {
	switch {
	case im.paced.ID == 0 || im.p.Spec().OwnServers && no != nil: // one account's server tells nothing of our app
		return nil
	case no == nil, no.Class == platform.ClassPermanent, no.Class == platform.ClassRateLimited, no.Class == platform.ClassTransient && no.Ambiguous:
		return im.s.noteApp(ctx, tx, im.paced, no)
	}
	return nil
}
