package platformtest

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"patchbay/internal/platform"
	"patchbay/internal/vault"
)

func runVerify(t *testing.T, h Harness) {
	creator := choice{persona: h.Creator}
	check(t, "identity", h, func(t *testing.T, w *world) {
		id, _, err := w.verify(t, w.connected(t, creator))
		if err != nil || id.Subject == "" || id.Name == "" {
			t.Errorf("got %+v, %v", id, err)
		}
	})
	check(t, "granted scopes are told", h, func(t *testing.T, w *world) {
		id, _, err := w.verify(t, w.connected(t, creator))
		if err != nil || len(w.spec.Missing(id.Scopes)) != 0 {
			t.Errorf("got %q, %v; want all of %q", id.Scopes, err, w.spec.ScopeNames())
		}
	})
	check(t, "targets", h, func(t *testing.T, w *world) { wantTargets(t, w, creator, h.Targets) })
	check(t, "the same targets every time", h, func(t *testing.T, w *world) {
		c := w.connected(t, creator)
		first, second := wantClientTargets(t, w, c, h.Targets), wantClientTargets(t, w, c, h.Targets)
		if d := cmp.Diff(first, second, cmpopts.IgnoreTypes(vault.Secret{})); d != "" {
			t.Errorf("(-first +second):\n%s", d)
		}
	})
	check(t, "another subject than the token's", h, func(t *testing.T, w *world) {
		c := w.connected(t, creator)
		c.Subject = "somebody else"
		_, _, err := w.verify(t, c)
		wantReason(t, err, "token_kind")
	})
	check(t, "token that is none", h, func(t *testing.T, w *world) {
		c := w.connected(t, creator)
		c.Credentials.Access = vault.NewSecret("token-canary")
		_, _, err := w.verify(t, c)
		wantReason(t, err, "consent_ended")
	})
	check(t, "token that is too old", h, func(t *testing.T, w *world) {
		if w.spec.AccessLifetime == 0 {
			return // it never is
		}
		c := w.connected(t, creator)
		w.later(w.spec.AccessLifetime * 2)
		_, _, err := w.verify(t, c)
		wantReason(t, err, "consent_ended")
	})
	for persona, n := range h.Others {
		check(t, "targets of "+persona, h, func(t *testing.T, w *world) { wantTargets(t, w, choice{persona: persona}, n) })
	}
	for persona, why := range h.Blocked {
		check(t, "blocked target of "+persona, h, func(t *testing.T, w *world) {
			_, targets, err := w.verify(t, w.connected(t, choice{persona: persona}))
			i := slices.IndexFunc(targets, func(t platform.Target) bool { return t.Blocked == why })
			if err != nil || i < 0 {
				t.Fatalf("got %v, want a target that is blocked by %s among %+v", err, why, targets)
			}
			if targets[i].Name == "" || !targets[i].Credentials.Access.Empty() {
				t.Error("a blocked target is shown with its name, and no token of it is kept")
			}
		})
	}
	runUnticked(t, h)
}

func runUnticked(t *testing.T, h Harness) {
	if h.Nobody != "" {
		check(t, "nothing to connect", h, func(t *testing.T, w *world) {
			id, targets, err := w.verify(t, w.connected(t, choice{persona: h.Nobody}))
			wantReason(t, err, "no_targets")
			if id.Subject == "" || len(targets) != 0 {
				t.Errorf("got identity %+v and %d targets", id, len(targets))
			}
		})
		check(t, "every target unticked", h, func(t *testing.T, w *world) {
			_, _, err := w.verify(t, w.connected(t, choice{persona: h.Creator, untickAll: "target"}))
			wantReason(t, err, "no_targets")
		})
	}
	if h.AllOrNothing {
		return
	}
	for _, sc := range h.spec().Scopes {
		check(t, "without "+sc.Name, h, func(t *testing.T, w *world) {
			id, _, err := w.verify(t, w.connected(t, choice{persona: h.Creator, untick: []string{sc.Name}}))
			if sc.Required {
				wantReason(t, err, "scopes_missing")
			} else {
				wantReason(t, err, "")
			}
			if missing := w.spec.Missing(id.Scopes); len(missing) != 1 || missing[0] != sc {
				t.Errorf("missing: got %+v, want %s", missing, sc.Name)
			}
		})
	}
	check(t, "without any scope", h, func(t *testing.T, w *world) {
		_, _, err := w.verify(t, w.connected(t, choice{persona: h.Creator, untickAll: "scope"}))
		wantReason(t, err, "scopes_missing")
	})
}

func wantTargets(t *testing.T, w *world, c choice, n int) {
	t.Helper()
	wantClientTargets(t, w, w.connected(t, c), n)
}

// wantClientTargets checks how many targets there are and what each is made of.
func wantClientTargets(t *testing.T, w *world, c *platform.Client, n int) []platform.Target {
	t.Helper()
	_, targets, err := w.verify(t, c)
	if err != nil || len(targets) != n {
		t.Fatalf("got %d targets, %v; want %d", len(targets), err, n)
	}
	seen := map[string]bool{}
	for _, target := range targets {
		kind := platform.TargetKind{Kind: target.Kind, Role: target.Role}
		if !slices.Contains(w.spec.Targets, kind) {
			t.Errorf("target %s: the Spec has no %+v", target.ExternalID, kind)
		}
		if target.ExternalID == "" || target.Name == "" || seen[target.Kind+" "+target.ExternalID] {
			t.Errorf("target without id or name, or twice: %+v", target)
		}
		seen[target.Kind+" "+target.ExternalID] = true
		if target.URL != "" && !strings.HasPrefix(target.URL, "https://") {
			t.Errorf("target %s: address %q", target.ExternalID, target.URL)
		}
		if target.Blocked != "" && !slug.MatchString(target.Blocked) {
			t.Errorf("target %s: blocked by %q, which is no slug", target.ExternalID, target.Blocked)
		}
	}
	return targets
}
