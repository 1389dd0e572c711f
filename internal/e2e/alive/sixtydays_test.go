package alive_test

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"patchbay/internal/e2e"
	"patchbay/internal/lab"
)

// A soak names the whole figure: go test ./internal/e2e/alive -run TestSixtyDays -timeout 60m
// -alive.grants=200 -alive.days=62. A seed replays which tokens are asked for and when.
var (
	grants = flag.Int("alive.grants", 24, "grants that live for sixty days on each engine, of nine kinds")
	days   = flag.Int("alive.days", 6, "days that pass in steps of at most five minutes; the others pass in jumps over the dates of the forecasts")
	seed   = flag.Uint64("alive.seed", 2026, "seed of who asks for a token, and when")
)

// crowd is how many of 24 grants are of a kind.
var crowd = []struct {
	kind
	of24 int
}{
	{facebook, 5}, {instagram, 3}, {twitter, 2}, {partner, 3}, {member, 4}, {mastodon, 4}, {strict, 1}, {grace, 1}, {stable, 1},
}

// stages are the days at which time stands still for a moment: before and after each
// date on which something is due, and that of the reconnections.
var stages = []float64{1, 6, 41, 43, 45.9, 46.1, 47, reconnected, 52.9, 53.1, 58.9, 59.1, 59.9, 60.1, 62}

const reconnected = 50

// TestSixtyDays: no token is handed out that the platform does not take, none is refreshed
// more often than its platform needs, and what ends is foretold once.
func TestSixtyDays(t *testing.T) {
	t.Parallel()
	for n, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			l := &life{
				world: start(t, e2e.Options{Engine: engine, Change: withOpen(t)}), dice: rand.New(rand.NewPCG(*seed, uint64(n))),
				watched: map[string]watch{}, lent: map[string]int{}, seen: map[string]int{}, told: map[int64][]string{}, want: map[int64][]string{},
			}
			l.registerOpen(t)
			l.populate(t)
			for _, stage := range stages {
				end := time.Duration(stage * float64(day))
				if stage <= float64(*days) {
					l.live(t, end)
				} else {
					l.jump(t, end)
				}
				if stage == reconnected {
					l.reconnect(t)
				}
			}
			l.judge(t)
		})
	}
}

// life is a world in which many grants live.
type life struct {
	*world
	dice    *rand.Rand
	grants  []grant
	first   int64              // the last redeem before
	steady  time.Duration      // passed in small steps
	jumps   int                // passed otherwise
	watched map[string]watch   // by kind: a token whose end is awaited
	seen    map[string]int     // by kind: tokens whose end was as told
	lent    map[string]int     // by kind
	told    map[int64][]string // by channel
	want    map[int64][]string // by channel
}

// watch is a token that must work until it ends, and not after.
type watch struct {
	grant
	token
}

func (l *life) populate(t testing.TB) {
	t.Helper()
	left := *grants
	for _, c := range crowd {
		left -= max(1, c.of24**grants/24)
	}
	for _, c := range crowd {
		n := max(1, c.of24**grants/24)
		if c.name == twitter.name { // the rest of the division
			n += max(0, left)
		}
		for i := range n {
			g := l.consents(t, c.kind, fmt.Sprintf("crowd-%d", i+1000*len(l.lent)))
			l.grants = append(l.grants, g)
			for _, c := range g.channels {
				l.want[c.ID] = g.foretold()
			}
		}
		l.lent[c.name] = 0
	}
	l.first = l.seq()
}

// foretold is what is told of a grant's channels in sixty days.
func (g grant) foretold() []string {
	switch {
	case g.own:
		return []string{"channel.expiring 14", "channel.expiring 7", "channel.expiring 1"}
	case g.name == member.name:
		return []string{"channel.expiring 14", "channel.expiring 7", "channel.expiring 1", "channel.needs_reauth consent_expired"}
	}
	return []string{}
}

// live lets time go by in small steps. Somebody asks for tokens before the engine has seen
// what is due, and after.
func (l *life) live(t testing.TB, end time.Duration) {
	l.steady += end - l.at()
	for l.at() < end && !t.Failed() {
		step := 4*time.Minute + time.Duration(l.dice.IntN(61))*time.Second
		l.step(t, min(step, end-l.at()))
		if l.dice.IntN(6) == 0 {
			l.lend(t)
		}
		l.rest(t)
		if l.dice.IntN(12) == 0 {
			l.lend(t)
		}
	}
	l.listen(t)
}

// jump is a server that was away, or whose clock was wrong.
func (l *life) jump(t testing.TB, end time.Duration) {
	clear(l.watched)
	l.jumps++
	l.advance(end - l.at())
	for range 6 {
		l.lend(t)
	}
	l.rest(t)
	for range 6 {
		l.lend(t)
	}
	l.listen(t)
}

// step moves the clock, and stops a second before and after the end of what is watched.
func (l *life) step(t testing.TB, d time.Duration) {
	t.Helper()
	for end := l.now().Add(d); l.now().Before(end); {
		next := end
		for _, w := range l.watched {
			for _, at := range []time.Time{w.ExpiresAt.Add(-time.Second), w.ExpiresAt.Add(time.Second)} {
				if at.After(l.now()) && at.Before(next) {
					next = at
				}
			}
		}
		l.advance(next.Sub(l.now()))
		for name, w := range l.watched {
			l.watch(t, name, w)
		}
	}
}

