package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	sqliteEngine   = "sqlite"
	postgresEngine = "postgres"
)

// engine makes databases.
type engine struct {
	name string
	dir  string
	pid  int    // of the database's server; 0: it runs inside the program
	dsn  string // of the server; empty for SQLite
}

func openEngine(ctx context.Context, name, dir string) (*engine, error) {
	e := &engine{name: name, dir: filepath.Join(dir, name)}
	if name == sqliteEngine {
		return e, os.MkdirAll(e.dir, 0o700)
	}
	// The server's user has to reach its folder.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // nothing secret is in it
		return nil, err
	}
	script := exec.CommandContext(ctx, "scripts/postgres", "start", e.dir) //nolint:gosec // a folder that we made
	script.Stderr = os.Stderr
	out, err := script.Output()
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL (scripts/deps installs it): %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	e.dsn = lines[len(lines)-1]
	text, err := os.ReadFile(filepath.Join(e.dir, "data", "postmaster.pid"))
	if err == nil {
		e.pid, err = strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	}
	if err != nil {
		e.close()
	}
	return e, err
}

func (e *engine) close() {
	if e.name == postgresEngine { // not with the run's context, which may be over
		_ = exec.Command("scripts/postgres", "stop", e.dir).Run() //nolint:noctx,gosec // as said
	}
}

// create makes an empty database of that name and returns the address of it.
func (e *engine) create(ctx context.Context, name string) (dsn string, err error) {
	if e.name == sqliteEngine {
		dir := filepath.Join(e.dir, name)
		return "sqlite:" + filepath.Join(dir, "patchbay.db"), os.MkdirAll(dir, 0o700)
	}
	if err := execute(ctx, e.dsn, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	u, err := url.Parse(e.dsn)
	if err != nil {
		return "", err
	}
	u.Path = "/" + name
	return u.String(), nil
}

// ready follows the filling. On PostgreSQL it does what autovacuum would do a minute
// later, and switches on the durability that the throw-away server starts without.
func (e *engine) ready(ctx context.Context, dsn string) error {
	if e.name == sqliteEngine {
		return nil
	}
	return execute(ctx, dsn, "VACUUM ANALYZE", "ALTER SYSTEM SET fsync = on", "ALTER SYSTEM SET synchronous_commit = on",
		"ALTER SYSTEM SET full_page_writes = on", "SELECT pg_reload_conf()", "CHECKPOINT")
}

// copyFor is a database with the same content for a yardstick: a copy of the file on
// SQLite, where the program has its own to itself, and the same one on PostgreSQL.
func (e *engine) copyFor(dsn string) (string, error) {
	path, ok := strings.CutPrefix(dsn, "sqlite:")
	if !ok {
		return dsn, nil
	}
	return dsn + ".yardstick", copyFile(path, path+".yardstick")
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// execute runs statements one by one on a connection of their own.
func execute(ctx context.Context, dsn string, statements ...string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s, err)
		}
	}
	return nil
}
