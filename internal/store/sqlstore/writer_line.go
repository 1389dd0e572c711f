package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// lineKept is how long the connection is kept for whoever comes next. The statements
// stay prepared with it, and to prepare them costs as much as to run them.
const lineKept = 100 * time.Millisecond

// line is the writer's connection, and the statements that are prepared on it.
type line struct {
	conn *sql.Conn
	db   *prepared
}

// await waits for the next closure, and gives the connection back when none comes soon. Then
// is the time to take in the -wal.
func (w *writer) await() (first *job, open bool) {
	if w.line != nil {
		late := time.NewTimer(lineKept)
		defer late.Stop()
		select {
		case first, open = <-w.jobs:
			return first, open
		case <-late.C:
			w.hangUp()
		}
	}
	for {
		select {
		case first, open = <-w.jobs:
			return first, open
		case <-w.quiet:
			w.takeIn(context.Background())
		}
	}
}

// dial is the connection that is kept, or a new one.
func (w *writer) dial(ctx context.Context) (*line, error) {
	if w.line == nil {
		conn, err := w.db.Conn(ctx)
		if err != nil {
			return nil, fmt.Errorf("open SQLite writer: %w", err)
		}
		w.line = &line{conn: conn, db: newPrepared(conn)}
	}
	return w.line, nil
}

func (w *writer) hangUp() {
	if w.line != nil {
		w.line.db.close()
		_ = w.line.conn.Close()
		w.line = nil
	}
}
