package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/config"
)

// DoctorCmd examines a server's surroundings.
type DoctorCmd struct {
	Settings bool `name:"settings" help:"List every setting too, with where it comes from. Secrets are not shown."`
	JSON     bool `name:"json" help:"Print one JSON object: status, checks, settings."`

	settingsFlags
}

// Help is shown by --help.
func (*DoctorCmd) Help() string {
	return `Give it the settings of the server: the same environment and the same --config. It changes nothing and works beside running
servers. It calls the public URL and those platforms that tell without a person whether they know the app. Nothing that it
prints is secret.

Examples:

    patchbay doctor
    patchbay doctor --config /etc/patchbay/patchbay.yaml --settings
    patchbay doctor --json | jq -r '.checks[] | select(.status != "ok") | .check + ": " + .detail'
    systemd-run --pipe --wait --uid=patchbay --property=EnvironmentFile=/etc/patchbay/env patchbay doctor

Exit codes: 0 all is well, 1 with warnings, 2 with problems.
`
}

// diagnosis is what --json prints.
type diagnosis struct {
	Status   string           `json:"status"` // the worst of the checks
	Version  string           `json:"version"`
	Checks   []app.Check      `json:"checks"`
	Settings []config.Setting `json:"settings"`
}

// Run examines and prints.
func (c *DoctorCmd) Run(ctx context.Context, w *World) error {
	cfg, err := c.load(w)
	d := diagnosis{Version: Version(), Settings: app.EffectiveSettings(cfg)}
	keys, keyProblem := keySource(cfg)
	problems := config.Problems(err)
	problems = append(problems, productionProblems(cfg, problems)...)
	d.Checks = append(d.Checks, c.configuration(w, cfg, problems)...)
	if cfg.FileUnread { // anything may be set in it: what else there is to say would be guesses
		return c.tell(w, d)
	}
	if keyProblem != nil {
		d.Checks = append(d.Checks, app.Check{Name: "key", Status: app.CheckProblem, Detail: keyProblem.Name + " " + keyProblem.Message})
		keys = nil
	}
	d.Checks = append(d.Checks, app.Doctor{Config: cfg, Keys: keys, Version: Version()}.Examine(ctx)...)
	if ctx.Err() != nil {
		return ended(ctx, ctx.Err())
	}
	return c.tell(w, d)
}

func (c *DoctorCmd) tell(w *World, d diagnosis) (err error) {
	d.Status = worst(d.Checks)
	if c.JSON {
		err = writeJSON(w.Stdout, d)
	} else {
		c.print(w, d)
	}
	return errors.Join(err, d.exit())
}

func worst(checks []app.Check) string {
	status := app.CheckOK
	for _, c := range checks {
		if c.Status == app.CheckProblem || c.Status == app.CheckWarning && status == app.CheckOK {
			status = c.Status
		}
	}
	return status
}

// configuration is what can be told of the settings without leaving the process.
func (c *DoctorCmd) configuration(w *World, cfg config.Config, problems []config.Problem) []app.Check {
	var checks []app.Check
	add := func(status, detail, next string) {
		checks = append(checks, app.Check{Name: "settings", Status: status, Detail: detail, Next: next})
	}
	for _, p := range problems {
		add(app.CheckProblem, p.Name+" "+p.Message, "")
	}
	for _, text := range unknown(w) {
		add(app.CheckWarning, text, "correct its name, or take it away")
	}
	for _, network := range cfg.TrustedProxies {
		if network.Bits() == 0 {
			add(app.CheckWarning, "PATCHBAY_TRUSTED_PROXIES believes everybody: clients can name any address as theirs", "name the networks of your proxies")
		}
	}
	if len(cfg.TrustedOrigins) > 0 {
		add(app.CheckWarning, "PATCHBAY_TRUSTED_ORIGINS switches the guard of outgoing calls off for some origins", "take it away in production, but for servers of your own network that a custom platform names")
	}
	if file := c.file(w); file != "" && holdsSecrets(cfg) {
		if mode, others := openToOthers(file); others {
			add(app.CheckWarning, fmt.Sprintf("others can read the secrets in %s (mode %04o)", file, mode), "chmod 600 it")
		}
	}
	if len(checks) == 0 {
		add(app.CheckOK, settingsFound(cfg, c.file(w)), "")
	}
	return checks
}

func settingsFound(cfg config.Config, file string) string {
	count := map[string]int{}
	for _, s := range cfg.Settings {
		count[s.Source]++
	}
	found := fmt.Sprintf("%d from the environment", count[config.FromEnvironment])
	if file != "" {
		found += fmt.Sprintf(", %d from %s", count[config.FromFile], file)
	}
	return found
}

func holdsSecrets(cfg config.Config) bool {
	for _, s := range cfg.Settings {
		if s.Source == config.FromFile && (s.Value == "[secret]" || s.Name == "PATCHBAY_DATABASE_URL") {
			return true
		}
	}
	return false
}

func openToOthers(path string) (mode fs.FileMode, others bool) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return 0, false
	}
	return info.Mode().Perm(), info.Mode().Perm()&0o007 != 0
}

// exit codes of doctor are its own: a monitor wants to tell warnings from problems.
func (d diagnosis) exit() error {
	n := map[string]int{}
	for _, c := range d.Checks {
		n[c.Status]++
	}
	switch d.Status {
	case app.CheckProblem:
		return &exitError{code: 2, what: counted(n[app.CheckProblem], "problem") + also(n[app.CheckWarning])}
	case app.CheckWarning:
		return &exitError{code: 1, what: counted(n[app.CheckWarning], "warning")}
	}
	return nil
}

func also(warnings int) string {
	if warnings == 0 {
		return ""
	}
	return " and " + counted(warnings, "warning")
}

// print is a line a check; what to do stands below it.
func (c *DoctorCmd) print(w *World, d diagnosis) {
	p := w.palette(w.Stdout)
	paint := map[string]func(string) string{app.CheckOK: p.good, app.CheckWarning: p.warn, app.CheckProblem: p.bad}
	columns := w.width(w.Stdout)
	if columns == 0 || columns > 110 {
		columns = 110
	}
	nameWidth := 0
	for _, check := range d.Checks {
		nameWidth = max(nameWidth, len(check.Name))
	}
	indent := len("problem") + 2 + nameWidth + 2
	for _, check := range d.Checks {
		head := paint[check.Status](pad(check.Status, len("problem"))) + gap + p.bold(pad(check.Name, nameWidth)) + gap
		for i, line := range wrap(clean(check.Detail), max(30, columns-indent)) {
			if i > 0 {
				head = strings.Repeat(" ", indent)
			}
			fmt.Fprintln(w.Stdout, head+line)
		}
		if check.Next == "" {
			continue
		}
		for i, line := range wrap(clean(check.Next), max(30, columns-indent-2)) {
			arrow := "  "
			if i == 0 {
				arrow = "→ "
			}
			fmt.Fprintln(w.Stdout, strings.Repeat(" ", indent)+arrow+line)
		}
	}
	if c.Settings {
		printSettings(w, p, d.Settings)
	}
}

func printSettings(w *World, p palette, settings []config.Setting) {
	rows := make([][]cell, len(settings))
	for i, s := range settings {
		value := clean(s.Value)
		if value == "" {
			value = "-"
		}
		rows[i] = []cell{{s.Name, nil}, {value, nil}, {s.Source, p.dim}}
	}
	fmt.Fprintln(w.Stdout)
	writeTable(w.Stdout, p, w.width(w.Stdout), []string{"SETTING", "VALUE", "FROM"}, rows)
}
