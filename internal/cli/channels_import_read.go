package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
)

// tokenSet is one object of an import, with the tokens in it. No error of it quotes
// anything that was read.
type tokenSet struct {
	line    int
	members map[string]json.RawMessage
	wrong   error // it cannot be sent
}

// members are those that the API takes.
var members = []string{"platform", "owner", "owner_name", "server", "access_token", "refresh_token", "expires_at", "scopes", "targets"}

// read takes tokens from where they are given.
func (c *ChannelsImportCmd) read(w *World) ([]tokenSet, error) {
	access := strings.TrimSpace(w.Getenv(envImportAccess))
	switch {
	case access != "" && c.File != "":
		return nil, &exitError{code: exitUsage, what: "tokens are in " + envImportAccess + " and in --file", next: "give one of them"}
	case access != "":
		set := tokenSet{line: 1, members: map[string]json.RawMessage{"access_token": quoted(access)}}
		if refresh := strings.TrimSpace(w.Getenv(envImportRefresh)); refresh != "" {
			set.members["refresh_token"] = quoted(refresh)
		}
		return c.complete([]tokenSet{set})
	case c.File == "" && w.interactive():
		return nil, &exitError{code: exitUsage, what: "no tokens: standard input is a terminal", next: "pipe them in, or name a file with --file; `patchbay channels import --help` shows what it looks like"}
	}
	text, err := c.text(w)
	if err != nil {
		return nil, err
	}
	sets := parseSets(text)
	if len(sets) == 0 {
		return nil, &exitError{code: exitUsage, what: "no tokens: the input is empty", next: "`patchbay channels import --help` shows what it looks like"}
	}
	return c.complete(sets)
}

// maxImport is the most that is read: hundreds of thousands of tokens.
const maxImport = 256 << 20

func (c *ChannelsImportCmd) text(w *World) ([]byte, error) {
	in := w.Stdin
	if c.File != "" {
		f, err := os.Open(c.File)
		if err != nil {
			return nil, &exitError{code: exitUsage, what: err.Error(), next: "name a file that can be read", cause: err}
		}
		defer func() { _ = f.Close() }()
		if info, err := f.Stat(); err == nil && runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			fmt.Fprintf(w.Stderr, "patchbay: warning: others can read the tokens in %s (mode %04o) — chmod 600 it, and delete it afterwards\n", c.File, info.Mode().Perm())
		}
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read tokens: %w", err)
	case len(text) > maxImport:
		return nil, &exitError{code: exitUsage, what: "the input is larger than 256 MiB", next: "import it in parts"}
	}
	return bytes.TrimPrefix(text, []byte("\ufeff")), nil
}

// parseSets reads one object, or one a line.
func parseSets(text []byte) (sets []tokenSet) {
	if whole := parseSet(1, text); whole.wrong == nil {
		return []tokenSet{whole}
	}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if line = bytes.TrimSpace(line); len(line) > 0 {
			sets = append(sets, parseSet(number, line))
		}
	}
	return sets
}

func parseSet(line int, text []byte) tokenSet {
	set := tokenSet{line: line}
	if json.Unmarshal(text, &set.members) != nil || set.members == nil {
		set.members, set.wrong = nil, errors.New("this is no JSON object")
	}
	return set
}

// complete fills in what the flags say and finds what cannot be sent.
func (c *ChannelsImportCmd) complete(sets []tokenSet) ([]tokenSet, error) {
	fill := map[string]json.RawMessage{}
	for name, value := range map[string]string{"platform": c.Platform, "owner": c.Owner, "owner_name": c.OwnerName, "server": c.Server} {
		if value != "" {
			fill[name] = quoted(value)
		}
	}
	for name, list := range map[string][]string{"scopes": c.Scopes, "targets": c.Targets} {
		if len(list) > 0 {
			b, err := json.Marshal(list)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			fill[name] = b
		}
	}
	for i := range sets {
		sets[i].complete(fill)
	}
	return sets, nil
}

func (t *tokenSet) complete(fill map[string]json.RawMessage) {
	if t.wrong != nil {
		return
	}
	for name, value := range t.members {
		if string(value) == "null" {
			delete(t.members, name)
		}
	}
	for name, value := range fill {
		if _, ok := t.members[name]; !ok {
			t.members[name] = value
		}
	}
	unknown := func(name string) bool { return !slices.Contains(members, name) }
	switch {
	case slices.ContainsFunc(slices.Collect(maps.Keys(t.members)), unknown): // its name is not told: it could be a token
		t.wrong = errors.New("it has a member that is not known; there are " + strings.Join(members, ", "))
	case t.text("platform") == "":
		t.wrong = errors.New("it names no platform, and there is no --platform")
	case t.text("access_token") == "":
		t.wrong = errors.New("it has no access_token")
	}
}

// text is a member that is a string; empty: it is not there, or is none.
func (t *tokenSet) text(name string) (s string) {
	_ = json.Unmarshal(t.members[name], &s) // the server says what is wrong with it
	return s
}

func (t *tokenSet) body(dryRun bool) ([]byte, error) {
	send := maps.Clone(t.members)
	if dryRun {
		send["dry_run"] = json.RawMessage("true")
	}
	b, err := json.Marshal(send)
	if err != nil {
		return nil, errors.New("this is no JSON object")
	}
	return b, nil
}

// scrub takes the tokens out of what a server says, should it echo them.
func (t *tokenSet) scrub(text string) string {
	for _, name := range []string{"access_token", "refresh_token"} {
		if token := t.text(name); token != "" {
			text = strings.ReplaceAll(text, token, "[secret]")
		}
	}
	return text
}

// quoted is a string as JSON.
func quoted(s string) json.RawMessage {
	b, _ := json.Marshal(s) // a string can always be written
	return b
}
