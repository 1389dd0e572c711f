package platformtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/platform"
)

func runProbe(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	check(t, "a living consent", h, func(t *testing.T, w *world) {
		proof, err := w.probe(t, w.alive(t, creator))
		if err != nil || len(proof.Broken) != 0 {
			t.Errorf("got %v, %v", proof.Broken, err)
		}
	})
	check(t, "a withdrawn consent", h, func(t *testing.T, w *world) {
		c := w.alive(t, creator)
		w.withdrawn(t, h)
		_, err := w.probe(t, c)
		wantRefusal(t, err, platform.ClassPermanent, platform.ReasonRevoked, platform.ReasonTokenRefused)
	})
	if !h.SubjectUntold {
		check(t, "somebody else's token", h, func(t *testing.T, w *world) {
			c := w.alive(t, creator)
			c.Subject = "somebody else"
			_, err := w.probe(t, c)
			wantRefusal(t, err, platform.ClassPermanent, platform.ReasonTokenKind)
		})
	}
	for name, answer := range broken() {
		check(t, "API: "+name, h, func(t *testing.T, w *world) {
			c := w.alive(t, creator)
			w.failWhen(func(string, int) bool { return true }, answer)
			proof, err := w.probe(t, c)
			wantPassing(t, err)
			if len(proof.Broken) != 0 {
				t.Errorf("got %v with an error", proof.Broken)
			}
		})
	}
	check(t, "each call", h, func(t *testing.T, w *world) { probeCalls(t, w, creator) })
	check(t, "lease", h, func(t *testing.T, w *world) {
		got, err := platform.Lease(w.platform, w.app, w.alive(t, creator).Credentials)
		if d := cmp.Diff(platform.Leased{Type: "Bearer", Server: w.app.Server}, got); err != nil || d != "" {
			t.Errorf("%v (-want +got):\n%s", err, d)
		}
	})
	runLosses(t, h)
}

// probeCalls breaks one call of a probe after another: all of it passes, or the target
// that was asked about is left unasked.
func probeCalls(t *testing.T, w *world, c choice) {
	t.Helper()
	consent := w.alive(t, c)
	w.failWhen(func(string, int) bool { return false }, nil)
	if _, err := w.probe(t, consent); err != nil {
		t.Fatal(err)
	}
	calls, _ := w.counted()
	for n := range len(calls) {
		w.failWhen(func(_ string, i int) bool { return i == n+1 }, broken()["502 HTML"])
		proof, err := w.probe(t, consent)
		if len(proof.Unasked) == 0 {
			wantPassing(t, err)
		}
		if len(proof.Broken) != 0 {
			t.Errorf("call %s broke: got %v with an error", calls[n], proof.Broken)
		}
	}
}

// runLosses: what nobody tells us about is found.
func runLosses(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	if h.Loses != "" {
		noRole := platform.ReasonTargetPermission
		if h.Unlisted {
			noRole = platform.ReasonTargetGone
		}
		for state, reason := range map[string]string{"gone": platform.ReasonTargetGone, "no_role": noRole} {
			check(t, "a target is lost: "+state, h, func(t *testing.T, w *world) { lost(t, w, h, state, reason) })
		}
	}
	if h.OwnToken {
		check(t, "a token of another kind", h, func(t *testing.T, w *world) {
			c := w.alive(t, creator)
			c.targets[0].Credentials.Access = c.Credentials.Access
			proof, err := w.probe(t, c)
			wantBroken(t, proof, err, c.targets[0], platform.ReasonTokenKind)
		})
	}
	if h.AllOrNothing {
		return
	}
	check(t, "a required scope is withdrawn", h, func(t *testing.T, w *world) {
		c := w.alive(t, creator)
		gone := w.spec.Missing(nil)[0].Name
		w.control(t, "/lab/scopes", map[string]any{"platform": w.spec.ID, "persona": h.Creator, "withdraw": []string{gone}})
		proof, err := w.probe(t, c)
		wantRefusal(t, err, platform.ClassPermanent, platform.ReasonScopesMissing)
		if proof.Scopes == nil || slices.Contains(proof.Scopes, gone) {
			t.Errorf("scopes: got %q, want those that are left", proof.Scopes)
		}
	})
}

func lost(t *testing.T, w *world, h Harness, state, reason string) {
	t.Helper()
	c := w.alive(t, choice{persona: h.Creator})
	i := slices.IndexFunc(c.targets, func(t platform.Target) bool { return t.Kind == h.Loses })
	if i < 0 {
		t.Fatalf("there is no %s among %+v", h.Loses, c.targets)
	}
	w.control(t, "/lab/targets", map[string]any{"platform": w.spec.ID, "persona": h.Creator, "target": c.targets[i].ExternalID, state: true})
	proof, err := w.probe(t, c)
	wantBroken(t, proof, err, c.targets[i], reason)
}

func wantBroken(t *testing.T, proof platform.Proof, err error, target platform.Target, reason string) {
	t.Helper()
	want := map[platform.TargetKey]string{{Kind: target.Kind, ExternalID: target.ExternalID}: reason}
	if d := cmp.Diff(want, proof.Broken); err != nil || d != "" {
		t.Errorf("%v (-want +got):\n%s", err, d)
	}
}
