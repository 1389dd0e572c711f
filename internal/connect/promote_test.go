package connect_test

import (
	"slices"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

// A second consent without a refresh token keeps the one of before where refresh tokens
// stay valid, as Google's do: the channel is refreshed on. Where each consent or refresh
// spends the one of before, or where that one is known to be dead, nothing is kept.
func TestAConsentWithoutARefreshTokenKeepsTheOneBefore(t *testing.T) {
	t.Parallel()
	dead := func(t *testing.T, w *journey, p *plot) {
		t.Helper()
		p.refresh = func() error { return platform.Refuse(platform.ClassPermanent, platform.ReasonRevoked, nil) }
		w.clock.advance(time.Hour)
		w.work(t)
		p.refresh = nil
	}
	for name, c := range map[string]struct {
		model    platform.RefreshModel
		until    time.Duration // the life of the refresh token, as told; zero: not told
		other    bool          // the new tokens are bound to another key
		break1st func(*testing.T, *journey, *plot)
		kept     string
	}{
		"stable":                 {model: platform.RefreshStable, kept: "refresh-1"},
		"stable, with an end":    {model: platform.RefreshStable, until: 30 * 24 * time.Hour, kept: "refresh-1"},
		"stable, ended":          {model: platform.RefreshStable, until: time.Minute},
		"stable, bound to a key": {model: platform.RefreshStable, other: true},
		"stable, dead":           {model: platform.RefreshStable, break1st: dead},
		"rotating":               {model: platform.RefreshRotating},
		"rotating with grace":    {model: platform.RefreshRotatingGrace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &plot{model: c.model, life: time.Hour, until: c.until, reach: platform.ReachNone}
			w, id := plant(t, p)
			if c.break1st != nil {
				c.break1st(t, w, p)
			}
			w.clock.advance(10 * time.Minute)
			p.noRT, p.until = true, 0
			if c.other {
				p.key = "another"
			}
			w.again(t, id).consent(t, browserA, browserA)
			p.sent, p.redeemed = 0, ""
			w.clock.advance(59 * time.Minute)
			w.work(t)
			if p.redeemed != c.kept {
				t.Errorf("got a refresh with %q, want %q", p.redeemed, c.kept)
			}
			if ch := w.channel(t, id); c.kept != "" && ch.Health != connect.HealthHealthy {
				t.Errorf("the channel is %s %s, want it healthy", ch.Health, ch.HealthReason)
			}
		})
	}
}

// The tokens of a consent that a new one replaced are ended at the platform, where that ends
// nothing else, and nobody is told of it: for who listens, the consent was renewed.
func TestAReplacedConsentIsRevoked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plot plot
		held bool
		want []string
	}{
		"replaced":                            {plot: plot{model: platform.RefreshRotating, replaced: true}, want: []string{"access-1"}},
		"left to run out":                     {plot: plot{model: platform.RefreshRotating}},
		"the same tokens":                     {plot: plot{model: platform.RefreshStable, replaced: true, same: true}},
		"a stable refresh token that is kept": {plot: plot{model: platform.RefreshStable, replaced: true, noRT: true}},
		"of a copy whose original lives on":   {plot: plot{model: platform.RefreshRotating, replaced: true}, held: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &c.plot
			p.life, p.reach = time.Hour, platform.ReachToken
			kept := p.noRT
			p.noRT = false
			w, id := plant(t, p)
			p.noRT = kept
			if c.held {
				must(t, connect.HoldRefreshing(t.Context(), w.store))
			}
			w.again(t, id).consent(t, browserA, browserA)
			w.revocations(t)
			if !slices.Equal(p.revoked, c.want) {
				t.Errorf("ended at the platform: got %v, want %v", p.revoked, c.want)
			}
			same(t, "revocations that are left", w.count(t, "revocations"), 0)
			same(t, "grant.revoked told", w.count(t, "events WHERE type = 'grant.revoked'"), 0)
			if ch := w.channel(t, id); ch.Health != connect.HealthHealthy {
				t.Errorf("the channel is %s %s, want it healthy", ch.Health, ch.HealthReason)
			}
		})
	}
}

// What an application has yet to confirm replaces nothing.
func TestAConsentToBeConfirmedReplacesNothingYet(t *testing.T) {
	t.Parallel()
	p := &plot{model: platform.RefreshRotating, life: time.Hour, reach: platform.ReachToken, replaced: true}
	w, _ := plant(t, p)
	v := w.visit(t, connect.CheckConfirm)
	v.consent(t, browserA, browserA)
	w.revocations(t)
	if len(p.revoked) != 0 {
		t.Errorf("before it was confirmed %v was ended", p.revoked)
	}
	_, err := v.confirm(t, v.open(t, browserA).ConfirmCode)
	must(t, err)
	w.revocations(t)
	if !slices.Equal(p.revoked, []string{"access-1"}) {
		t.Errorf("after it was confirmed: got %v, want access-1 ended", p.revoked)
	}
}
