package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"patchbay/internal/config"
	"patchbay/internal/fault"
	"patchbay/internal/httpx"
	"patchbay/internal/platform"
	"patchbay/internal/store/sqlstore"
	"patchbay/internal/vault"
)

// How a Check ended.
const (
	CheckOK      = "ok"
	CheckWarning = "warning" // it works, or might, and somebody should look
	CheckProblem = "problem" // it does not work
)

// Check is one thing that was examined.
type Check struct {
	Name   string `json:"check"`
	Status string `json:"status"` // CheckOK, CheckWarning, CheckProblem
	Detail string `json:"detail"` // what was found, for a person
	Next   string `json:"next,omitempty"`
}

// Doctor examines a server's surroundings from the outside: it writes nothing and can
// be used beside running servers.
type Doctor struct {
	Config  config.Config
	Keys    func() ([]byte, error) // reads the keyset; nil: there is none to examine
	Version string
	Client  *httpx.Client // calls platforms; nil: as the server does
}

// callPatience bounds one question to somebody else.
const callPatience = 10 * time.Second

// Examine looks at everything and tells it in the order in which it is best mended.
func (d Doctor) Examine(ctx context.Context) []Check {
	var checks []Check
	look, database := d.database(ctx)
	if look != nil {
		defer look.Close()
	}
	checks = append(checks, d.key(ctx, look)...)
	checks = append(checks, database...)
	if look != nil {
		checks = append(checks, d.disk(look)...)
		checks = append(checks, d.refreshing(ctx, look)...)
	}
	platforms, clocks := d.platforms(ctx)
	checks = append(checks, d.clock(ctx, look, clocks)...)
	checks = append(checks, d.publicURL(ctx)...)
	return append(checks, platforms...)
}

func fine(name, format string, args ...any) Check {
	return Check{Name: name, Status: CheckOK, Detail: fmt.Sprintf(format, args...)}
}

func (d Doctor) database(ctx context.Context) (*sqlstore.Look, []Check) {
	bad := func(next string, err error) []Check {
		return []Check{{"database", CheckProblem, cause(err), next}}
	}
	limited, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	look, err := sqlstore.LookAt(limited, databaseURL(d.Config))
	switch {
	case fault.ReasonOf(err) == "no_database":
		return nil, bad("`patchbay migrate` makes it, or correct PATCHBAY_DATA or PATCHBAY_DATABASE_URL", err)
	case err != nil:
		if what, next, known := DatabaseTrouble(err); known {
			return nil, []Check{{"database", CheckProblem, what, next}}
		}
		return nil, bad("check PATCHBAY_DATABASE_URL and that the server can be reached from here", err)
	}
	version, err := look.Version(limited)
	if err != nil {
		return look, bad("behind PgBouncer in transaction mode, add default_query_exec_mode=exec to PATCHBAY_DATABASE_URL", err)
	}
	schema, err := look.Schema(limited)
	if err != nil {
		return look, bad("check the rights of the database's user", err)
	}
	if err := schema.Usable(); err != nil {
		return look, bad("`patchbay migrate` brings it up to date; a newer schema needs the newer program", err)
	}
	if err := look.Sound(ctx); err != nil {
		return look, bad("stop the server, keep a copy of all files, and `patchbay restore` the last good backup", err)
	}
	name := "PostgreSQL " + version
	if look.Engine() == "sqlite" {
		name = fmt.Sprintf("SQLite %s, %s, sound", version, look.Path())
	}
	return look, []Check{fine("database", "%s, schema %d", name, schema.Version)}
}

// cause is an error for the operator, without the taxonomy.
func cause(err error) string {
	if f := fault.From(err); !errors.Is(f, fault.Internal) {
		return strings.TrimSuffix(f.Message, ".")
	}
	return err.Error()
}

func (d Doctor) key(ctx context.Context, look *sqlstore.Look) []Check {
	if d.Keys == nil {
		return nil
	}
	text, err := d.Keys()
	if err != nil {
		return []Check{{"key", CheckProblem, err.Error(), "check PATCHBAY_KEY_FILE"}}
	}
	set, err := vault.ParseKeyset(text)
	if err != nil {
		return []Check{{"key", CheckProblem, err.Error(), "put the keyset back that `patchbay keys new` made"}}
	}
	checks := []Check{d.opens(ctx, look, set)}
	if id, begun := set.Pending(); begun {
		checks = append(checks, Check{"key", CheckWarning, fmt.Sprintf("a rotation to key %s has begun and is not finished", id), "`patchbay keys rotate` goes on with it"})
	}
	if mode, others := othersRead(d.Config.KeyFile); others {
		checks = append(checks, Check{"key", CheckWarning, fmt.Sprintf("others can read %s (mode %04o)", d.Config.KeyFile, mode), "chmod 600 it"})
	}
	return checks
}

