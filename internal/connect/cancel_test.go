package connect_test

import (
	"testing"
	"time"

	"patchbay/internal/connect"
)

// Whatever is under way when the application cancels is erased, and nothing goes on.
func TestCancelEndsWhateverIsUnderWay(t *testing.T) {
	t.Parallel()
	for name, far := range map[string]func(*testing.T, *visit){
		"nobody came": func(*testing.T, *visit) {},
		"away":        func(t *testing.T, v *visit) { v.begin(t, browserA) },
		"choosing":    func(t *testing.T, v *visit) { v.w.garden.reach(2, "person"); v.consent(t, browserA, browserA) },
		"confirming":  func(t *testing.T, v *visit) { v.consent(t, browserA, browserB) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newJourney(t)
			v := w.visit(t, connect.CheckConfirm)
			far(t, v)
			before, code := len(v.attempts(t)), v.open(t, browserB).ConfirmCode
			held := w.count(t, "grants WHERE state = 'held'") > 0
			canceled, err := v.cancel(t)
			must(t, err)
			if s := canceled.Session; s.Status != connect.SessionCanceled || !s.EndedAt.Equal(w.clock.now()) || !s.ConfirmBy.IsZero() {
				t.Errorf("got %+v, want it canceled now", s)
			}
			for _, state := range v.attempts(t) {
				if state != "superseded attempt_superseded" {
					t.Errorf("got an attempt that is %s", state)
				}
			}
			if before == 0 != (name == "nobody came") || held != (name == "choosing" || name == "confirming") {
				t.Errorf("%d attempts, a consent held: %v: the case is broken", before, held)
			}
			same(t, "grants", w.count(t, "grants"), 0)
			same(t, "targets", w.count(t, "targets"), 0)
			same(t, "channels", w.count(t, "channels"), 0)
			same(t, "events", w.events(t), append(asked, "session.canceled"))

			_, err = w.svc.Begin(t.Context(), connect.BeginRequest{Link: v.link, Browser: browserA, Platform: "garden"})
			wants(t, "a new attempt", err, connect.ErrLinkCanceled)
			_, err = w.svc.Choose(t.Context(), connect.ChooseRequest{Link: v.link, Browser: browserA, TargetIDs: []int64{1}})
			wants(t, "a choice", err, connect.ErrLinkCanceled)
			_, err = v.confirm(t, code)
			wants(t, "to confirm", err, connect.ErrLinkCanceled)
			w.clock.advance(time.Minute)
			again, err := v.cancel(t)
			must(t, err)
			same(t, "canceled again", again, canceled)
		})
	}
}

// The person is at the platform, and comes back when it is over.
func TestComingBackToACanceledSessionIsTooLate(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckSameBrowser)
	state := v.begin(t, browserA)
	_, err := v.cancel(t)
	must(t, err)
	_, err = v.back(t, state, browserA)
	wants(t, "the callback", err, connect.ErrReplayed)
	same(t, "times that the code was posted", w.garden.times, 0)
	same(t, "grants", w.count(t, "grants"), 0)
}

// The cancel comes while the code is with the platform: what it brings is erased.
func TestCancelDuringTheExchange(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckSameBrowser)
	w.garden.exchange = func() {
		if _, err := v.cancel(t); err != nil {
			t.Error(err)
		}
	}
	v.consent(t, browserA, browserA)
	same(t, "attempts", v.attempts(t), []string{"superseded attempt_superseded"})
	same(t, "grants", w.count(t, "grants"), 0)
	same(t, "channels", w.count(t, "channels"), 0)
	same(t, "status", v.now(t).Session.Status, connect.SessionCanceled)
}

func TestWhatHasEndedIsNotCanceled(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	done := w.visit(t, connect.CheckSameBrowser)
	done.consent(t, browserA, browserA)
	_, err := done.cancel(t)
	wants(t, "one that succeeded", err, connect.ErrLinkFinished)
	old := w.visit(t, connect.CheckSameBrowser)
	w.clock.advance(time.Hour)
	_, err = old.cancel(t)
	wants(t, "one that expired", err, connect.ErrLinkExpired)
	same(t, "its status", old.now(t).Session.Status, connect.SessionExpired)
}

// Leaving while the application is to confirm erases the consent too.
func TestLeavingErasesWhatWaits(t *testing.T) {
	t.Parallel()
	w := newJourney(t)
	v := w.visit(t, connect.CheckConfirm)
	v.consent(t, browserA, browserB)
	code := v.open(t, browserB).ConfirmCode
	_, err := w.svc.Leave(t.Context(), v.link)
	must(t, err)
	same(t, "grants", w.count(t, "grants"), 0)
	_, err = v.confirm(t, code)
	wants(t, "to confirm", err, connect.ErrLinkCanceled)
}
