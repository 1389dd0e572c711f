package alive_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// TestACopyThatIsHeldByHand: made with other tools, and held before a server starts on it.
func TestACopyThatIsHeldByHand(t *testing.T) {
	t.Parallel()
	w, copied := ownApps(t, e2e.Options{}), filepath.Join(t.TempDir(), "copy.db")
	g := w.consents(t, twitter, "crowd-1")
	w.patchbay(t, "backup", copied) // a snapshot of the disk is as good
	r := w.beside(t, copied)
	for range 2 {
		if got := r.patchbay(t, "refreshing", "hold"); !strings.Contains(got, "1 grant is held back: 1 of x.") {
			t.Errorf("hold: got %q, want 1 of x", got)
		}
	}
	seq := w.seq()
	w.advance(3 * time.Hour)
	r.rest(t)
	if got := w.redeems(seq); len(got) != 0 {
		t.Errorf("the copy sent %d refreshes, want none", len(got))
	}
	w.rest(t)
	if got := w.health(t, g.channels[0].ID).String(); got != "healthy nobody" {
		t.Errorf("the original: got %s", got)
	}
}

// TestHoldingWhileARefreshIsOut: what comes home is kept, and it was the last one.
func TestHoldingWhileARefreshIsOut(t *testing.T) {
	t.Parallel()
	for _, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			w := start(t, e2e.Options{Engine: engine})
			id := w.one(t, twitter, "crowd-1")
			first, seq := w.lease(t, id, nil), w.seq()
			w.advance(2*time.Hour - 9*time.Minute)
			apps, err := w.services[0].DueApps(t.Context())
			if err != nil || len(apps) != 1 {
				t.Fatalf("due: got %v, %v, want one app", apps, err)
			}
			claims, _, _, err := w.services[0].ClaimDue(t.Context(), apps[0], hands)
			if err != nil || len(claims) != 1 {
				t.Fatalf("claimed: got %d, %v, want one grant", len(claims), err)
			}
			w.patchbay(t, "refreshing", "hold")
			if err := w.services[0].Work(t.Context(), claims[0]); err != nil {
				t.Fatal(err)
			}
			if got := w.lease(t, id, nil); got.Version != first.Version+1 {
				t.Errorf("what came home: got version %d, want %d", got.Version, first.Version+1)
			}
			w.advance(3 * time.Hour)
			w.rest(t)
			if got := len(w.redeems(seq)); got != 1 {
				t.Errorf("got %d refreshes, want the one that was out", got)
			}
			w.patchbay(t, "refreshing", "resume")
			w.rest(t)
			if got := w.health(t, id).String(); got != "healthy nobody" || len(w.redeems(seq)) != 2 {
				t.Errorf("resumed: got %s after %d refreshes, want healthy nobody after 2", got, len(w.redeems(seq)))
			}
		})
	}
}

// TestATokenThatIsRefusedWhileHeld: a probe finds out, and is no reason to refresh, nor to
// ask again and again.
func TestATokenThatIsRefusedWhileHeld(t *testing.T) {
	t.Parallel()
	w := start(t, e2e.Options{Change: withOpen(t)})
	w.registerOpen(t)
	w.lab(t, "/lab/open", map[string]any{"host": "strict.open.example", "access_s": 30 * 24 * 3600})
	g := w.consents(t, strict, "crowd-1")
	id, seq := g.channels[0].ID, w.seq()
	w.patchbay(t, "refreshing", "hold")
	w.pass(t, 2*day, 6*time.Hour)
	if got := w.health(t, id); got.String() != "healthy nobody" || got.ProvenAt.Before(w.now().Add(-day)) {
		t.Errorf("held: got %s, proven at %s, want it to be probed on", got, got.ProvenAt)
	}
	w.lab(t, "/lab/revoke", map[string]any{"platform": "open", "persona": "crowd-1"})
	before := len(w.App.Lab.Calls())
	w.pass(t, 2*day, 4*time.Hour)
	if got := w.health(t, id).String(); got != "error operator refreshing_held" {
		t.Errorf("refused: got %s, want error operator refreshing_held", got)
	}
	probes := slices.DeleteFunc(w.App.Lab.Calls()[before:], func(c lab.Call) bool { return c.Path != "/userinfo" })
	if len(probes) != 1 || len(w.redeems(seq)) != 0 {
		t.Errorf("got %d probes and %d refreshes, want the one probe that was refused", len(probes), len(w.redeems(seq)))
	}
}
