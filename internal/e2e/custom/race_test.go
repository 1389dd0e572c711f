package custom_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// The race can be made long: -args -custom.rounds=1000.
var rounds = flag.Int("custom.rounds", 8, "forced refreshes by each client of the race")

const clients = 8

// TestRace: many clients force refreshes of one channel at once, on one process over
// SQLite and on two replicas over PostgreSQL. The server must never see a token twice.
func TestRace(t *testing.T) {
	t.Parallel()
	for _, v := range variants {
		for _, engine := range e2e.Engines {
			t.Run(v.name+"_"+engine, func(t *testing.T) {
				t.Parallel()
				first := start(t, engine, v)
				all := []world{first}
				if engine == "postgres" {
					all = append(all, first.replica(t))
				}
				channel := first.connect(t, subject(t)).ID
				versions := race(t, all, channel)
				first.checkNoReuse(t, versions)
				first.checkHealth(t, channel, "healthy", "")
			})
		}
	}
}

// race answers the versions that the clients were given.
func race(t *testing.T, all []world, channel int64) map[int64]string {
	t.Helper()
	var mu sync.Mutex
	versions := map[int64]string{}
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			version := int64(0)
			for n := range *rounds {
				l, err := all[(i+n)%len(all)].force(t.Context(), channel, version)
				if err != nil {
					t.Errorf("client %d, round %d: %v", i, n, err)
					return
				}
				mu.Lock()
				if known, ok := versions[l.Version]; ok && known != l.Access || l.Version <= version {
					t.Errorf("client %d: got version %d after %d, another token than others got: %t", i, l.Version, version, known != l.Access)
				}
				versions[l.Version], version = l.Access, l.Version
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return versions
}

// force leases a token newer than a version. It may run beside the test.
func (w world) force(ctx context.Context, channel, newerThan int64) (l lease, err error) {
	body := []byte("{}")
	if newerThan > 0 {
		body = fmt.Appendf(nil, `{"newer_than":%d}`, newerThan)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/v1/channels/%d/token", w.URL, channel), bytes.NewReader(body))
	if err != nil {
		return l, err
	}
	req.Header.Set("Authorization", "Bearer "+w.Key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return l, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return l, fmt.Errorf("status %d", resp.StatusCode)
	}
	return l, json.NewDecoder(resp.Body).Decode(&l)
}

// checkNoReuse: by the server's log each refresh token came once and was good, and every
// new version that a client saw is one of those refreshes.
func (w world) checkNoReuse(t *testing.T, versions map[int64]string) {
	t.Helper()
	seen := map[string]bool{}
	refreshes := w.server.Refreshes(t, w.client)
	for _, r := range refreshes {
		if seen[r.Token] || r.Outcome != "ok" {
			t.Errorf("the server saw %+v, before: %t; want each token once, and fine", r, seen[r.Token])
		}
		seen[r.Token] = true
	}
	if len(refreshes) < *rounds-1 || len(refreshes) < len(versions)-1 {
		t.Errorf("the server saw %d refreshes, want %d at least, one for each of %d versions but the first", len(refreshes), *rounds-1, len(versions))
	}
	if most := clients * *rounds; len(refreshes) >= most {
		t.Errorf("the server saw %d refreshes, want fewer than the %d that were asked for: one for all who ask at once", len(refreshes), most)
	}
	t.Logf("%d refreshes for %d clients in %d rounds", len(refreshes), clients, *rounds)
}

type report struct {
	Health string  `json:"health"`
	Reason *string `json:"reason"`
	Act    string  `json:"act"`
}

func (w world) checkHealth(t *testing.T, channel int64, health, reason string) {
	t.Helper()
	var r report
	w.Call(t, http.MethodGet, fmt.Sprintf("/v1/channels/%d/health", channel), nil).Into(t, http.StatusOK, &r)
	got := ""
	if r.Reason != nil {
		got = *r.Reason
	}
	if r.Health != health || got != reason {
		t.Errorf("health: got %s %q, want %s %q", r.Health, got, health, reason)
	}
}

// TestWithdrawn: the person takes the consent back at the server. Whatever notices first,
// a lease or a check, flags the channel, and asks the server no more than twice.
func TestWithdrawn(t *testing.T) {
	t.Parallel()
	for name, notice := range map[string]func(*testing.T, world, int64){
		"by a lease": func(t *testing.T, w world, channel int64) {
			t.Helper()
			if got := w.askToken(t, channel, w.lease(t, channel, 0).Version); got.Status != http.StatusConflict {
				t.Errorf("lease: got %d, want %d: %s", got.Status, http.StatusConflict, got.Body)
			}
		},
		"by a check": func(t *testing.T, w world, channel int64) {
			t.Helper()
			w.ahead.Store(int64(5 * time.Minute)) // a token so new as the channel's is not thought to have aged
			w.Call(t, http.MethodPost, fmt.Sprintf("/v1/channels/%d/check", channel), nil).Into(t, http.StatusOK, &report{})
		},
	} {
		for _, v := range variants {
			t.Run(name+"_"+v.name, func(t *testing.T) {
				t.Parallel()
				w, who := start(t, "sqlite", v), subject(t)
				channel := w.connect(t, who).ID
				if got := w.server.Withdraw(t, who); got != 1 {
					t.Fatalf("consents that ended: got %d, want 1", got)
				}
				notice(t, w, channel)
				w.checkHealth(t, channel, "needs_reauth", "revoked")
				if got := w.server.Refreshes(t, w.client); len(got) > 2 {
					t.Errorf("the server saw %d refreshes, want at most 2: %+v", len(got), got)
				}
				told := 0
				for _, e := range w.Events(t) {
					if e.Type == "channel.needs_reauth" {
						told++
					}
				}
				if told != 1 {
					t.Errorf("events channel.needs_reauth: got %d, want 1", told)
				}
				if again := w.connect(t, who).ID; again != channel {
					t.Errorf("connected again: got channel %d, want %d", again, channel)
				}
				w.checkHealth(t, channel, "healthy", "")
				w.lease(t, channel, 0)
			})
		}
	}
}
