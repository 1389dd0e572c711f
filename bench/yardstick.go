package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"
	_ "modernc.org/sqlite"             // registers the driver "sqlite"
)

const yardstickCommand = "yardstick"

// yardstick is what a yardstick's process is told on its standard input.
type yardstick struct {
	Answers map[string]json.RawMessage `json:"answers"` // by pattern: what the product answered
	DSN     string                     `json:"dsn"`     // empty: reads nothing
	Fixture fixture                    `json:"fixture"`
}

// serveYardstick is the least that can be called a JSON API: net/http's mux and
// encoding/json, no key, no checks, no log. With a DSN each request makes one prepared
// read of one row first.
func serveYardstick(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	var y yardstick
	if err := json.NewDecoder(stdin).Decode(&y); err != nil {
		return fmt.Errorf("yardstick: %w", err)
	}
	read, err := y.pointRead(ctx)
	if err != nil {
		return fmt.Errorf("yardstick: %w", err)
	}
	mux := http.NewServeMux()
	for pattern, sample := range y.Answers {
		value, err := valueOf(sample)
		if err != nil {
			return fmt.Errorf("yardstick %s: %w", pattern, err)
		}
		mux.Handle(pattern, answer(value, read))
	}
	return serve(ctx, mux, stdout)
}

// serve says where it listens, as the program does, and serves until ctx ends.
func serve(ctx context.Context, mux *http.ServeMux, stdout io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	fmt.Fprintf(stdout, `{"base_url":"http://%s"}`+"\n", listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func answer(value any, read func(context.Context) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := read(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		if r.Method == http.MethodPost {
			_, _ = io.Copy(io.Discard, r.Body)
			w.WriteHeader(http.StatusCreated)
		}
		_ = encode(w, value)
	})
}

const oneChannel = `
	SELECT id, workspace_id, owner_id, platform, kind, external_id, grant_id, target_id,
		lifecycle, health, health_reason, review, facts, facts_at, created_at, updated_at
	FROM channels WHERE workspace_id = $1 AND id = $2`

// pointRead returns the read: a channel by its key, every column that the product
// reads of one, over the driver and settings that the product has.
func (y yardstick) pointRead(ctx context.Context) (func(context.Context) error, error) {
	if y.DSN == "" {
		return func(context.Context) error { return nil }, nil
	}
	db, err := openYardstick(y.DSN)
	if err != nil {
		return nil, err
	}
	stmt, err := db.PrepareContext(ctx, oneChannel) //nolint:sqlclosecheck // kept as long as the process
	if err != nil {
		return nil, err
	}
	var turn atomic.Int64
	return func(ctx context.Context) error {
		id := y.Fixture.Channels[int(turn.Add(1))%len(y.Fixture.Channels)]
		return scanChannel(stmt.QueryRowContext(ctx, y.Fixture.Workspace, id))
	}, nil
}

func scanChannel(row *sql.Row) error {
	var id, workspace, owner, factsAt, created, updated int64
	var grant, target sql.NullInt64
	var platform, kind, external, lifecycle, health, reason, review, facts string
	return row.Scan(&id, &workspace, &owner, &platform, &kind, &external, &grant, &target,
		&lifecycle, &health, &reason, &review, &facts, &factsAt, &created, &updated)
}

// openYardstick opens the database with the sizes and pragmas of package sqlstore.
func openYardstick(dsn string) (*sql.DB, error) {
	driver, conns := "pgx", 16
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		driver, conns = "sqlite", 8
		dsn = "file://" + path + "?_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)&_pragma=query_only(1)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db, nil
}
