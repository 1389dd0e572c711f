package connect

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/platform"
)

// How an app is held back when its platform is in trouble. A trial is one call that
// shows whether the trouble is over.
const (
	failuresToHold = 5 // transient ones in a row, by whatever grants
	firstHold      = 30 * time.Second
	longestHold    = 5 * time.Minute
	firstBlame     = time.Minute // for a refused app: its operator has to come first
	longestBlame   = time.Hour
	trialTime      = 30 * time.Second // how long a trial keeps the others waiting
)

// held tells whether no call may be begun for the app now.
func (a App) held(now time.Time) bool { return now.Before(a.HoldUntil) }

// sane is the app without a hold that only a clock that was set back explains: one for
// longer than its trouble asks for, with what replicas' clocks may differ by.
func (a App) sane(now time.Time) App {
	const skew = 10 * time.Minute
	longest := 24 * time.Hour // as a platform may ask
	switch a.Trouble {
	case ReasonUnavailable:
		longest = longestHold
	case ReasonAppRejected:
		longest = longestBlame
	}
	if a.HoldUntil.Sub(now) > longest+skew {
		a.HoldUntil = now
	}
	return a
}

// pace is the time between two calls at a rate, and how much of it may be saved up: calls
// are claimed for a tenth of a second at once.
func pace(rate float64) (each, burst time.Duration) {
	each = time.Duration(float64(time.Second) / rate)
	return each, max(each, 100*time.Millisecond)
}

// turn is what an app's rate permits at one moment.
type turn struct {
	at   time.Time // by the database's clock
	rate float64   // calls a second
	n    int       // calls that may be made now
	wait time.Duration
}

// turns is how many calls, of up to limit, the app's rate permits now, and how long to
// wait where it is none. The app is locked in tx. The rate is for all replicas together,
// and goes by the one clock that they share, the database's. Calls
// that were allowed never put the pace ahead of it: what did is forgotten, a clock of the
// database that was set back, or somebody who went by another one.
func (s *Service) turns(ctx context.Context, tx Tx, a *App, limit int) (t turn, err error) {
	if t.at, err = tx.Now(ctx); err != nil {
		return t, fmt.Errorf("pace of app %d: %w", a.ID, err)
	}
	t.rate = a.paced(s.rate, s.now())
	if _, burst := pace(t.rate); a.PaceAt.Sub(t.at) > burst {
		a.PaceAt = time.Time{}
	}
	t.n, t.wait = a.allowed(t.at, t.rate, limit)
	return t, nil
}

// allowed is how many calls the rate permits by now, and how long to wait where it is
// none.
func (a App) allowed(now time.Time, rate float64, limit int) (n int, wait time.Duration) {
	each, burst := pace(rate)
	saved := min(now.Sub(a.PaceAt), burst)
	if n = int(saved / each); n <= 0 {
		return 0, burst - saved
	}
	return min(n, limit), 0
}

// spend is the app after n calls were begun.
func (a App) spend(now time.Time, rate float64, n int) App {
	each, burst := pace(rate)
	if earliest := now.Add(-burst); a.PaceAt.Before(earliest) {
		a.PaceAt = earliest
	}
	a.PaceAt = a.PaceAt.Add(time.Duration(n) * each)
	return a
}

// after is the app after an answer. changed tells whether there is anything to write.
func (a App) after(r *platform.Refusal, now time.Time) (next App, changed bool) {
	before := a
	if r == nil || r.Class == platform.ClassPermanent { // the platform answered, and knows the app
		a.Trouble, a.TroubleAt, a.Failing, a.Holds, a.HoldUntil = "", time.Time{}, 0, 0, time.Time{}
		return a, before.Trouble != "" || before.Failing != 0 || before.Holds != 0 || !before.HoldUntil.IsZero()
	}
	switch r.Class {
	case platform.ClassConfiguration:
		a = a.hold(ReasonAppRejected, now, firstBlame, longestBlame)
	case platform.ClassRateLimited:
		a = a.hold("rate_limited", now, firstHold, longestHold).slowed(now)
		if asked := now.Add(r.RetryAfter); asked.After(a.HoldUntil) {
			a.HoldUntil = asked
		}
	default:
		if a.Failing++; a.Failing >= failuresToHold || a.Holds > 0 {
			a = a.hold(ReasonUnavailable, now, firstHold, longestHold)
		}
	}
	return a, true
}

func (a App) hold(trouble string, now time.Time, first, longest time.Duration) App {
	if a.Trouble == "" {
		a.TroubleAt = now
	}
	if a.Trouble != trouble {
		a.Holds = 0
	}
	a.Trouble = trouble
	a.HoldUntil = now.Add(min(first<<min(a.Holds, 10), longest))
	a.Holds++
	return a
}

// noteApp keeps what an answer told about the app, and tells its workspace when that
// changed. known is the app as it was when the call began.
func (s *Service) noteApp(ctx context.Context, tx Tx, known App, r *platform.Refusal) error {
	if _, changed := known.after(r, s.now()); !changed {
		return nil // the usual: all is well and was before
	}
	app, err := tx.LockAppByID(ctx, known.ID)
	if err != nil {
		return err
	}
	if app.held(s.now()) && app.Holds > known.Holds {
		return nil // the call began before the app was held back: it tells nothing new, not even by success
	}
	next, changed := app.after(r, s.now())
	if !changed {
		return nil
	}
	if err := tx.PaceApp(ctx, next); err != nil {
		return fmt.Errorf("pace of app %d: %w", app.ID, err)
	}
	if app.WorkspaceID != 0 && app.Trouble != next.Trouble {
		event := EventAppTroubled
		if next.Trouble == "" {
			event = EventAppRecovered
		}
		s.emit(tx, Event{
			WorkspaceID: app.WorkspaceID, Type: event, Cause: CausePlatform,
			Data: eventData("platform", app.Platform, "app_id", fmt.Sprint(app.ID), "reason", next.Trouble),
		})
	}
	return nil
}