// opens compares the keys with those that the database's values are sealed under.
func (d Doctor) opens(ctx context.Context, look *sqlstore.Look, set vault.Keyset) Check {
	has := fmt.Sprintf("key %s seals", set.Primary())
	if n := len(set.Others()); n > 0 {
		has += fmt.Sprintf(", %d more open", n)
	}
	if look == nil {
		return fine("key", "%s; there is no database to compare it with", has)
	}
	if schema, err := look.Schema(ctx); err != nil || schema.Usable() != nil {
		return fine("key", "%s; not compared with the database, whose schema is not this program's", has)
	}
	missing, all, err := unopened(ctx, look, set)
	switch {
	case err != nil:
		return Check{"key", CheckProblem, err.Error(), "see database"}
	case missing > 0:
		return Check{
			"key", CheckProblem, fmt.Sprintf("%s, but %d of the %d sealed values in the database are under keys that are not there", has, missing, all),
			"set PATCHBAY_KEY_FILE to the keyset of this database; what it no longer opens has to be connected again",
		}
	case all == 0:
		return fine("key", "%s; nothing in the database is sealed yet", has)
	}
	return fine("key", "%s; the keys of all %d sealed values in the database are there", has, all)
}

func othersRead(path string) (mode os.FileMode, others bool) {
	if path == "" {
		return 0, false
	}
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	return info.Mode().Perm(), info.Mode().Perm()&0o007 != 0
}

const (
	littleSpace = 1 << 30
	noSpace     = 100 << 20
)

func (d Doctor) disk(look *sqlstore.Look) []Check {
	if look.Path() == "" {
		return nil
	}
	dir := filepath.Dir(look.Path())
	free, ok := freeSpace(dir)
	if !ok {
		return nil
	}
	found := fmt.Sprintf("%d MiB are free in %s", free>>20, dir)
	var size uint64
	if info, err := os.Stat(look.Path()); err == nil && info.Size() > 0 {
		size = uint64(info.Size())
	}
	switch {
	case free < noSpace:
		return []Check{{"disk", CheckProblem, found, "make room: without it nothing can be written"}}
	case free < littleSpace || free < size:
		return []Check{{"disk", CheckWarning, found, "make room: a migration copies the database there first"}}
	}
	return []Check{fine("disk", "%s", found)}
}

// clocks is what platforms told the time to be, ahead of ours.
type clocks map[string]time.Duration

func (d Doctor) clock(ctx context.Context, look *sqlstore.Look, seen clocks) (checks []Check) {
	if look != nil && look.Engine() == "postgres" {
		if ahead, err := look.Ahead(ctx); err == nil {
			seen["the database"] = ahead
		}
	}
	for who, ahead := range seen {
		found := fmt.Sprintf("%s is %s ahead of this machine", who, ahead.Round(time.Second/10))
		if ahead < 0 {
			found = fmt.Sprintf("%s is %s behind this machine", who, (-ahead).Round(time.Second/10))
		}
		switch apart := ahead.Abs(); {
		case apart > 5*time.Minute:
			checks = append(checks, Check{"clock", CheckProblem, found, "set both clocks (NTP): links and tokens expire by them"})
		case apart > 30*time.Second || who == "the database" && apart > 5*time.Second:
			checks = append(checks, Check{"clock", CheckWarning, found, "set both clocks (NTP)"})
		}
	}
	if len(checks) == 0 && len(seen) > 0 {
		checks = append(checks, fine("clock", "agrees with %s", strings.Join(names(seen), " and ")))
	}
	if len(seen) == 0 {
		checks = append(checks, fine("clock", "%s; there was nobody to compare it with", time.Now().UTC().Format(time.RFC3339)))
	}
	return checks
}

// env is what platforms' code may use when no server runs here.
func (d Doctor) env() platform.Env {
	client := d.Client
	if client == nil {
		client = httpx.NewClient(httpx.ClientConfig{Trusted: d.Config.TrustedOrigins, Timeout: callPatience, UserAgent: "Patchbay/" + d.Version})
	}
	return platform.Env{HTTP: client, Now: time.Now, PublicURL: d.Config.PublicURL}
}
