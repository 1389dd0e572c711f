package connect_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
)

// beside is another replica, with a rate and a clock of its own.
func (w *journey) beside(t *testing.T, p platform.Platform, rate float64, now func() time.Time) *connect.Service {
	t.Helper()
	return connect.New(connect.Config{
		Store: w.store, Vault: w.vault, Platforms: platform.NewRegistry([]platform.Platform{p}), Apps: map[string]platform.App{"garden": w.app(t)},
		Env: platform.Env{HTTP: httpx.NewClient(httpx.ClientConfig{}), Now: now, PublicURL: "https://connect.example"},
		Log: slog.New(slog.DiscardHandler), RefreshRate: rate,
	})
}

// TestThePaceGoesByTheDatabasesClock: replicas whose clocks are apart share one rate, and
// none of them is starved.
func TestThePaceGoesByTheDatabasesClock(t *testing.T) {
	t.Parallel()
	const rate, each = 50.0, 20 * time.Millisecond
	p := &plot{model: platform.RefreshStable, life: 2 * time.Hour}
	w, _ := plant(t, p)
	var replicas []*connect.Service
	for _, off := range []time.Duration{0, -3 * time.Minute, 2 * time.Hour} {
		replicas = append(replicas, w.beside(t, p, rate, func() time.Time { return w.clock.now().Add(off) }))
	}
	w.set(t, "UPDATE apps SET pace_at = unixepoch() * 1000")
	claims, began := make([]int, len(replicas)), time.Now()
	for round := 0; min(claims[0], claims[1], claims[2]) < 5 && time.Since(began) < time.Minute; round++ {
		replica := (round * 7 / 5) % len(replicas) // in no step with the rate
		w.set(t, "UPDATE grants SET refresh_at = 1, next_at = 1, lease_until = NULL")
		apps, err := replicas[replica].DueApps(t.Context())
		must(t, err)
		some, _, _, err := replicas[replica].ClaimDue(t.Context(), apps[0], 10)
		must(t, err)
		claims[replica] += len(some)
	}
	all := claims[0] + claims[1] + claims[2]
	if most := int(time.Since(began)/each) + 5 + 2; all > most || min(claims[0], claims[1], claims[2]) < 5 {
		t.Errorf("got %v claims in %s, want 5 of each replica and at most %d of all", claims, time.Since(began), most)
	}
}

// TestADatabaseWhoseClockWasSetBack, or a pace from before it was the database's.
func TestADatabaseWhoseClockWasSetBack(t *testing.T) {
	t.Parallel()
	for _, ahead := range []string{"300", "3600", "5184000"} {
		p := &plot{model: platform.RefreshStable, life: 2 * time.Hour}
		w, id := plant(t, p)
		w.set(t, fmt.Sprintf("UPDATE apps SET pace_at = (unixepoch() + %s) * 1000", ahead))
		w.after(t, 1, 119*time.Minute)
		lease, err := w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id})
		must(t, err)
		_, err = w.svc.LeaseToken(t.Context(), w.caller, connect.LeaseRequest{ChannelID: id, NewerThan: lease.Version})
		must(t, err)
		if p.sent != 2 {
			t.Errorf("%s s ahead: got %d refreshes, want one by schedule and one on demand", ahead, p.sent)
		}
	}
}

// TestAnOldAnswerEndsNoHold: while a grant's call is out another one is told to come back in
// an hour. The success of the first does not end that.
func TestAnOldAnswerEndsNoHold(t *testing.T) {
	t.Parallel()
	for _, failing := range []int{0, 1} {
		p := &plot{model: platform.RefreshStable, life: 2 * time.Hour}
		w, id := plant(t, p)
		w.set(t, "UPDATE apps SET failing = $1", failing)
		w.clock.advance(119 * time.Minute)
		until := w.clock.now().Add(time.Hour).UnixMilli()
		p.refresh = func() error { // meanwhile
			w.set(t, "UPDATE apps SET trouble = 'rate_limited', trouble_at = 1, holds = 1, hold_until = $1", until)
			return nil
		}
		w.work(t)
		same(t, "apps held back", w.count(t, fmt.Sprint("apps WHERE holds = 1 AND hold_until = ", until)), 1)
		w.health(t, id, connect.HealthHealthy, "")
	}
}
