package connect_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
	"patchbay/internal/platform"
)

// needed asks for a token that is good for a minute.
func (w *journey) needed(t *testing.T, id int64) error {
	t.Helper()
	_, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
	return err
}

// refusedFor wants refresh_pending (or another refusal) and the time after which to ask again.
func refusedFor(t *testing.T, err error, want *fault.Error, least, most time.Duration) {
	t.Helper()
	if after := fault.From(err).RetryAfter; !errors.Is(err, want) || after < least || after > most {
		t.Errorf("got %v, to be asked again after %s; want %s after %s to %s", err, after, want.Reason, least, most)
	}
}

func transient(ambiguous bool, after time.Duration) func() error {
	return func() error {
		no := platform.Refuse(platform.ClassTransient, "", errors.New("no"))
		no.Ambiguous, no.RetryAfter = ambiguous, after
		return no
	}
}

// scattered is a plot whose accounts live on servers of their own choice.
type scattered struct{ *plot }

func (s scattered) Spec() platform.Spec {
	spec := s.plot.Spec()
	spec.OwnServers = true
	return spec
}

// TestWhoeverWaitsForARefusedRefreshAsksSeldom: one grant's own trouble, which no breaker
// notices because others fare well with the app.
func TestWhoeverWaitsForARefusedRefreshAsksSeldom(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: 2 * time.Hour, refresh: transient(false, 0)}
	w, id := plant(t, p)
	w.clock.advance(3 * time.Hour)
	for range 50 {
		refusedFor(t, w.needed(t, id), connect.ErrRefreshing, time.Millisecond, 15*time.Second)
		w.set(t, "UPDATE apps SET failing = 0, holds = 0, hold_until = NULL, trouble = ''")
		w.clock.advance(200 * time.Millisecond)
	}
	if p.sent != 1 {
		t.Errorf("got %d refreshes within ten seconds, want one", p.sent)
	}
	for range 8 { // its schedule waits ever longer, who waits for it does not
		w.clock.advance(15 * time.Second)
		_ = w.needed(t, id)
		w.set(t, "UPDATE apps SET failing = 0, holds = 0, hold_until = NULL, trouble = ''")
	}
	if p.sent != 9 {
		t.Errorf("got %d refreshes in two minutes, want 9", p.sent)
	}
	p.refresh = nil
	w.clock.advance(-time.Hour) // and no back-off outlives a clock that is set back
	must(t, w.needed(t, id))
}

// TestWhoeverWaitsComesBackWhenThePlatformSaid: an hour that it asked for is kept.
func TestWhoeverWaitsComesBackWhenThePlatformSaid(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: 2 * time.Hour, refresh: transient(false, time.Hour)}
	w, id := plant(t, p)
	w.clock.advance(3 * time.Hour)
	refusedFor(t, w.needed(t, id), connect.ErrRefreshing, time.Hour, time.Hour)
	w.clock.advance(20 * time.Minute)
	refusedFor(t, w.needed(t, id), connect.ErrRefreshing, 40*time.Minute, 40*time.Minute)
	w.clock.advance(40 * time.Minute)
	p.refresh = nil
	must(t, w.needed(t, id))
	if p.sent != 2 {
		t.Errorf("got %d refreshes, want 2", p.sent)
	}
}

// TestAServerOfTheirOwnIsAskedSeldom: no app is held back for one account's server.
func TestAServerOfTheirOwnIsAskedSeldom(t *testing.T) {
	t.Parallel()
	for _, class := range []platform.Class{platform.ClassTransient, platform.ClassRateLimited, platform.ClassConfiguration} {
		p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
		p.refresh = func() error { return platform.Refuse(class, "", errors.New("no")) }
		w, id := plant(t, p)
		w.svc = w.beside(t, scattered{p}, connect.DefaultRefreshRate, w.clock.now)
		w.clock.advance(3 * time.Hour)
		for range 50 {
			if w.needed(t, id) == nil {
				t.Errorf("%s: a token came from nowhere", class)
			}
			w.clock.advance(200 * time.Millisecond)
		}
		if p.sent != 1 {
			t.Errorf("%s: got %d refreshes within ten seconds, want one", class, p.sent)
		}
	}
}

