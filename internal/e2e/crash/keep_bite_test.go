package crash_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/internal/lab"
)

// TestKeepViolationsFindWhatIsWrong spoils a truth with nothing wrong in it, rule by rule.
func TestKeepViolationsFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	if wrong := keepViolations(soundKeeping()); wrong != nil {
		t.Fatalf("nothing is spoilt: got %q", wrong)
	}
	for _, c := range []struct {
		spoil func(*keepTruth)
		want  string
	}{
		{func(all *keepTruth) { all.Kept[0].Phase = "redeeming" }, "was left redeeming"},
		{func(all *keepTruth) { all.Kept[0].Told = 9 }, "was told version 9"},
		{func(all *keepTruth) { all.Kept[1].Reason = "revoked" }, "was told to be revoked"},
		{func(all *keepTruth) { all.Kept[1].Reauths = 0 }, "0 times channel.needs_reauth"},
		{func(all *keepTruth) { all.Kept[1].Reauths = 2 }, "2 times channel.needs_reauth"},
		{func(all *keepTruth) { all.Kept[0].Reauths = 1 }, "1 times channel.needs_reauth, want 0"},
		{func(all *keepTruth) { all.Kept[1].Version++ }, "is lost with 1 refreshes of which 1 are stored"},
		{func(all *keepTruth) { all.Kept[2].Health, all.Kept[2].Reason = "needs_reauth", "lost_rotation" }, "(grace): was lost"},
		{func(all *keepTruth) { all.Kept[3].Health, all.Kept[3].Reason = "error", "unavailable" }, "is error: unavailable"},
		{func(all *keepTruth) { all.Kept[0].Aged = 3 }, "was not refreshed when its time had come"},
		{func(all *keepTruth) { all.Kept[0].Version++ }, "the platform answered 2 refreshes, 3 are stored"},
		{func(all *keepTruth) { all.Kept[2].Version-- }, "the platform answered 1 refreshes, 0 are stored"},
		{func(all *keepTruth) { all.Kept[3].Version = 9 }, "the platform answered 2 refreshes, 8 are stored"},
		{func(all *keepTruth) { all.Redeems[1].Token = "a" }, "grant 1 (strict): a token was presented 2 times"},
		{func(all *keepTruth) { all.Redeems[3].Token = "other" }, "0 tokens were presented twice, want 1"},
		{func(all *keepTruth) { all.Redeems[1].Outcome = lab.RedeemUnknown }, "redeem 2: unknown"},
		{func(all *keepTruth) { all.Redeems[5].Outcome = lab.RedeemReuse }, "redeem 6: reuse"},
		{func(all *keepTruth) { all.Redeems[7].Outcome = lab.RedeemGrace }, "redeem 8: grace"},
		{func(all *keepTruth) { all.Deaths = nil }, "no process died then"},
		{func(all *keepTruth) { all.Deaths[0] = all.Deaths[0].Add(-time.Minute) }, "no process died then"},
		{func(all *keepTruth) { all.Redeems[3].RealAt = all.Redeems[2].RealAt }, "no process died then"},
	} {
		all := soundKeeping()
		c.spoil(&all)
		wrong := keepViolations(all)
		if !slices.ContainsFunc(wrong, func(line string) bool { return strings.Contains(line, c.want) }) {
			t.Errorf("got %q, want %q among it", wrong, c.want)
		}
	}
}

// soundKeeping is a strict account with two refreshes, one whose only answer was lost
// with a process, and one account each of the other models.
func soundKeeping() keepTruth {
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var all keepTruth
	redeem := func(family, token string, outcome lab.RedeemOutcome, after time.Duration) {
		all.Redeems = append(all.Redeems, lab.Redeem{
			Seq: int64(len(all.Redeems) + 1), Family: family, Token: token, Kind: lab.RedeemRefresh, Outcome: outcome, RealAt: at.Add(after),
		})
	}
	redeem("1", "a", lab.RedeemOK, 0)
	redeem("1", "b", lab.RedeemOK, time.Second)
	redeem("2", "c", lab.RedeemOK, time.Second)
	redeem("2", "c", lab.RedeemReuse, time.Minute)
	redeem("3", "d", lab.RedeemOK, time.Second)
	redeem("3", "d", lab.RedeemGrace, 3*time.Second)
	redeem("4", "e", lab.RedeemOK, time.Second)
	redeem("4", "e", lab.RedeemOK, 3*time.Second)
	all.Deaths = []time.Time{at.Add(2 * time.Second)}
	all.Kept = []heldGrant{
		{ID: 1, Model: "strict", Family: "1", Health: "healthy", First: 1, Version: 3, Aged: 2, Told: 3},
		{ID: 2, Model: "strict", Family: "2", Health: "needs_reauth", Reason: "lost_rotation", First: 1, Version: 1, Aged: 1, Reauths: 1},
		{ID: 3, Model: "grace", Family: "3", First: 1, Version: 2, Aged: 1},
		{ID: 4, Model: "stable", Family: "4", First: 1, Version: 2, Aged: 1},
	}
	return all
}
