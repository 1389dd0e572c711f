package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds how many texts are kept prepared: those of this package are fewer,
// but a list of ids gives a text for each length.
const maxPrepared = 256

// preparer is what *sql.DB and *sql.Conn have in common.
type preparer interface {
	execer
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// prepared runs statements on SQLite and keeps them prepared, since parsing and planning
// one costs as much as finding a row with it. (On PostgreSQL pgx keeps its own.)
//
// Statements are not interrupted by ctx: each is bounded, and to watch a context costs
// the driver and database/sql a goroutine each, together more than the read of a row.
type prepared struct {
	db preparer

	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

var _ execer = (*prepared)(nil)

func newPrepared(db preparer) *prepared { return &prepared{db: db, kept: map[string]*sql.Stmt{}} }

func (p *prepared) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	stmt, err := p.statement(ctx, query) //nolint:sqlclosecheck // it is kept
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return p.db.ExecContext(ctx, query, args...)
	}
	return stmt.ExecContext(context.WithoutCancel(ctx), args...)
}

func (p *prepared) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	stmt, err := p.statement(ctx, query) //nolint:sqlclosecheck // it is kept
	if err != nil {
		return nil, err
	}
	if stmt == nil {
		return p.db.QueryContext(ctx, query, args...)
	}
	return stmt.QueryContext(context.WithoutCancel(ctx), args...)
}

// statement is the kept one; nil when there is no place left.
func (p *prepared) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	p.mu.RLock()
	stmt, full := p.kept[query], len(p.kept) >= maxPrepared
	p.mu.RUnlock()
	if stmt != nil || full {
		return stmt, nil
	}
	stmt, err := p.db.PrepareContext(ctx, query) // outside the lock: it may wait for a connection
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.kept[query]; other != nil {
		return other, stmt.Close() //nolint:sqlclosecheck // another caller was faster
	}
	p.kept[query] = stmt
	return stmt, nil
}

// close gives the statements back, where the connection outlives them.
func (p *prepared) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, stmt := range p.kept {
		_ = stmt.Close() // what went wrong was told when it ran
	}
	clear(p.kept)
}

// limitParam is a LIMIT that SQLite does not look into while it plans: where it does, it
// plans the statement again for each execution (sqlite3ExprIsInteger in its source).
const limitParam = `CAST($%d AS BIGINT)`
