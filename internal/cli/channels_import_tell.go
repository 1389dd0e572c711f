package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// imported is what the API says of an import.
type imported struct {
	Platform      string            `json:"platform"`
	Subject       string            `json:"subject"`
	Name          string            `json:"name"`
	App           string            `json:"app"`
	ScopesMissing []string          `json:"scopes_missing"`
	Targets       []importedTarget  `json:"targets"`
	Channels      []json.RawMessage `json:"channels"`
	DryRun        bool              `json:"dry_run"`
}

type importedTarget struct {
	Kind       string `json:"kind"`
	ExternalID string `json:"external_id"`
	Name       string `json:"name"`
	Blocked    string `json:"blocked"`
	Wanted     bool   `json:"wanted"`
	ChannelID  int64  `json:"channel_id"`
}

// proofs say how it is known that the tokens are our app's.
var proofs = map[string]string{
	"proven":   "your app's: the platform says so",
	"by_use":   "your app's: its refresh token works with your app",
	"unproven": "not proven: the platform does not say, and there is no refresh token to try",
}

func (i imported) account() string { return cmp.Or(i.Name, i.Subject) }

func (i imported) proof() string {
	if i.DryRun && i.App == "by_use" {
		return "not proven yet: the import will try its refresh token with your app"
	}
	return cmp.Or(proofs[i.App], i.App)
}

// wanted counts what became, or would become, channels.
func (i imported) wanted() (n int) {
	for _, t := range i.Targets {
		if t.Wanted && t.Blocked == "" {
			n++
		}
	}
	return n
}

// summary tells a person what came of it: one set in full, many as a table. With --json
// all was said.
func (r *importRun) summary(all int) error {
	switch {
	case r.cmd.JSON || len(r.results) == 0:
		return nil
	case all == 1:
		if r.results[0].Error != "" {
			return nil
		}
		return r.results[0].print(r.world)
	default:
		return r.table(all)
	}
}

// print tells of one set.
func (r importResult) print(w *World) error {
	var i imported
	if err := json.Unmarshal(r.Imported, &i); err != nil {
		return fmt.Errorf("import in the server's answer: %w", err)
	}
	p := w.palette(w.Stdout)
	head := p.good("Imported")
	if i.DryRun {
		head = p.warn("Would be imported")
	}
	fmt.Fprintf(w.Stdout, "%s: %s at %s\n\n", head, p.bold(clean(i.account())), clean(i.Platform))
	line := func(label, value string) {
		if value = clean(value); value != "" {
			fmt.Fprintf(w.Stdout, "  %s%s\n", p.dim(pad(label, 12)), value)
		}
	}
	line("account id", i.Subject)
	line("tokens", i.proof())
	line("missing", strings.Join(i.ScopesMissing, " "))
	fmt.Fprintln(w.Stdout)
	rows := make([][]cell, len(i.Targets))
	for n, t := range i.Targets {
		rows[n] = []cell{{clean(t.Kind), nil}, {clean(t.ExternalID), nil}, {clean(t.Name), p.bold}, t.became(p, i.DryRun)}
	}
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"KIND", "PLATFORM ID", "NAME", "CHANNEL"}, rows)
	if i.DryRun {
		fmt.Fprintln(w.Stderr, "Nothing was changed: without --dry-run it is imported.")
	}
	return nil
}

// became is what came of a target.
func (t importedTarget) became(p palette, dryRun bool) cell {
	switch {
	case t.ChannelID != 0:
		return cell{"channel " + strconv.FormatInt(t.ChannelID, 10), p.good}
	case t.Blocked != "":
		return cell{"cannot be one: " + clean(t.Blocked), p.warn}
	case !t.Wanted:
		return cell{"not asked for", p.dim}
	case dryRun:
		return cell{"a new one", p.good}
	default:
		return cell{"-", p.dim}
	}
}

// table is a line for each set, those before an interruption too.
func (r *importRun) table(all int) error {
	p := r.world.palette(r.world.Stdout)
	rows := make([][]cell, len(r.results))
	for n, result := range r.results {
		account, channels, said := "", "-", cell{"refused: " + clean(result.Error), p.bad}
		if result.Error == "" {
			var i imported
			if err := json.Unmarshal(result.Imported, &i); err != nil {
				return fmt.Errorf("import in the server's answer: %w", err)
			}
			account, channels, said = i.account(), strconv.Itoa(i.wanted()), cell{"imported", p.good}
			switch {
			case i.DryRun:
				said = cell{"would be imported", p.good}
			case i.App == "unproven":
				said = cell{"imported, app not proven", p.warn}
			}
		}
		rows[n] = []cell{
			{strconv.Itoa(result.Line), nil}, {clean(result.platform), nil}, {clean(result.owner), nil}, {clean(account), p.bold}, {channels, nil}, said,
		}
	}
	writeTable(r.world.Stdout, p, r.world.width(r.world.Stdout), []string{"LINE", "PLATFORM", "OWNER", "ACCOUNT", "CHANNELS", "RESULT"}, rows)
	done := "imported"
	if r.cmd.DryRun {
		done = "would be imported; nothing was changed"
	}
	fmt.Fprintf(r.world.Stderr, "%d of %d %s, %d refused.\n", len(r.results)-r.refused, all, done, r.refused)
	return nil
}
