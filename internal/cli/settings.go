package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"patchbay/internal/app"
	"patchbay/internal/config"
	"patchbay/internal/vault"
)

const envConfig = "PATCHBAY_CONFIG"

// settingsFlags say where the settings of a server are: commands that open its
// database share them.
type settingsFlags struct {
	Config string `name:"config" group:"Settings:" type:"path" placeholder:"FILE" help:"YAML file of settings (default: $$PATCHBAY_CONFIG). The environment goes first."`
	Data   string `name:"data" group:"Settings:" type:"path" placeholder:"DIR" help:"Data directory (default: $$PATCHBAY_DATA, else ./patchbay-data)."`
}

// file is the path of the configuration file; empty: none.
func (f settingsFlags) file(w *World) string {
	return cmp.Or(f.Config, strings.TrimSpace(w.Getenv(envConfig)))
}

// load reads the settings. The error is what config.Problems lists.
func (f settingsFlags) load(w *World) (config.Config, error) {
	cfg, err := config.Load(w.Getenv, f.file(w), app.PlatformIDs())
	cfg.DataDir = cmp.Or(f.Data, cfg.DataDir, DefaultDataDir)
	if absolute, pathErr := filepath.Abs(cfg.DataDir); pathErr == nil {
		cfg.DataDir = absolute
	}
	return cfg, err
}

// unknown says which variables of the environment set nothing, most likely typos.
func unknown(w *World) (said []string) {
	if w.Environ == nil {
		return nil
	}
	for _, u := range config.UnknownIn(w.Environ(), app.PlatformIDs()) {
		text := "there is no setting " + u.Name
		if u.Nearest != "" {
			text += "; is " + u.Nearest + " meant?"
		}
		said = append(said, text)
	}
	return said
}

// database is load for a command that needs nothing of the settings but the database.
func (f settingsFlags) database(w *World, command string) (config.Config, error) {
	cfg, err := f.load(w)
	var wrong []config.Problem
	for _, p := range config.Problems(err) {
		if p.Name == "PATCHBAY_DATABASE_URL" || p.Name == config.FileProblem {
			wrong = append(wrong, p)
		}
	}
	return cfg, wrongSettings(command, wrong)
}

// settingsError lists everything that keeps a command from starting.
type settingsError struct {
	command  string
	problems []config.Problem
}

// wrongSettings is nil without problems.
func wrongSettings(command string, problems []config.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &settingsError{command, problems}
}

func (e *settingsError) Error() string {
	var lines []string
	for _, p := range e.problems {
		lines = append(lines, p.Error())
	}
	return strings.Join(lines, "; ")
}

// print is what report shows: a block a problem, since each wants something done.
func (e *settingsError) print(w *World) {
	fmt.Fprintf(w.Stderr, "patchbay: cannot %s: %s to mend\n", e.command, counted(len(e.problems), "setting"))
	p := w.palette(w.Stderr)
	columns := w.width(w.Stderr)
	if columns == 0 || columns > 100 {
		columns = 100
	}
	for _, problem := range e.problems {
		fmt.Fprintf(w.Stderr, "\n  %s\n", p.bold(clean(problem.Name)))
		for _, line := range wrap(clean(problem.Message), max(40, columns-6)) {
			fmt.Fprintf(w.Stderr, "      %s\n", line)
		}
	}
	fmt.Fprintf(w.Stderr, "\nAll settings: docs/configuration.md, and `patchbay %s --help`.\n", e.command)
}

// wrap breaks text at spaces into lines of at most width columns, words permitting.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// keySource is where the key-encryption keyset comes from: exactly one of file and
// environment.
func keySource(cfg config.Config) (read func() ([]byte, error), problem *config.Problem) {
	const make = "Make a key with `patchbay keys new --file /etc/patchbay/keyset.json`, name that file in PATCHBAY_KEY_FILE, and keep a copy away from the database's backups."
	const mend = "Mend it, or put the copy back that was kept elsewhere. Make no new one while a database exists: only the old key opens what is sealed there (docs/keys.md)."
	switch {
	case cfg.KeyFile == "" && cfg.Key.Empty():
		return nil, &config.Problem{Name: "PATCHBAY_KEY_FILE", Message: "is not set: no key-encryption key, which seals every token in the database. " + make}
	case cfg.KeyFile != "" && !cfg.Key.Empty():
		return nil, &config.Problem{Name: "PATCHBAY_KEY_FILE, PATCHBAY_KEY", Message: "are both set. Keep the one that holds the key of this database, and take the other away."}
	case cfg.KeyFile != "":
		read = func() ([]byte, error) { return vault.NewKeyFile(cfg.KeyFile).Text() }
	default:
		read = func() ([]byte, error) { return []byte(cfg.Key.Reveal()), nil }
	}
	text, err := read()
	if err == nil {
		_, err = vault.ParseKeyset(text)
	}
	switch {
	case err == nil:
		return read, nil
	case errors.Is(err, os.ErrNotExist):
		return nil, &config.Problem{Name: "PATCHBAY_KEY_FILE", Message: "names " + cfg.KeyFile + ", which does not exist. Where a database exists, find the file or its copy: only that key opens what is sealed there. There is none yet? " + make}
	default:
		name := "PATCHBAY_KEY"
		if cfg.KeyFile != "" {
			name = "PATCHBAY_KEY_FILE"
		}
		return nil, &config.Problem{Name: name, Message: "cannot be used: " + err.Error() + ". " + mend}
	}
}