// TestWhenATokenThatMayBeSpentIsTriedAgain: as it nears its end, and once it has ended as
// soon as anything that failed: there is nothing left to lose.
func TestWhenATokenThatMayBeSpentIsTriedAgain(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour, refresh: transient(true, 0)}
	w, id := plant(t, p)
	w.svc = w.beside(t, scattered{p}, connect.DefaultRefreshRate, w.clock.now)
	ask := func() error {
		_, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, MinLife: 100 * time.Minute})
		return err
	}
	w.clock.advance(30 * time.Minute)
	_ = ask()
	refusedFor(t, ask(), connect.ErrRefreshing, 88*time.Minute, 88*time.Minute) // two minutes before the end
	w.after(t, 1, 88*time.Minute)
	w.after(t, 6, 10*time.Minute) // it has ended, and the back-off has grown
	sent := p.sent
	for range 4 {
		w.clock.advance(time.Second)
		_ = w.needed(t, id)
		refusedFor(t, w.needed(t, id), connect.ErrRefreshing, time.Second, 15*time.Second)
		w.clock.advance(15 * time.Second)
	}
	if got := p.sent - sent; got < 3 || got > 4 {
		t.Errorf("got %d refreshes of four that were waited for, want each but the first at most", got)
	}
}

// TestWhoIsToldOfAnAppThatIsHeldBack: where its operator has to act nobody is told to wait.
func TestWhoIsToldOfAnAppThatIsHeldBack(t *testing.T) {
	t.Parallel()
	for trouble, want := range map[string]struct{ lease, check *fault.Error }{
		connect.ReasonAppRejected: {platform.ErrRejected, platform.ErrRejected},
		connect.ReasonUnavailable: {connect.ErrRefreshing, platform.ErrUnavailable},
		"rate_limited":            {connect.ErrRefreshing, platform.ErrUnavailable},
	} {
		p := &plot{model: platform.RefreshStable, life: 60 * 24 * time.Hour}
		w, id := plant(t, p)
		lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
		must(t, err)
		hold := func() {
			w.set(t, "UPDATE apps SET trouble = $1, holds = 1, hold_until = $2", trouble, w.clock.now().Add(5*time.Minute).UnixMilli())
		}
		hold()
		_, err = w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, NewerThan: lease.Version})
		refusedFor(t, err, want.lease, 5*time.Minute, 5*time.Minute)
		for range 2 { // with a token to ask with, and without
			_, err = w.svc.CheckChannel(t.Context(), w.caller, id)
			refusedFor(t, err, want.check, 5*time.Minute, 5*time.Minute)
			if text := fault.From(err).Message; text == platform.ErrUnavailable.Message || text == connect.ErrRefreshing.Message {
				t.Errorf("%s: the check is told %q, which is not so", trouble, text)
			}
			w.clock.advance(61 * 24 * time.Hour)
			hold()
		}
		if p.sent != 0 {
			t.Errorf("%s: got %d refreshes, want none", trouble, p.sent)
		}
	}
}

// TestANewTokenIsSaidToBeNew: where tokens do live for as long as was asked.
func TestANewTokenIsSaidToBeNew(t *testing.T) {
	t.Parallel()
	w, id := plant(t, &plot{model: platform.RefreshRotating, life: 2 * time.Hour})
	w.clock.advance(5 * time.Minute)
	ask := func(life time.Duration) error {
		_, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, MinLife: life})
		return err
	}
	fresh := ask(2 * time.Hour)
	refusedFor(t, fresh, connect.ErrTokenShort, 7*time.Minute, 7*time.Minute)
	refusedFor(t, ask(2*time.Hour+time.Second), connect.ErrTokenShort, 0, 0)
	if fault.From(fresh).Message == connect.ErrTokenShort.Message {
		t.Errorf("got %q, and this one lives that long", fault.From(fresh).Message)
	}
	w.clock.advance(7 * time.Minute)
	must(t, ask(2*time.Hour))
}

