package schedule_test

import (
	"flag"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// A soak names larger figures:
//
//	go test ./internal/e2e/schedule -run TestReplayKilled -timeout 30m -schedule.events=10000 -schedule.kills=40
//
// A seed (-schedule.seed) replays the points of the kills, not the machine.
var (
	events = flag.Int("schedule.events", 1000, "events that are sent again, on each engine")
	kills  = flag.Int("schedule.kills", 6, "kills amid a replay on each engine, half of them while it is queued")
)

// stuck is how long nothing may happen, on a machine that is busy. A lease lasts a minute:
// nobody waits for one to run out.
const stuck = 45 * time.Second

// TestReplayKilled: the program is killed while a replay is queued and while it is sent.
// Each event is queued once and sent, in its channel's order, and progress goes forward.
func TestReplayKilled(t *testing.T) {
	t.Parallel()
	for n, engine := range e2e.Engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			k := &killed{machine: newMachine(t, engine), dice: rand.New(rand.NewPCG(*seed, uint64(n)))}
			k.settleIn(t)
			began := time.Now()
			k.begin(t)
			k.killWhileQueued(t)
			k.killWhileSent(t)
			k.live(t)
			k.finish(t)
			k.judge(t)
			t.Logf("%s: %d events in %s, %d of %d kills while it was queued, %d requests twice", engine, *events, time.Since(began).Round(time.Second/10), k.amid, k.deaths, k.twice)
		})
	}
}

// killed is a replay that is killed.
type killed struct {
	*machine
	dice     *rand.Rand
	endpoint endpoint
	replay   progress // as it was told last
	from     int64    // the last event before the range
	lives    []int64  // events that happened meanwhile
	amid     int      // kills while it was queued
	twice    int      // requests
}

// progress is a replay as the API tells it.
type progress struct {
	ID, Events, Queued, Delivered, Failed int64
	State                                 string
	LookedAt                              int64 `json:"looked_at"`
}

// begin asks for all but the first and the last events.
func (k *killed) begin(t *testing.T) {
	t.Helper()
	k.from = k.seeded[0] + 4
	k.call(t, http.MethodPost, "/v1/endpoints/"+number(k.endpoint.ID)+"/replays", map[string]any{
		"after": k.from, "until": k.from + int64(*events),
	}).Into(t, http.StatusCreated, &k.replay)
	if k.replay.Events != int64(*events) || k.replay.Queued != 0 || k.replay.State != "running" {
		t.Errorf("got %+v, want a replay of %d events that begins", k.replay, *events)
	}
}

// watch reads how far the replay is, and holds it to going forward.
func (k *killed) watch(t *testing.T) progress {
	t.Helper()
	before, now := k.replay, progress{}
	k.call(t, http.MethodGet, "/v1/replays/"+number(before.ID), nil).Into(t, http.StatusOK, &now)
	if now.LookedAt < before.LookedAt || now.Queued < before.Queued || now.Delivered < before.Delivered || now.Events != before.Events ||
		(before.State == "done" && now.State != "done") || now.Queued != now.LookedAt || now.Delivered > now.Queued || now.Failed != 0 {
		t.Errorf("got %+v after %+v, want progress", now, before)
	}
	k.replay = now
	return now
}

// killWhileQueued kills as soon as the replay has come to points of its range.
func (k *killed) killWhileQueued(t *testing.T) {
	t.Helper()
	var points []int64
	for range *kills / 2 {
		points = append(points, k.dice.Int64N(int64(*events)*9/10))
	}
	slices.Sort(points)
	for _, point := range points {
		for since := time.Now(); k.reached(t, k.replay.ID) < k.from+point; {
			if time.Since(since) > stuck {
				t.Fatalf("the replay does not come to %d of %d: %+v", point, *events, k.watch(t))
			}
		}
		k.die(t)
		if k.number(t, "SELECT count(*) FROM replays WHERE state = 'running' AND id = $1", k.replay.ID) == 1 {
			k.amid++
		}
		k.start(t)
		k.watch(t)
		k.live(t)
	}
}

// killWhileSent kills after so many more requests.
func (k *killed) killWhileSent(t *testing.T) {
	t.Helper()
	for i := range *kills - *kills/2 {
		left := int(int64(*events) - k.watch(t).Delivered)
		k.await(t, k.count()+k.dice.IntN(max(left/(*kills-*kills/2-i+1), 1)))
		k.die(t)
		k.start(t)
		k.live(t)
	}
}

// await waits for so many requests, or the end.
func (k *killed) await(t *testing.T, requests int) {
	t.Helper()
	for since, had := time.Now(), -1; k.count() < requests; k.pause(t) {
		if got := k.count(); got != had {
			since, had = time.Now(), got
		} else if time.Since(since) > time.Second && k.watch(t).Delivered == int64(*events) {
			return
		}
		if time.Since(since) > stuck {
			t.Fatalf("got %d requests of %d, and nothing came for %s", k.count(), requests, stuck)
		}
	}
}

// live is something that happens amid the replay, to one of the channels.
func (k *killed) live(t *testing.T) {
	t.Helper()
	page := k.pages[k.dice.IntN(len(k.pages))]
	deed := "pause"
	if k.paused[page] {
		deed = "resume"
	}
	k.paused[page] = !k.paused[page]
	k.call(t, http.MethodPost, "/v1/channels/"+number(page)+"/"+deed, nil).Into(t, http.StatusOK, new(struct{ ID int64 }))
	k.lives = append(k.lives, k.number(t, "SELECT last_number FROM event_counters WHERE workspace_id = $1", k.workspace))
}

// finish waits until everything is sent.
func (k *killed) finish(t *testing.T) {
	t.Helper()
	pending := func() int64 {
		return k.number(t, "SELECT count(*) FROM deliveries WHERE state = 'pending' AND endpoint_id = $1", k.endpoint.ID)
	}
	for since, had := time.Now(), -1; k.watch(t).State != "done" || pending() > 0; k.pause(t) {
		if got := k.count(); got != had {
			since, had = time.Now(), got
		}
		if time.Since(since) > stuck {
			t.Fatalf("got %+v, %d pending, and nothing came for %s", k.replay, pending(), stuck)
		}
	}
	if all := int64(*events); k.watch(t).Delivered != all || k.replay.Queued != all || k.replay.LookedAt != all {
		t.Errorf("got %+v, want all %d delivered", k.replay, all)
	}
	if *kills >= 2 && k.amid == 0 {
		t.Errorf("none of %d kills came while the replay was queued", k.deaths)
	}
}
