package races_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"patchbay/internal/e2e"
)

// A soak names larger figures: go test ./internal/e2e/races -timeout 60m -races.refreshes=100000 -races.for=10m.
// A seed replays who asks whom for what, not the machine.
var (
	refreshes = flag.Int("races.refreshes", 400, "refreshes of each race")
	seed      = flag.Uint64("races.seed", 0, "seed of the clients; 0: a new one")
	limit     = flag.Duration("races.for", 0, "end each race after this time; 0: when all refreshes are made")
)

func TestTwoReplicas(t *testing.T) {
	t.Parallel()
	race{replicas: 2, models: []string{"strict"}}.run(t)
}

func TestFiveReplicas(t *testing.T) {
	t.Parallel()
	race{replicas: 5, models: []string{"strict"}}.run(t)
}

// Refreshes by schedule, forced ones and checks at the same time, at every model: the
// clock jumps to where all tokens are due.
func TestScheduleLeasesAndChecks(t *testing.T) {
	t.Parallel()
	race{replicas: 2, models: e2e.OpenModels, jumps: true}.run(t)
}

// race is clients of several replicas that want newer tokens of the same few accounts.
type race struct {
	replicas int
	models   []string
	jumps    bool
}

const (
	accounts = 6 // over all models
	clients  = 16
)

func (r race) run(t *testing.T) {
	seed := cmp.Or(*seed, rand.Uint64()|1)
	t.Logf("seed: go test ./internal/e2e/races -run %s -races.refreshes=%d -races.seed=%d", t.Name(), *refreshes, seed)
	w := newWorld(t, r.replicas, accounts/len(r.models), r.models...)
	began := time.Now()
	ctx, done := context.WithCancel(t.Context())
	defer done()
	var counts counts
	var wg sync.WaitGroup
	for i := range clients {
		c := &client{world: w, r: rand.New(rand.NewPCG(seed, uint64(i))), counts: &counts, checks: r.jumps && i%4 == 0}
		wg.Go(func() { c.run(ctx, t) })
	}
	if r.jumps {
		wg.Go(func() { w.jump(ctx, t, &counts) })
	}
	w.await(t, *refreshes)
	done()
	wg.Wait()
	w.rest(t)
	found := violations(w.truth(t))
	for _, wrong := range found {
		t.Error(wrong)
	}
	made, _ := w.refreshes(t, time.Time{})
	t.Logf("%d replicas, seed %d: %d refreshes in %s, %d leases, %d checks, %d jumps of the clock, %d violations",
		r.replicas, seed, made, time.Since(began).Round(time.Second/10), counts.leases.Load(), counts.checks.Load(), counts.leap.Load()/2, len(found))
}

type counts struct {
	leases, checks atomic.Int64
	leap           atomic.Int64 // counted before the clock jumps and when it has: odd on the way
}

// await waits until so many refreshes are made, the time is over or the test has failed.
func (w *world) await(t *testing.T, target int) {
	for began := time.Now(); !t.Failed() && (*limit == 0 || time.Since(began) < *limit); pause(t.Context(), 100*time.Millisecond) {
		if made, _ := w.refreshes(t, time.Time{}); made >= target {
			return
		}
	}
}

// jump moves the clock to where every token is due, each time that all are new.
func (w *world) jump(ctx context.Context, t *testing.T, n *counts) {
	for ctx.Err() == nil && !t.Failed() {
		const untilDue = 2*time.Hour - 2*time.Hour/12 // the latest: life less its twelfth
		n.leap.Add(1)
		w.clock.Advance(untilDue)
		n.leap.Add(1)
		since := w.clock.Now()
		for _, fresh := w.refreshes(t, since); fresh < len(w.grants) && ctx.Err() == nil; _, fresh = w.refreshes(t, since) {
			pause(ctx, 50*time.Millisecond)
		}
	}
}

// client is one application that leases tokens, or asks whether a channel works.
type client struct {
	*world
	*counts
	r      *rand.Rand
	checks bool
}

// run goes on until ctx ends; what was asked then is waited for.
func (c *client) run(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil && !t.Failed() {
		g, at := c.grants[c.r.IntN(len(c.grants))], c.replicas[c.r.IntN(len(c.replicas))]
		err := error(nil)
		if c.checks && c.r.IntN(2) == 0 {
			err = c.check(t.Context(), at, g)
		} else {
			err = c.lease(t.Context(), at, g, c.r.IntN(8) > 0)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// lease leases a token, by force one that is newer than any seen, and uses it.
func (c *client) lease(ctx context.Context, at *e2e.World, g *grant, force bool) error {
	var asked int64
	leap := c.leap.Load()
	late := func() bool { return leap%2 == 1 || c.leap.Load() != leap } // hours may have passed since it was asked
	if force {
		asked = g.newestSeen()
	}
	var got struct {
		Access  string `json:"access_token"`
		Version int64  `json:"version"`
	}
	if err := post(ctx, at, fmt.Sprintf("/v1/channels/%d/token", g.channel), map[string]any{"newer_than": asked}, &got); err != nil {
		if late() && strings.Contains(err.Error(), "token_short") { // it was refreshed, and had ended before it was handed out
			return nil
		}
		return fmt.Errorf("lease at %s newer than %d: %w", g.model, asked, err)
	}
	if got.Version <= asked {
		return fmt.Errorf("lease at %s newer than %d: got version %d", g.model, asked, got.Version)
	}
	c.leases.Add(1)
	if first := g.heard(got.Version, got.Access); !first {
		return nil
	}
	if err := c.use(ctx, g, got.Access); err != nil && !late() {
		return err
	}
	return nil
}

// use calls the server's API with a token.
func (w *world) use(ctx context.Context, g *grant, access string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.origin+"/lab/open/"+g.model+".open.example/userinfo", nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+access)
	return send(req, nil)
}

// check asks for a probe; the channel must be healthy.
func (c *client) check(ctx context.Context, at *e2e.World, g *grant) error {
	var got struct{ Health string }
	if err := post(ctx, at, fmt.Sprintf("/v1/channels/%d/check", g.channel), struct{}{}, &got); err != nil {
		return fmt.Errorf("check at %s: %w", g.model, err)
	}
	if got.Health != "healthy" {
		return fmt.Errorf("check at %s: got %q, want healthy", g.model, got.Health)
	}
	c.counts.checks.Add(1)
	return nil
}

func post(ctx context.Context, at *e2e.World, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, at.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+at.Key)
	req.Header.Set("Content-Type", "application/json")
	return send(req, out)
}

// send wants 200; out may be nil.
func send(req *http.Request, out any) error {
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: got status %d, want 200: %s", req.URL.Path, resp.StatusCode, body)
	case out == nil:
		return nil
	}
	return json.Unmarshal(body, out)
}

// pause is time between two looks; never what a test relies on.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
