package crash_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"patchbay/internal/lab"
)

// keepTruth is what is known of the accounts after all came to rest: what the Lab saw of
// each, what the database holds, what the application was told.
type keepTruth struct {
	Redeems []lab.Redeem
	Deaths  []time.Time
	Kept    []heldGrant
}

// heldGrant is one account's grant.
type heldGrant struct {
	ID                    int64
	Model, Family         string
	Health, Reason, Phase string
	First, Version        int64 // of its token: as connected, and now
	Aged                  int64 // when the accounts were made older; 0: they were not
	Told                  int64 // newest that the application was told
	Reauths               int   // channel.needs_reauth events
}

func (k *keeping) truth(t testing.TB) keepTruth {
	t.Helper()
	all := keepTruth{Redeems: k.lab.Redeems(), Deaths: k.deaths}
	for _, a := range k.kept {
		all.Kept = append(all.Kept, k.held(t, a))
	}
	return all
}

func (k *keeping) held(t testing.TB, a *kept) heldGrant {
	t.Helper()
	h := heldGrant{Model: a.model, Family: a.family, First: a.first, Aged: a.aged, Told: a.told.Load()}
	err := k.db.QueryRowContext(t.Context(), `
		SELECT grants.id, grants.health, grants.health_reason, grants.phase, grants.token_version,
			(SELECT count(*) FROM events WHERE events.channel_id = channels.id AND events.type = 'channel.needs_reauth')
		FROM grants JOIN channels ON channels.grant_id = grants.id
		WHERE channels.id = $1`, a.channel).Scan(&h.ID, &h.Health, &h.Reason, &h.Phase, &h.Version, &h.Reauths)
	if err != nil {
		t.Fatalf("grant of channel %d: %v", a.channel, err)
	}
	return h
}

func (h heldGrant) lost() bool { return h.Health == "needs_reauth" }

// keepViolations is everything that is wrong; none is the proof. Nothing may be lost at
// the stable server and at the one with grace. At the strict one what the platform had
// answered when the process died, and what is then told is that the rotation was lost.
func keepViolations(all keepTruth) (wrong []string) {
	refreshes := map[string][]lab.Redeem{}
	for _, r := range all.Redeems {
		if r.Kind == lab.RedeemRefresh {
			refreshes[r.Family] = append(refreshes[r.Family], r)
		}
	}
	for _, h := range all.Kept {
		say := func(format string, args ...any) {
			wrong = append(wrong, fmt.Sprintf("grant %d (%s): ", h.ID, h.Model)+fmt.Sprintf(format, args...))
		}
		h.rows(say)
		h.redeems(refreshes[h.Family], all.Deaths, say)
	}
	slices.Sort(wrong)
	return wrong
}

type say func(format string, args ...any)

// rows judges what is stored and told.
func (h heldGrant) rows(say say) {
	if h.Phase != "" {
		say("was left %s", h.Phase)
	}
	if h.Told > h.Version {
		say("the application was told version %d, the last is %d", h.Told, h.Version)
	}
	switch {
	case h.lost() && h.Reason != "lost_rotation":
		say("was told to be %s, want lost_rotation", h.Reason)
	case h.lost() && h.Model != "strict":
		say("was lost")
	case !h.lost() && h.Health != "" && h.Health != "healthy":
		say("is %s: %s", h.Health, h.Reason)
	case !h.lost() && h.Aged > 0 && h.Version <= h.Aged:
		say("was not refreshed when its time had come: version %d", h.Version)
	}
	if want := map[bool]int{true: 1}[h.lost()]; h.Reauths != want {
		say("%d times channel.needs_reauth, want %d", h.Reauths, want)
	}
}

// redeems judges what the Lab saw of one consent, oldest first.
func (h heldGrant) redeems(list []lab.Redeem, deaths []time.Time, say say) {
	var made int64
	presented := map[string][]lab.Redeem{}
	for _, r := range list {
		if r.Outcome == lab.RedeemOK {
			made++
		}
		if !slices.Contains(outcomes[h.Model], r.Outcome) {
			say("redeem %d: %s", r.Seq, r.Outcome)
		}
		presented[r.Token] = append(presented[r.Token], r)
	}
	stored := h.Version - h.First
	switch {
	case h.lost() && stored != made-1:
		say("is lost with %d refreshes of which %d are stored: want one less", made, stored)
	case !h.lost() && h.Model != "stable" && stored != made, stored > made:
		say("the platform answered %d refreshes, %d are stored", made, stored)
	}
	if h.Model == "strict" {
		h.single(presented, deaths, say)
	}
}

// outcomes are those that a platform may have seen, by model.
var outcomes = map[string][]lab.RedeemOutcome{
	"strict": {lab.RedeemOK, lab.RedeemReuse},
	"grace":  {lab.RedeemOK, lab.RedeemGrace},
	"stable": {lab.RedeemOK},
}

// patienceOfCall is more than a refresh may take.
const patienceOfCall = 10 * time.Second

// died tells whether who posted a refresh may have died on it: the platform may also have
// acted when the caller was gone.
func died(d time.Time, r lab.Redeem) bool { return d.Sub(r.RealAt).Abs() < patienceOfCall }

// single judges tokens that are good for one use: one that came twice is the last try of
// a consent whose answer died with the process.
func (h heldGrant) single(presented map[string][]lab.Redeem, deaths []time.Time, say say) {
	twice := 0
	for _, uses := range presented {
		if len(uses) == 1 {
			continue
		}
		twice++
		if len(uses) > 2 || !h.lost() {
			say("a token was presented %d times", len(uses))
		}
		if !slices.ContainsFunc(deaths, func(d time.Time) bool { return died(d, uses[0]) && d.Before(uses[1].RealAt) }) {
			say("the answer of redeem %d was lost, and no process died then", uses[0].Seq)
		}
	}
	if want := map[bool]int{true: 1}[h.lost()]; twice != want {
		say("%d tokens were presented twice, want %d", twice, want)
	}
}

// lostOf lists the models of the accounts that were lost.
func (all keepTruth) lostOf() (models []string) {
	for _, h := range all.Kept {
		if h.lost() {
			models = append(models, h.Model)
		}
	}
	slices.SortFunc(models, cmp.Compare[string])
	return models
}
