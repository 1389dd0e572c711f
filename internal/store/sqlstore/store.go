package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/pressly/goose/v3"

	"patchbay/internal/connect"
)

// Config says where the database is.
type Config struct {
	DSN      string // "sqlite:/path/file.db" or "postgres://…"
	Migrate  bool   // bring the schema up to date before anything else
	MaxConns int    // PostgreSQL connections, or SQLite readers; 0: a default
}

// engine is how transactions are run, and ended with.
type engine interface {
	// transact runs fn inside a transaction of its own. fn is not stopped by ctx once
	// it has begun, and may be run again; an error of fn leaves nothing behind.
	transact(ctx context.Context, fn func(ctx context.Context, db execer) error) error
	close() error
}

// Store is connect.Store over one database. It is safe for concurrent use.
type Store struct {
	reader
	dialect  *dialect
	engine   engine
	readDB   *sql.DB
	migrator *goose.Provider
	migrated Migrated
	underWay underWay
	refused  atomic.Bool                 // the disk took nothing when it was last asked
	nudge    func(endpointIDs ...int64)  // nil: nobody asks
	happened func(workspaceIDs ...int64) // nil: nobody asks
}

var _ connect.Store = (*Store)(nil)

// Open opens the database and, with Migrate, brings its schema up to date; without,
// ask Schema before using it. A SQLite file is made when absent (mode 0600) and
// locked against other processes: fault.Conflict, naming the holder, when one has it.
func Open(ctx context.Context, c Config) (*Store, error) {
	s, writeDB, err := open(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, writeDB, c.Migrate); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func open(ctx context.Context, c Config) (s *Store, writeDB *sql.DB, err error) {
	scheme, _, _ := strings.Cut(c.DSN, ":")
	switch scheme {
	case "sqlite":
		path, err := sqlitePath(c.DSN)
		if err != nil {
			return nil, nil, err
		}
		e, err := openSQLite(ctx, path, c.MaxConns)
		if err != nil {
			return nil, nil, err
		}
		return newStore(sqliteDialect(), e, e.readDB), e.writeDB, nil
	case "postgres", "postgresql":
		d := postgresDialect()
		e, err := openPostgres(c.DSN, c.MaxConns, d)
		if err != nil {
			return nil, nil, err
		}
		return newStore(d, e, e.db), e.db, nil
	default:
		return nil, nil, errors.New("database address: expected sqlite:/path/file.db or postgres://…") // it may hold a password
	}
}

func newStore(d *dialect, e engine, readDB *sql.DB) *Store {
	var read execer = readDB
	if d.prepare {
		read = newPrepared(readDB)
	}
	return &Store{reader: reader{statements{db: read, dialect: d}, d}, dialect: d, engine: e, readDB: readDB}
}

func (s *Store) prepare(ctx context.Context, writeDB *sql.DB, migrate bool) (err error) {
	if s.migrator, err = newMigrator(s.dialect, writeDB); err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	if !migrate {
		return s.Ping(ctx)
	}
	s.migrated, err = s.migrate(ctx)
	return err
}

// Migrated is what Open did to the schema.
func (s *Store) Migrated() Migrated { return s.migrated }

// Close waits for the transactions that are queued and closes the database.
func (s *Store) Close() error { return s.engine.close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.readDB.PingContext(ctx); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	return nil
}

// Engine is "sqlite" or "postgres".
func (s *Store) Engine() string { return s.dialect.name }

// InTx implements connect.Store. A panic of fn is returned as an error. It is a
// mistake to call InTx inside fn: on SQLite it would wait for itself.
func (s *Store) InTx(ctx context.Context, fn func(connect.Tx) error) error {
	defer s.underWay.begin()()
	var told news
	err := s.engine.transact(ctx, func(ctx context.Context, db execer) (err error) {
		told, err = runTx(ctx, db, s.dialect, fn)
		return err
	})
	if err == nil && len(told.endpoints) > 0 && s.nudge != nil {
		s.nudge(told.endpoints...)
	}
	if err == nil && len(told.workspaces) > 0 && s.happened != nil {
		s.happened(told.workspaces...)
	}
	return s.refusal(err)
}

// OnDeliveries has tell called with the endpoints for which a transaction of this process
// has just made deliveries. Call it before the store is shared.
func (s *Store) OnDeliveries(tell func(endpointIDs ...int64)) { s.nudge = tell }

// OnEvents has tell called with the workspaces of whose events a transaction of this process
// has just committed some. Call it before the store is shared.
func (s *Store) OnEvents(tell func(workspaceIDs ...int64)) { s.happened = tell }
