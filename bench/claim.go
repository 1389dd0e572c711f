package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
)

// Claiming is what it costs to look for due work and to claim it, over a table of one size.
// Nothing of it is kept: each claim is rolled back, so that it waits for no disk and finds
// the same again.
type Claiming struct {
	Engine string  `json:"engine"`
	Grants int     `json:"grants"`
	Look   float64 `json:"look_us"`  // which apps have something due
	Claim  float64 `json:"claim_us"` // one grant of a batch of 64: read, opened, decided, written, with its indexes
	Growth float64 `json:"growth"`   // of both for a batch, against the smallest table; ratios taken within each round
}

// claimSlice is how long one table is asked in a round.
const claimSlice = 100 * time.Millisecond

// claimer claims in a database with the program's own code.
type claimer struct {
	grants      int
	store       *sqlstore.Store
	core        *connect.Service
	look, claim []float64 // µs, by round
}

func newClaimer(ctx context.Context, t *swept) (*claimer, error) {
	store, err := sqlstore.Open(ctx, sqlstore.Config{DSN: t.dsn})
	if err != nil {
		return nil, err
	}
	c := &claimer{grants: t.grants, store: store}
	soon := func() time.Time { return t.filled.Add(time.Hour) } // half of them are due then
	c.core = connect.New(connect.Config{
		Store: rolledBack{store}, Vault: t.keys, Platforms: platform.NewRegistry([]platform.Platform{yardstickSpec{}}),
		Env: platform.Env{Now: soon}, Log: slog.New(slog.DiscardHandler), RefreshRate: 100_000,
	})
	return c, nil
}

// measureClaims asks all tables in turns, after one round that does not count.
func measureClaims(ctx context.Context, opt options, tables []*swept) (list []Claiming, err error) {
	var all []*claimer
	defer func() {
		for _, c := range all {
			err = errors.Join(err, c.store.Close())
		}
	}()
	for _, t := range tables {
		c, err := newClaimer(ctx, t)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	for range opt.rounds + 1 {
		for _, c := range all {
			if err := c.round(ctx); err != nil {
				return nil, fmt.Errorf("claim among %d grants: %w", c.grants, err)
			}
		}
	}
	for _, c := range all {
		list = append(list, c.summed(tables[0].engine, all[0]))
	}
	return list, nil
}

// round looks and claims for a while.
func (c *claimer) round(ctx context.Context) error {
	var looks, claims time.Duration
	n := 0
	for ; looks+claims < claimSlice; n++ {
		began := time.Now()
		apps, err := c.core.DueApps(ctx)
		if err != nil || len(apps) != 1 {
			return fmt.Errorf("got %d apps with something due, want 1: %w", len(apps), err)
		}
		looked := time.Now()
		got, _, _, err := c.core.ClaimDue(ctx, apps[0], refreshHands)
		if err != nil || len(got) == 0 {
			return fmt.Errorf("got %d claims, want some: %w", len(got), err)
		}
		looks, claims = looks+looked.Sub(began), claims+time.Since(looked)/time.Duration(len(got))*refreshHands
	}
	c.look = append(c.look, float64(looks.Nanoseconds())/1000/float64(n))
	c.claim = append(c.claim, float64(claims.Nanoseconds())/1000/float64(n*refreshHands))
	return nil
}

func (c *claimer) summed(engine string, smallest *claimer) Claiming {
	look, claim := c.look[1:], c.claim[1:]
	growth := make([]float64, len(look))
	for i := range look {
		growth[i] = (look[i] + refreshHands*claim[i]) / (smallest.look[i+1] + refreshHands*smallest.claim[i+1])
	}
	return Claiming{Engine: engine, Grants: c.grants, Look: middle(look), Claim: middle(claim), Growth: median(growth)}
}

// middle is the median, and leaves the order alone.
func middle(values []float64) float64 { return median(append([]float64(nil), values...)) }

// yardstickSpec is what a claim must know of the platform.
type yardstickSpec struct{}

// Spec implements platform.Platform.
func (yardstickSpec) Spec() platform.Spec {
	return platform.Spec{ID: yardstickPlatform, Refresh: platform.RefreshRotating, AccessLifetime: shortLife}
}

// Targets implements platform.Platform: nobody asks.
func (yardstickSpec) Targets(context.Context, *platform.Client) (platform.Identity, []platform.Target, error) {
	return platform.Identity{}, nil, platform.ErrUnavailable
}
