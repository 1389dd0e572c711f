package meta

import (
	"context"
	"math/rand/v2"
	"net/url"
	"slices"

	"patchbay/internal/platform"
)

// maxJudged bounds for how many targets one probe makes calls, one or two each: it has a
// minute for all. Where it begins is chance, so that all of them come round.
const maxJudged = 25

// round is one walk over the targets of a consent that lives.
type round struct {
	Graph
	view    View
	walks   bool // portfolios may be looked at
	proof   *platform.Proof
	judged  bool  // some target was
	trouble error // for which a target was not
}

// run judges the targets. A row tells by itself where the person's role no longer suffices.
// An error is about the app, or why nothing at all could be judged.
func (r *round) run(ctx context.Context, targets []platform.Target) error {
	q := url.Values{"fields": {r.view.Fields}, "limit": {"100"}}
	// A list that may not be seen is empty: what it would have shown is asked for by its id.
	rows, err := visible[Page](ctx, r.Graph, "/me/accounts", q, forbidden)
	if err != nil {
		return err
	}
	var unlisted []platform.Target
	start := rand.IntN(len(targets)) //nolint:gosec // spreads load
	for i := range targets {
		t := targets[(start+i)%len(targets)]
		row := r.rowOf(rows, t)
		switch {
		case row != nil && !row.publishes():
			err = r.hear(t, platform.ReasonTargetPermission, nil)
		case i >= maxJudged:
			r.leave(t)
		case row == nil && r.walks:
			unlisted = append(unlisted, t)
		default:
			err = r.judgeOne(ctx, row, t)
		}
		if err != nil {
			return err
		}
	}
	if err := r.runUnlisted(ctx, rows, q, unlisted); err != nil {
		return err
	}
	return r.lost()
}

// runUnlisted judges targets that portfolios alone may show. They are looked at last: it
// takes many calls.
func (r *round) runUnlisted(ctx context.Context, rows []Page, q url.Values, targets []platform.Target) error {
	if len(targets) == 0 {
		return nil
	}
	rows, walk := r.addPortfolios(ctx, rows, q)
	for _, t := range targets {
		var err error
		if walk != nil {
			err = r.hear(t, "", walk)
		} else {
			err = r.judgeOne(ctx, r.rowOf(rows, t), t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *round) rowOf(rows []Page, t platform.Target) *Page {
	if i := slices.IndexFunc(rows, func(p Page) bool { return r.view.Shows(p, t) }); i >= 0 {
		return &rows[i]
	}
	return nil
}

func (r *round) judgeOne(ctx context.Context, row *Page, t platform.Target) error {
	reason, err := r.judge(ctx, row, t, r.view.Page(t))
	return r.hear(t, reason, err)
}

// hear notes what was found out about a target. Trouble is this target's own, since the
// app and the person were asked about just before; but for a rate limit of the app.
func (r *round) hear(t platform.Target, reason string, err error) error {
	switch {
	case err == nil:
		r.judged = true
		if reason != "" {
			r.proof.Broken[keyOf(t)] = reason
		}
	case platform.RefusalOf(err).Class == platform.ClassRateLimited:
		return err
	default:
		r.trouble = err
		r.leave(t)
	}
	return nil
}

// leave leaves a target for the next time.
func (r *round) leave(t platform.Target) {
	if r.proof.Unasked == nil {
		r.proof.Unasked = map[platform.TargetKey]bool{}
	}
	r.proof.Unasked[keyOf(t)] = true
}

// lost is why nothing could be judged; nil when something was.
func (r *round) lost() error {
	if r.judged || r.trouble == nil {
		return nil
	}
	no := platform.Refuse(platform.ClassTransient, "", r.trouble)
	no.RetryAfter = platform.RefusalOf(r.trouble).RetryAfter
	return no
}

func keyOf(t platform.Target) platform.TargetKey {
	return platform.TargetKey{Kind: t.Kind, ExternalID: t.ExternalID}
}