func (l *life) watch(t testing.TB, name string, w watch) {
	t.Helper()
	left := w.ExpiresAt.Sub(l.now())
	if left > time.Second {
		return
	}
	if works := l.works(t, w.kind, w.channels[0], w.token); works != (left > 0) {
		t.Errorf("%s: %s before the end that was told, the platform takes the token: %t", name, left, works)
	}
	if left < 0 {
		delete(l.watched, name)
		l.seen[name]++
	}
}

// lend asks for the token of some channel, and holds it to what was promised.
func (l *life) lend(t testing.TB) {
	t.Helper()
	g := l.grants[l.dice.IntN(len(l.grants))]
	c := g.channels[l.dice.IntN(len(g.channels))]
	least := time.Duration(60+l.dice.IntN(180)) * time.Second
	answer := l.ask(t, c.ID, map[string]any{"min_lifetime_s": least.Seconds()})
	if answer.Status == http.StatusConflict && g.over(l.at(), least) {
		if why := refused(t, answer); why != "409 consent_expired" && (why != "409 token_short" || l.at() >= g.ends) {
			t.Errorf("%s at %s: got %s, want consent_expired", g.name, l.at(), why)
		}
		return
	}
	var lent token
	answer.Into(t, http.StatusOK, &lent)
	l.lent[g.name]++
	if lent.ExpiresAt != nil && lent.ExpiresAt.Sub(l.now()) < least {
		t.Errorf("%s at %s: got a token that ends in %s, asked for %s", g.name, l.at(), lent.ExpiresAt.Sub(l.now()), least)
	}
	if !l.works(t, g.kind, c, lent) {
		t.Errorf("%s at %s: the platform does not take the token that was lent (it is said to end at %v)", g.name, l.at(), lent.ExpiresAt)
	}
	if l.dice.IntN(8) == 0 { // it must live on for as long as was asked
		l.step(t, least-time.Second)
		if !l.works(t, g.kind, c, lent) {
			t.Errorf("%s at %s: the token that was lent for %s does not live as long", g.name, l.at(), least)
		}
	}
	if _, has := l.watched[g.name]; !has && lent.ExpiresAt != nil {
		l.watched[g.name] = watch{g, lent}
	}
}

// over tells whether only the person can go on, or soon.
func (g grant) over(at, least time.Duration) bool {
	return g.name == member.name && at > g.ends-least
}

// listen sorts the news by channel.
func (l *life) listen(t testing.TB) {
	t.Helper()
	for _, e := range l.news(t) {
		l.told[e.ChannelID] = append(l.told[e.ChannelID], e.String())
	}
}

// reconnect renews one consent of each kind that ends: what was foretold is over, and
// begins anew after the sixty days.
func (l *life) reconnect(t testing.TB) {
	t.Helper()
	done := map[string]bool{}
	for i, g := range l.grants {
		if len(g.foretold()) == 0 || done[g.name] {
			continue
		}
		done[g.name] = true
		again := l.consents(t, g.kind, g.persona)
		if diff := cmp.Diff(g.channels, again.channels); diff != "" {
			t.Errorf("%s: channels after the reconnection (-want +got):\n%s", g.name, diff)
		}
		again.ends += l.at()
		l.grants[i] = again
		for _, c := range again.channels {
			l.want[c.ID] = []string{"channel.expiring 14", "channel.recovered"}
		}
	}
}

// judge compares what was told, and what the platforms saw, with what should be.
func (l *life) judge(t *testing.T) {
	for id, want := range l.want {
		if diff := cmp.Diff(want, append([]string{}, l.told[id]...)); diff != "" {
			t.Errorf("events of channel %d (-want +got):\n%s", id, diff)
		}
	}
	total := l.judgeRedeems(t)
	for name := range l.lent {
		if l.lent[name] == 0 {
			t.Errorf("%s: no token was lent: the test is too small", name)
		}
	}
	for _, k := range []kind{twitter, strict, grace, stable} {
		if l.seen[k.name] == 0 {
			t.Errorf("%s: the end of no token was awaited: the test is too small", k.name)
		}
	}
	lent := 0
	for _, n := range l.lent {
		lent += n
	}
	t.Logf("%d grants, %s by the clock: %d refreshes, %d leases, ends as told %v", len(l.grants), l.at(), total, lent, slices.Sorted(maps.Values(l.seen)))
}

func (l *life) judgeRedeems(t *testing.T) (total int) {
	count := map[string]int{}
	for _, r := range l.redeems(l.first) {
		if r.Outcome != lab.RedeemOK {
			t.Errorf("%s at %s: got the redeem %s %s", r.Platform, r.At.Sub(began), r.Kind, r.Outcome)
		}
		count[r.Family]++
		total++
	}
	for _, g := range l.grants {
		least, most := l.due(g.kind)
		if got := count[g.family]; got < least || got > most {
			t.Errorf("%s as %s: got %d refreshes, want %d to %d", g.name, g.persona, got, least, most)
		}
	}
	return total
}

// due is how many refreshes a kind needs at the least and at the most. After a jump it is
// one, however far.
func (l *life) due(k kind) (least, most int) {
	if k.needs == 0 {
		return 0, 0
	}
	times := func(d time.Duration) int { return int((d + k.needs - 1) / k.needs) }
	most = min(times(l.at()), times(l.steady)+l.jumps) + 1
	if k.needs == shortLife {
		least = int(l.steady / (2 * time.Hour))
	}
	return least, most
}
