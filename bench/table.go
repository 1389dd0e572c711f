package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// write prints the report as Markdown tables, which a terminal shows well enough.
func (r *Report) write(out io.Writer) error {
	fmt.Fprintf(out, "%d cores, shared by server, database and callers; load average %s before, %s after. %d rounds, %s a slice.\n",
		r.Cores, r.Load[0], r.Load[1], r.Rounds, r.Slice.Round(time.Millisecond))
	for i, l := range r.Lines {
		if i == 0 || l.Engine != r.Lines[i-1].Engine {
			fmt.Fprintf(out, "\n### %s\n\n", l.Engine)
			if err := r.writeLines(out, l.Engine); err != nil {
				return err
			}
		}
	}
	if err := r.writeRefreshes(out); err != nil {
		return err
	}
	if err := r.writeWebhooks(out); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n### Memory\n\nResident at rest over an empty SQLite database: %s\n\n", mebibytes(r.Resting))
	if len(r.Memory) > 0 {
		if err := r.writeMemory(out); err != nil {
			return err
		}
	}
	fmt.Fprint(out, "\n### Aims\n\n")
	for _, a := range r.Aims {
		verdict := "reached    "
		if !a.Reached {
			verdict = "NOT REACHED"
		}
		fmt.Fprintf(out, "%s  %s  %s\n", verdict, a.Found, a.Says)
	}
	return nil
}

func (r *Report) writeLines(out io.Writer, engine string) error {
	rows := [][]string{{
		"operation", "callers", "channels", "requests/s", "CPU µs", "database µs", "caller µs",
		"bare: requests/s", "product ÷ bare", "CPU ratio", "read: requests/s", "product ÷ read", "CPU ratio", "× fsync", "CPU growth",
	}}
	for _, l := range r.Lines {
		if l.Engine != engine {
			continue
		}
		flushes := "–"
		if l.Fsync > 0 {
			flushes = fmt.Sprintf("%.2f of %.0f/s", l.Fsync, l.Flushes)
		}
		rows = append(rows, []string{
			l.Operation, fmt.Sprint(l.Callers), fmt.Sprint(l.Channels),
			whole(l.Product.Rate), whole(l.Product.CPU), whole(l.Product.DatabaseCPU), whole(l.Product.CallerCPU),
			whole(l.Bare.Yardstick.Rate), ratio(l.Bare.Rate), ratio(l.Bare.CPU),
			whole(l.Read.Yardstick.Rate), ratio(l.Read.Rate), ratio(l.Read.CPU), flushes, ratio(l.Growth),
		})
	}
	return writeTable(out, rows)
}

func (r *Report) writeMemory(out io.Writer) error {
	rows := [][]string{{"engine", "channels", "at rest", "after the load"}}
	for _, m := range r.Memory {
		rows = append(rows, []string{m.Engine, fmt.Sprint(m.Channels), mebibytes(m.Resting), mebibytes(m.Loaded)})
	}
	return writeTable(out, rows)
}

func whole(v float64) string { return fmt.Sprintf("%.0f", v) }
func ratio(v float64) string { return fmt.Sprintf("%.2f", v) }

func writeTable(out io.Writer, rows [][]string) error {
	w := tabwriter.NewWriter(out, 0, 0, 1, ' ', 0)
	for i, row := range rows {
		fmt.Fprintf(w, "| %s\t|\n", strings.Join(row, "\t| "))
		if i == 0 {
			fmt.Fprintf(w, "|%s\n", strings.Repeat("---\t|", len(row)))
		}
	}
	return w.Flush()
}
