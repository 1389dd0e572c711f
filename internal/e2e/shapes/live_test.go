package shapes_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
)

// health is what GET /v1/channels/{id}/health says.
type health struct {
	Health    string     `json:"health"`
	Reason    string     `json:"reason"`
	Lifecycle string     `json:"lifecycle"`
	ExpiresAt *time.Time `json:"token_expires_at"`
	EndsAt    *time.Time `json:"ends_at"`
	ProvenAt  *time.Time `json:"proven_at"`
}

// ends is when the grant's token does: a page's own, which is lent, may have no end.
func (h health) ends() *time.Time {
	if h.ExpiresAt == nil {
		return h.EndsAt
	}
	return h.ExpiresAt
}

func (k *walker) health(t *testing.T) health {
	t.Helper()
	var h health
	k.Call(t, http.MethodGet, fmt.Sprintf("/v1/channels/%d/health", k.channel), nil).Into(t, http.StatusOK, &h)
	k.seen = h
	return h
}

// lease is the status of asking for a token.
func (k *walker) lease(t *testing.T) int {
	t.Helper()
	return k.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/token", k.channel), map[string]any{}).Status
}

// freshen makes the channel well, with a token that is soon due: its person consents
// anew where it is not.
func (k *walker) freshen(t *testing.T) {
	t.Helper()
	k.gate.arm(nil, false)
	if k.channel != 0 {
		h := k.health(t)
		if h.Health == "healthy" && (h.ends() == nil || h.ends().Before(k.clock.Now().Add(shortLife+15*time.Minute))) {
			return
		}
	}
	k.consent(t)
	if h := k.health(t); h.Health != "healthy" {
		t.Fatalf("after a consent: got %+v, want it healthy", h)
	}
}

// revive has a channel that was called dead proven alive by a check, since the platform
// does not really think so, and refreshed. It is left dead where that does not help.
func (k *walker) revive(t *testing.T) {
	t.Helper()
	k.gate.arm(nil, false)
	k.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", k.channel), nil)
	if k.gate.name != "probe" {
		k.turn(t) // what is overdue
	}
}

// stays: the shape disconnects nobody. One that is not fine proves nothing.
func (k *walker) stays(t *testing.T, s shape, fine bool) {
	t.Helper()
	before := k.clock.Now()
	k.attempt(t, s, fine)
	h := k.health(t)
	if h.Health == "needs_reauth" || h.Lifecycle != "active" || fine && h.Health != "healthy" {
		t.Fatalf("got %+v, want the channel left as it was", h)
	}
	if proven := h.ProvenAt != nil && h.ProvenAt.After(before); proven != fine {
		t.Errorf("taken as a proof: %t, want %t", proven, fine)
	}
}

// recovers: the next fine answer leaves the channel well.
func (k *walker) recovers(t *testing.T) {
	t.Helper()
	k.gate.arm(nil, false)
	k.pass(t, func() bool { _, well := k.gate.counted(); return well > 0 })
	if h := k.health(t); h.Health != "healthy" {
		t.Errorf("got %+v, want it healthy", h)
	}
	if got := k.lease(t); got != http.StatusOK {
		t.Errorf("a lease is answered with %d, want 200", got)
	}
}

// ends: the channel needs its person, within two attempts, and no token is lent.
func (k *walker) ends(t *testing.T, s shape, want cell) {
	t.Helper()
	k.attempt(t, s, false)
	flagged, reason, lease := k.flagged(want)
	h := k.health(t)
	if h.Health == "healthy" {
		k.pass(t, func() bool { calls, _ := k.gate.counted(); return calls > 1 })
		h = k.health(t)
	}
	if h.Health != flagged || h.Reason != reason {
		t.Errorf("got %+v, want %s because of %s", h, flagged, reason)
	}
	if got := k.lease(t); got != lease {
		t.Errorf("a lease is answered with %d, want %d", got, lease)
	}
}

// flagged is how the channel of a dead consent shows it.
func (k *walker) flagged(want cell) (health, reason string, lease int) {
	pages := k.gate.platform.Spec().Refresh == platform.RefreshRenewing
	if pages && want.reason == platform.ReasonConsentExpired {
		return "expiring", connect.ReasonEnding, http.StatusOK // the page's own token does not run out
	}
	return string(connect.Diagnose(want.reason).Health), want.reason, http.StatusConflict
}

// attempt lets the shape answer once. The token was looked at a moment ago.
func (k *walker) attempt(t *testing.T, s shape, fine bool) {
	t.Helper()
	k.gate.arm(&s, fine)
	left := 24 * time.Hour // a probe is due each day
	if end := k.seen.ends(); end != nil {
		left = end.Sub(k.clock.Now())
	}
	if left > time.Hour { // to where all that comes before the end is due
		k.clock.Advance(left - min(left/12, 40*time.Minute))
	}
	k.pass(t, func() bool { calls, _ := k.gate.counted(); return calls > 0 })
}

// pass lets time go by until something has happened, and what is due be done.
func (k *walker) pass(t *testing.T, happened func() bool) {
	t.Helper()
	for step := range 120 {
		if k.turn(t); happened() {
			return
		}
		if step < 60 {
			k.clock.Advance(3 * time.Minute)
		} else {
			k.clock.Advance(time.Hour)
		}
	}
	t.Fatalf("nothing was sent in all this time: %+v", k.health(t))
}

// turn does what is due.
func (k *walker) turn(t *testing.T) {
	t.Helper()
	ctx, service := t.Context(), k.App.Service
	apps, err := service.DueApps(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range apps {
		claims, _, _, err := service.ClaimDue(ctx, id, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range claims {
			if err := service.Work(ctx, c); err != nil {
				t.Fatal(err)
			}
		}
	}
}
