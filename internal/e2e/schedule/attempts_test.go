package schedule_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"patchbay/internal/webhook"
)

// A soak names larger figures:
//
//	go test ./internal/e2e/schedule -run TestTenAttempts -timeout 30m -schedule.rounds=20
//
// A seed replays when the program dies and how the clock leaps, not the jitter.
var (
	rounds = flag.Int("schedule.rounds", 1, "rounds of deliveries that fail to their end, on each engine, with the clock at its pace and leaping")
	seed   = flag.Uint64("schedule.seed", 2026, "seed of deaths, leaps and kills")
)

// waits are those of Standard Webhooks' example: ten attempts over 75 hours and 35 minutes.
var waits = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// patience is how long an endpoint may do nothing but fail.
const patience = 5 * day

// TestTenAttempts: what fails is tried ten times, each a fifth early or late at most, with
// the program dying before, between and amid the attempts, and whatever the clock does
// never too early, never at once again, and never an eleventh time.
func TestTenAttempts(t *testing.T) {
	t.Parallel()
	for _, leaps := range []bool{false, true} {
		t.Run(map[bool]string{false: "the clock goes", true: "the clock leaps"}[leaps], func(t *testing.T) {
			t.Parallel()
			onEngines(t, func(t *testing.T, w *world) {
				news := w.receiver(t)
				w.listen(t, news, []string{"endpoint.disabled"})
				f := &failing{world: w, dice: rand.New(rand.NewPCG(*seed, uint64(len(t.Name())))), leaps: leaps}
				for range *rounds {
					f.round(t)
				}
				w.pump(t)
				if got := w.disabled(t); len(got) != f.givenUp || news.count() != f.givenUp || (!leaps && f.givenUp > 0) {
					t.Errorf("got the endpoints %v disabled and %d told of, want %d", got, news.count(), f.givenUp)
				}
				t.Logf("%s: %d attempts, %d restarts, %d requests cut off, %d leaps, %d endpoints given up", w.engine, f.attempts, w.restarts, f.cut, f.leapt, f.givenUp)
			})
		})
	}
}

// failing is a world in which deliveries fail to their end.
type failing struct {
	*world
	dice  *rand.Rand
	leaps bool
	lines []*line

	attempts, cut, leapt, givenUp int
}

// line is one delivery, to an endpoint of its own, and what must become of it.
type line struct {
	*receiver
	endpoint endpoint
	delivery int64
	next     time.Time
	first    time.Time // attempt
	attempts int
	sent     int // requests: those cut off are no attempts
	over     bool
}

// round takes one event to its end at several endpoints.
func (f *failing) round(t *testing.T) {
	f.lines = nil
	for range 4 {
		l := &line{receiver: f.receiver(t)}
		l.answers(status(http.StatusInternalServerError))
		l.endpoint = f.listen(t, l.receiver, []string{"session.created"})
		f.lines = append(f.lines, l)
	}
	f.happen(t)
	for _, l := range f.lines {
		list := f.deliveries(t, l.endpoint.ID)
		if len(list) != 1 {
			t.Fatalf("endpoint %d: got %d deliveries, want one", l.endpoint.ID, len(list))
		}
		l.delivery, l.next = list[0].ID, *list[0].NextAt
	}
	for next, open := f.earliest(); open; next, open = f.earliest() {
		f.step(t, next)
	}
	f.clock.Advance(1000 * time.Hour)
	f.look(t, nil)
	for _, l := range f.lines {
		l.sameMessage(t, l.endpoint.Secret)
		f.Call(t, http.MethodDelete, "/v1/endpoints/"+number(l.endpoint.ID), nil)
	}
}

// earliest is when something is due next.
func (f *failing) earliest() (next time.Time, open bool) {
	for _, l := range f.lines {
		if !l.over && (!open || l.next.Before(next)) {
			next, open = l.next, true
		}
	}
	return next, open
}

// step moves the clock, most often to just before the next attempt and then to it.
func (f *failing) step(t *testing.T, next time.Time) {
	t.Helper()
	if f.dice.IntN(4) == 0 {
		f.restart(t)
	}
	if f.leaps && f.dice.IntN(5) == 0 { // a second to six days
		f.clock.Advance(time.Duration(float64(time.Second) * math.Pow(5e5, f.dice.Float64())).Truncate(time.Millisecond))
		f.leapt++
	}
	if before := next.Add(-time.Millisecond); before.After(f.now()) {
		f.reach(before)
		f.look(t, nil)
	}
	f.reach(next) // another line may have been due within the same millisecond
	before := f.attempts
	var died *line
	switch f.dice.IntN(6) {
	case 0:
		f.dieWithClaims(t)
	case 1:
		died = f.dieAmid(t)
	}
	f.look(t, died)
	if f.attempts == before {
		t.Fatalf("%s: nothing was attempted, though a delivery is due at %s", f.at(), next)
	}
}

