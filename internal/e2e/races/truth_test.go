package races_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"patchbay/internal/lab"
)

// truth is what the Lab saw, what the database holds and what clients were told.
type truth struct {
	Redeems []lab.Redeem
	Grants  []held
}

// held is one grant after all came to rest.
type held struct {
	Family, Model string
	Single        bool // its refresh tokens are good for one use
	Health, Phase string
	First, Last   int64 // versions of its token: as connected, and now
	Newest        int64 // that a client was told
	Clashes       int   // versions of which clients were told two tokens
}

func (w *world) truth(t *testing.T) truth {
	t.Helper()
	all := truth{Redeems: w.lab.Redeems()}
	for _, g := range w.grants {
		all.Grants = append(all.Grants, w.held(t, g))
	}
	return all
}

func (w *world) held(t *testing.T, g *grant) held {
	t.Helper()
	h := held{Family: g.family, Model: g.model, Single: g.model != "stable", First: g.first, Newest: g.newest, Clashes: g.clashes}
	err := w.db.QueryRowContext(t.Context(), `
		SELECT grants.health, grants.phase, grants.token_version FROM grants JOIN channels ON channels.grant_id = grants.id
		WHERE channels.id = $1`, g.channel).Scan(&h.Health, &h.Phase, &h.Last)
	if err != nil {
		t.Fatalf("grant of channel %d: %v", g.channel, err)
	}
	return h
}

// rest waits until nobody holds a grant: what was begun is finished whoever has gone.
func (w *world) rest(t *testing.T) {
	t.Helper()
	for began := time.Now(); time.Since(began) < time.Minute; pause(t.Context(), 50*time.Millisecond) {
		open := 0
		if err := w.db.QueryRowContext(t.Context(), `SELECT count(*) FROM grants WHERE lease_until IS NOT NULL`).Scan(&open); err != nil {
			t.Fatal(err)
		}
		if open == 0 {
			return
		}
	}
}

// violations is everything that is wrong; none is the proof.
func violations(all truth) (wrong []string) {
	made, presented := map[string]int64{}, map[string]int{}
	for _, r := range all.Redeems {
		if r.Kind != lab.RedeemRefresh {
			continue
		}
		if r.Outcome != lab.RedeemOK {
			wrong = append(wrong, fmt.Sprintf("redeem %d of consent %s at %s: %s", r.Seq, r.Family, r.Host, r.Outcome))
			continue
		}
		made[r.Family]++
		presented[r.Family+" "+r.Token]++
	}
	for _, g := range all.Grants {
		wrong = append(wrong, g.violations(made[g.Family])...)
		if !g.Single {
			continue
		}
		for key, n := range presented {
			if family := g.Family + " "; n > 1 && len(key) > len(family) && key[:len(family)] == family {
				wrong = append(wrong, fmt.Sprintf("consent %s: a token was presented %d times", g.Family, n))
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

func (g held) violations(made int64) (wrong []string) {
	say := func(format string, args ...any) {
		wrong = append(wrong, fmt.Sprintf("consent %s at %s: ", g.Family, g.Model)+fmt.Sprintf(format, args...))
	}
	if g.Health != "healthy" && g.Health != "" {
		say("is %s", g.Health)
	}
	if g.Phase != "" {
		say("was left %s", g.Phase)
	}
	if stored := g.Last - g.First; stored != made {
		say("the Lab answered %d refreshes, %d are stored", made, stored)
	}
	if g.Newest > g.Last {
		say("a client was told version %d, the last is %d", g.Newest, g.Last)
	}
	if g.Clashes > 0 {
		say("%d versions came with two tokens", g.Clashes)
	}
	return wrong
}
