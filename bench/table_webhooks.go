package main

import (
	"fmt"
	"io"
)

// writeWebhooks prints what was found about telling endpoints.
func (r *Report) writeWebhooks(out io.Writer) error {
	deliveries := [][]string{{
		"engine", "processes", "endpoints", "backlog", "deliveries/s", "CPU µs", "database µs", "receivers µs",
		"signed posts/s", "posters and receivers µs", "deliveries ÷ posts", "raw commits/s", "deliveries ÷ commits",
	}}
	for _, d := range r.Deliveries {
		deliveries = append(deliveries, []string{
			d.Engine, fmt.Sprint(d.Processes), fmt.Sprint(d.Endpoints), fmt.Sprint(d.Backlog), whole(d.Product.Rate), whole(d.Product.CPU), whole(d.Product.DatabaseCPU),
			whole(d.Product.CallerCPU), whole(d.Bare.Rate), whole(d.Bare.CallerCPU), ratio(d.Ratio), whole(d.Raw.Rate), ratio(d.Commits),
		})
	}
	changes := [][]string{{
		"engine", "callers", "endpoints", "", "changes/s", "median ms", "p99 ms", "CPU µs", "database µs", "messages/s",
		"changes ÷ none", "latency ÷ none", "CPU ÷ none", "raw commits/s", "changes ÷ commits",
	}}
	for _, c := range r.Changes {
		p := c.Product
		changes = append(changes, []string{
			c.Engine, fmt.Sprint(c.Callers), fmt.Sprint(c.Endpoints), c.Case, whole(p.Rate), ratio(p.Median), ratio(p.Slow), whole(p.CPU), whole(p.DatabaseCPU), whole(p.Sent),
			ratio(c.None), ratio(c.Latency), ratio(c.Cost), whole(c.RawRate), ratio(c.Raw),
		})
	}
	for _, t := range []struct {
		title string
		rows  [][]string
	}{{"Deliveries", deliveries}, {"Changes of state", changes}} {
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