// dieWithClaims is a program that dies between its claims and the requests.
func (f *failing) dieWithClaims(t *testing.T) {
	t.Helper()
	ids, err := f.App.Webhooks.DueEndpoints(t.Context())
	must(t, err)
	for _, id := range ids {
		_, _, _, err := f.App.Webhooks.ClaimDue(t.Context(), id, webhook.InFlightCap)
		must(t, err)
	}
	f.look(t, nil, ids...) // it is held: nothing is sent
	f.restart(t)
}

// dieAmid has a request cut off: somebody else takes the delivery over, and the answer that
// the first one hears then, before the other's or after it, counts no more.
func (f *failing) dieAmid(t *testing.T) *line {
	t.Helper()
	for _, l := range f.lines {
		if l.over || l.next.After(f.now()) {
			continue
		}
		came, let := make(chan struct{}), make(chan struct{})
		l.answers(func(rw http.ResponseWriter, _ *http.Request) {
			close(came)
			<-let
			rw.WriteHeader(http.StatusOK)
		})
		var dead sync.WaitGroup
		dead.Go(func() { f.send(t, l.endpoint.ID) })
		<-came
		l.answers(status(http.StatusInternalServerError))
		hooks := f.App.Webhooks
		must(t, hooks.ReleaseDeliveries(t.Context()))
		claims, _, _, err := hooks.ClaimDue(t.Context(), l.endpoint.ID, webhook.InFlightCap)
		must(t, err)
		deeds := []func(){func() { close(let); dead.Wait() }, func() { must(t, hooks.Deliver(t.Context(), claims[0])) }}
		first := f.dice.IntN(2)
		deeds[first]()
		deeds[1-first]()
		f.cut++
		l.sent++
		return l
	}
	return nil
}

// look sends what is due, twice, and holds every line to what must have come of it. cut is
// one that has been sent already; held are endpoints where somebody else is at work.
func (f *failing) look(t *testing.T, cut *line, held ...int64) {
	t.Helper()
	f.pump(t)
	f.pump(t)
	for _, l := range f.lines {
		due := !l.over && !l.next.After(f.now())
		for _, id := range held {
			due = due && id != l.endpoint.ID
		}
		if due {
			l.sent++
		}
		if l.count() != l.sent || (l == cut && !due) {
			t.Fatalf("%s: got %d requests with %d attempts before, want %d", f.at(), l.count(), l.attempts, l.sent)
		}
		if due {
			f.attempted(t, l)
		}
	}
}

// attempted holds one line to its schedule after an attempt.
func (f *failing) attempted(t *testing.T, l *line) {
	t.Helper()
	f.attempts++
	if l.attempts++; l.attempts == 1 {
		l.first = f.now()
	}
	d := f.delivery(t, l.delivery)
	if last := len(d.Log); d.Attempts != l.attempts || last != l.attempts || d.Log[last-1].Number != l.attempts || !d.Log[last-1].At.Equal(f.now()) {
		t.Errorf("%s: got %d attempts and the log %v, want attempt %d at %s", f.at(), d.Attempts, d.Log, l.attempts, f.now())
	}
	borne := f.now().Sub(l.first) < patience
	state := "pending"
	switch {
	case l.attempts == len(waits)+1:
		state = "failed"
	case !borne:
		state = "dropped"
	}
	if d.State != state || (d.NextAt == nil) != (state != "pending") {
		t.Fatalf("%s after the first failure, attempt %d: got %s, next at %v, want %s", f.now().Sub(l.first), l.attempts, d.State, d.NextAt, state)
	}
	if e := f.endpoint(t, l.endpoint.ID); (e.String() == "active") != borne || e.Failures != l.attempts || !e.FailingSince.Equal(l.first) {
		t.Errorf("%s: got the endpoint %s after %d failures since %s, want %d since %s", f.at(), e, e.Failures, e.FailingSince, l.attempts, l.first)
	}
	if l.over = state != "pending"; !borne {
		f.givenUp++
	}
	if l.over {
		f.judge(t, l)
		return
	}
	l.next = *d.NextAt
	wait := waits[l.attempts-1]
	if got := l.next.Sub(f.now()); got < wait*4/5-time.Millisecond || got > wait*6/5 {
		t.Errorf("wait %d: got %s, want %s give or take a fifth", l.attempts, got, wait)
	}
}

// judge looks at the whole of a line where the clock did not leap.
func (f *failing) judge(t *testing.T, l *line) {
	t.Helper()
	const whole = 75*time.Hour + 35*time.Minute + 5*time.Second
	if took := f.now().Sub(l.first); !f.leaps && (took < whole*4/5 || took > whole*6/5 || l.attempts != 10) {
		t.Errorf("got %d attempts over %s, want 10 over %s give or take a fifth", l.attempts, took, whole)
	}
}
