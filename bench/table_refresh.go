package main

import (
	"fmt"
	"io"
	"time"
)

// writeRefreshes prints what was found about keeping grants alive.
func (r *Report) writeRefreshes(out io.Writer) error {
	refreshes := [][]string{{
		"engine", "processes", "at a time", "refreshes/s", "CPU µs", "database µs", "Lab µs", "bare posts/s", "Lab µs", "poster µs", "refreshes ÷ posts",
	}}
	for _, l := range r.Refreshes {
		refreshes = append(refreshes, []string{
			l.Engine, fmt.Sprint(l.Processes), fmt.Sprint(l.Hands), whole(l.Product.Rate), whole(l.Product.CPU), whole(l.Product.DatabaseCPU), whole(l.Product.LabCPU),
			whole(l.Bare.Rate), whole(l.Bare.CPU), whole(l.Bare.CallerCPU), ratio(l.Ratio),
		})
	}
	claims := [][]string{{"engine", "grants", "look for due apps µs", "claim µs a grant", "growth"}}
	for _, c := range r.Claims {
		claims = append(claims, []string{c.Engine, fmt.Sprint(c.Grants), whole(c.Look), whole(c.Claim), ratio(c.Growth)})
	}
	sweeps := [][]string{{
		"engine", "grants", "filled in", "come due/s", "due at the start", "started in", "caught up in", "at refreshes/s",
		"watched", "refreshes/s", "late at worst", "CPU µs", "database µs", "memory at most",
	}}
	for _, s := range r.Sweeps {
		sweeps = append(sweeps, []string{
			s.Engine, fmt.Sprint(s.Grants), short(s.Fill), whole(s.Due), fmt.Sprint(s.Backlog), short(s.Start), short(s.CatchUp), whole(s.CatchRate),
			short(s.For), whole(s.Rate), short(s.Late), whole(s.CPU), whole(s.Database), mebibytes(s.Peak),
		})
	}
	for _, t := range []struct {
		title string
		rows  [][]string
	}{{"Refreshes", refreshes}, {"Claims", claims}, {"Sweep", sweeps}} {
		if len(t.rows) == 1 {
			continue
		}
		fmt.Fprintf(out, "\n### %s\n\n", t.title)
		if err := writeTable(out, t.rows); err != nil {
			return err
		}
	}
	return nil
}

func short(d time.Duration) string { return d.Round(time.Second / 10).String() }
