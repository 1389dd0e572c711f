package connect_test

import (
	"errors"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

const keptDead = 30 * 24 * time.Hour

// eraseDead is one round, and tells how many grants have credentials afterwards.
func (w *journey) eraseDead(t *testing.T) (left int) {
	t.Helper()
	must(t, w.svc.EraseDead(t.Context()))
	return w.count(t, "grants WHERE sealed IS NOT NULL")
}

// turn writes a dead grant with its channels, as of now.
func (w *journey) turn(t *testing.T, reason string) {
	t.Helper()
	w.set(t, "UPDATE grants SET health = 'needs_reauth', health_reason = $1, refresh_at = NULL, tell_at = NULL, next_at = probe_at", reason)
	w.set(t, "UPDATE channels SET health = 'needs_reauth', health_reason = $1, health_at = $2", reason, w.clock.now().UnixMilli())
}

func TestWhenTheCredentialsOfADeadConsentGo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		reason string
		change string // of the database, five days after the consent was over; $1 is the time
		first  int    // of days after which they are gone; 0: they stay
	}{
		"it was withdrawn":                       {reason: platform.ReasonRevoked, first: 30},
		"a probe is due that nobody made":        {reason: platform.ReasonConsentExpired, change: "UPDATE grants SET probe_at = $1, next_at = $1", first: 30},
		"nobody noted when":                      {reason: platform.ReasonRevoked, change: "UPDATE channels SET health_at = NULL, updated_at = $1", first: 35},
		"it stands for nothing any more":         {reason: platform.ReasonRevoked, change: "UPDATE grants SET updated_at = $1; UPDATE channels SET grant_id = NULL", first: 35},
		"a channel learned another reason":       {reason: platform.ReasonTokenRefused, change: "UPDATE channels SET health_reason = 'revoked', health_at = $1", first: 35},
		"its page is gone besides":               {reason: platform.ReasonConsentExpired, change: "UPDATE channels SET health = 'error', health_reason = 'target_gone', health_at = $1", first: 35},
		"a page lives on by its own token":       {reason: platform.ReasonConsentExpired, change: "UPDATE channels SET health = 'expiring', health_reason = 'consent_ending'"},
		"a permission lacks, and it is probed":   {reason: platform.ReasonScopesMissing, change: "UPDATE grants SET probe_at = $1, next_at = $1"},
		"a permission lacks, and nobody asks":    {reason: platform.ReasonScopesMissing, first: 30},
		"its key may come back":                  {reason: connect.ReasonUnreadable},
		"it lives, and an older program says so": {reason: platform.ReasonRevoked, change: "UPDATE grants SET health = 'healthy', health_reason = ''"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, _ := plant(t, &plot{model: platform.RefreshStable, life: time.Hour})
			w.turn(t, c.reason)
			gone := 0
			for today := range 101 {
				if today == 5 && c.change != "" {
					w.set(t, c.change, w.clock.now().UnixMilli())
				}
				if w.eraseDead(t) == 0 && gone == 0 {
					gone = today
				}
				w.clock.advance(24 * time.Hour)
			}
			same(t, "gone after so many days", gone, c.first)
		})
	}
}

// A page that dies while nobody looks is given its thirty days too.
func TestAPageThatDiesLaterIsKeptAsLong(t *testing.T) {
	t.Parallel()
	w, _ := plant(t, &plot{model: platform.RefreshStable, life: time.Hour})
	w.turn(t, platform.ReasonConsentExpired)
	w.set(t, "UPDATE channels SET health = 'expiring', health_reason = 'consent_ending'")
	same(t, "grants with credentials", w.eraseDead(t), 1)
	w.clock.advance(keptDead - time.Hour)
	w.turn(t, platform.ReasonRevoked)
	w.clock.advance(keptDead - time.Hour)
	same(t, "an hour before", w.eraseDead(t), 1)
	w.clock.advance(time.Hour)
	same(t, "thirty days after", w.eraseDead(t), 0)
}

// Whoever saw a dead consent's credentials a moment ago asks nobody with nothing.
func TestACheckMeetsTheErasure(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour}
	w, id := plant(t, p)
	w.turn(t, platform.ReasonRevoked)
	w.clock.advance(keptDead)
	p.probe = func() (platform.Proof, error) {
		t.Error("the platform was asked")
		return platform.Proof{}, nil
	}
	p.stale.meanwhile = func() { // after grantedChannel's look
		p.stale.meanwhile = func() { same(t, "grants with credentials", w.eraseDead(t), 0) }
	}
	report, err := w.svc.CheckChannel(t.Context(), w.caller, id)
	must(t, err)
	if report.CheckedNow || report.Channel.HealthReason != platform.ReasonRevoked {
		t.Errorf("got %q, checked now %t; want revoked, and not", report.Channel.HealthReason, report.CheckedNow)
	}
	w.work(t)
	w.health(t, id, connect.HealthNeedsReauth, platform.ReasonRevoked)
	same(t, "grants with something due", w.count(t, "grants WHERE next_at IS NOT NULL"), 0)
}

// What somebody holds is left alone; and an answer that comes after all is taken in.
func TestALateAnswerFillsAnEmptiedGrant(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: 2 * keptDead}
	w, id := plant(t, p)
	w.clock.advance(2*keptDead - time.Hour)
	p.refresh = func() error {
		w.turn(t, platform.ReasonRevoked)
		w.clock.advance(keptDead)
		same(t, "while it is held", w.eraseDead(t), 1)
		w.set(t, "UPDATE grants SET lease_until = NULL")
		same(t, "when its lease is over", w.eraseDead(t), 0)
		return nil
	}
	w.work(t)
	same(t, "refreshes", p.sent, 1)
	w.health(t, id, connect.HealthHealthy, "")
	lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
	must(t, err)
	same(t, "lent", lease.Access.Reveal(), "access-2")
}

// Nothing that is sealed is left for an exchange of keys, and nothing for the platform.
func TestAnEmptiedGrantIsDisconnected(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshStable, life: time.Hour, reach: platform.ReachToken, revoke: func() error { return errors.New("asked") }}
	w, id := plant(t, p)
	w.turn(t, platform.ReasonRevoked)
	w.clock.advance(keptDead)
	same(t, "grants with credentials", w.eraseDead(t), 0)
	for _, table := range []string{"grants", "targets"} {
		sealed, err := w.store.CountSealed(t.Context(), table)
		must(t, err)
		same(t, "sealed in "+table, len(sealed), 0)
	}
	w.set(t, "UPDATE apps SET trouble = 'platform_unavailable', holds = 1, hold_until = $1", w.clock.now().Add(time.Minute).UnixMilli())
	report, err := w.svc.CheckChannel(t.Context(), w.caller, id) // it waits for no platform
	must(t, err)
	same(t, "checked now", report.CheckedNow, false)
	_, err = w.svc.DisconnectChannel(t.Context(), w.caller, id)
	must(t, err)
	same(t, "grants", w.count(t, "grants"), 0)
	same(t, "revocations", w.count(t, "revocations"), 0)
	v := w.again(t, id)
	v.consent(t, browserA, browserA)
	w.health(t, id, connect.HealthHealthy, "")
}
