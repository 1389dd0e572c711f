package races_test

import (
	"slices"
	"strings"
	"testing"

	"patchbay/internal/lab"
)

// TestViolationsFindWhatIsWrong spoils a truth with nothing wrong in it, rule by rule.
func TestViolationsFindWhatIsWrong(t *testing.T) {
	t.Parallel()
	if wrong := violations(sound()); wrong != nil {
		t.Fatalf("nothing is spoilt: got %q", wrong)
	}
	for _, c := range []struct {
		spoil func(*truth)
		want  string
	}{
		{func(all *truth) { all.Redeems[2].Outcome = lab.RedeemReuse }, "redeem 3 of consent 1 at strict.open.example: reuse"},
		{func(all *truth) { all.Redeems[2].Token = "a" }, "consent 1: a token was presented 2 times"},
		{func(all *truth) { all.Grants[0].Health = "needs_reauth" }, "is needs_reauth"},
		{func(all *truth) { all.Grants[0].Phase = "awaiting" }, "was left awaiting"},
		{func(all *truth) { all.Grants[0].Last-- }, "the Lab answered 2 refreshes, 1 are stored"},
		{func(all *truth) { all.Grants[0].Last++ }, "the Lab answered 2 refreshes, 3 are stored"},
		{func(all *truth) { all.Grants[1].Newest = 5 }, "a client was told version 5"},
		{func(all *truth) { all.Grants[1].Clashes = 1 }, "1 versions came with two tokens"},
	} {
		all := sound()
		c.spoil(&all)
		wrong := violations(all)
		if !slices.ContainsFunc(wrong, func(line string) bool { return strings.Contains(line, c.want) }) {
			t.Errorf("got %q, want %q among it", wrong, c.want)
		}
	}
}

// sound is a strict account with two refreshes, and a stable one with two.
func sound() truth {
	all := truth{Redeems: []lab.Redeem{{Kind: lab.RedeemCode, Family: "1", Outcome: lab.RedeemOK}}}
	for _, r := range []lab.Redeem{
		{Family: "1", Host: "strict.open.example", Token: "a"},
		{Family: "1", Host: "strict.open.example", Token: "b"},
		{Family: "2", Host: "stable.open.example", Token: "c"},
		{Family: "2", Host: "stable.open.example", Token: "c"},
	} {
		r.Seq, r.Kind, r.Outcome = int64(len(all.Redeems)+1), lab.RedeemRefresh, lab.RedeemOK
		all.Redeems = append(all.Redeems, r)
	}
	all.Grants = []held{
		{Family: "1", Model: "strict", Single: true, Health: "healthy", First: 2, Last: 4, Newest: 4},
		{Family: "2", Model: "stable", First: 2, Last: 4, Newest: 3},
	}
	return all
}