// TestATokenThatWasLongOnItsWay is old when it arrives, and no sign of how long tokens live.
func TestATokenThatWasLongOnItsWay(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	p.refresh = func() error { w.clock.advance(3 * time.Hour); p.refresh = nil; return nil }
	w.after(t, 1, 2*time.Hour) // and the one that is due at once
	p.refresh = func() error { w.clock.advance(3 * time.Hour); p.refresh = nil; return nil }
	w.clock.advance(2 * time.Hour)
	refusedFor(t, w.needed(t, id), connect.ErrTokenShort, 0, 0) // it ended before it could be handed out
	must(t, w.needed(t, id))
}

// TestALeaseAfterAnImport: what is left of a token that was brought is not how long tokens
// live.
func TestALeaseAfterAnImport(t *testing.T) {
	t.Parallel()
	b := &bank{ours: true, known: true}
	w := newBank(t, b)
	r := tokens("brought", "refresh")
	r.ExpiresAt = w.clock.now().Add(10 * time.Minute)
	id := w.imports(t, r).Channels[0].ID
	lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, MinLife: time.Hour})
	must(t, err)
	if b.sent != 1 || lease.ExpiresAt.Sub(w.clock.now()) < time.Hour {
		t.Errorf("got %d refreshes and a token until %s, want one and a token for an hour", b.sent, lease.ExpiresAt)
	}
}

// TestARefusalAfterTheClockWasSetBack: a token that seems to be of tomorrow is not new. One
// that the platform refuses is refreshed.
func TestARefusalAfterTheClockWasSetBack(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	w.clock.advance(24 * time.Hour)
	must(t, w.needed(t, id))
	w.clock.advance(-24 * time.Hour)
	p.probe = func() (platform.Proof, error) {
		p.probe = nil
		return platform.Proof{}, platform.Refuse(platform.ClassPermanent, platform.ReasonTokenRefused, errors.New("expired"))
	}
	_, err := w.svc.CheckChannel(t.Context(), w.caller, id)
	must(t, err)
	w.work(t)
	if p.sent != 2 {
		t.Errorf("got %d refreshes, want a second one", p.sent)
	}
	w.health(t, id, connect.HealthHealthy, "")
}

// TestATokenThatOutlivesItsEnd is told about once, and not each time that it is found alive.
func TestATokenThatOutlivesItsEnd(t *testing.T) {
	t.Parallel()
	w, id := plant(t, &plot{model: platform.RefreshNone, life: time.Hour, every: 12 * time.Hour})
	w.after(t, 60, time.Hour)
	w.health(t, id, connect.HealthExpiring, connect.ReasonEnding)
	if n := w.count(t, "events WHERE type IN ('channel.needs_reauth', 'channel.recovered', 'channel.expiring')"); n > 2 {
		t.Errorf("got %d events: %v", n, w.events(t))
	}
}

// home is a plot whose accounts tell their server.
type home struct{ scattered }

func (home) Lease(platform.Credentials) (platform.Leased, error) {
	return platform.Leased{Type: "Bearer", Server: "https://slow.example"}, nil
}

// TestWhatIsDueAtAServerThatHangsWaits while as many calls are out there as may be, which
// leaves the other hands to the others. Whoever asks is not made to wait.
func TestWhatIsDueAtAServerThatHangsWaits(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: 2 * time.Hour}
	w, id := plant(t, p)
	w.svc = w.beside(t, home{scattered{p}}, connect.DefaultRefreshRate, w.clock.now)
	synctest.Test(t, func(*testing.T) {
		for range 4 {
			ended := w.svc.Call("https://slow.example")
			time.Sleep(30 * time.Second) // in the bubble no time passes
			ended()
		}
	})
	var out []func()
	for range 16 {
		out = append(out, w.svc.Call("https://slow.example"))
	}
	w.after(t, 3, 109*time.Minute/3)
	if p.sent != 0 {
		t.Errorf("got %d refreshes while 16 hang, want none", p.sent)
	}
	must(t, w.needed(t, id))
	w.clock.advance(115 * time.Minute)
	out[0]()
	w.after(t, 3, time.Minute)
	if p.sent == 0 {
		t.Error("one of 16 came back, and it is not refreshed")
	}
	w.health(t, id, connect.HealthHealthy, "")
}
