package sqlstore

import (
	"context"
	"fmt"
	"os"
	"time"
)

// quietly is how often the writer looks, when nobody waits for it, whether the -wal holds
// anything. What was erased stands in the database file until SQLite takes in the -wal, and
// in the -wal until that is emptied: by itself SQLite does so after a thousand pages.
const quietly = 2 * time.Second

// takeInPatience is how long readers are waited for, while whoever comes to write waits too.
const takeInPatience = 50 * time.Millisecond

// takeIn has SQLite take in the -wal and empty it, also what another process wrote there.
// Where that fails, since somebody reads an older state or the disk is full, the -wal is as
// good as before, and the next quiet moment tries again.
func (w *writer) takeIn(ctx context.Context) {
	if info, err := os.Stat(w.wal); err != nil || info.Size() == 0 {
		return
	}
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return
	}
	defer conn.Close()
	var patience int
	if conn.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&patience) != nil {
		return
	}
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA busy_timeout = %d", takeInPatience.Milliseconds()),
		"PRAGMA wal_checkpoint(TRUNCATE)",
		fmt.Sprintf("PRAGMA busy_timeout = %d", patience),
	} {
		_, _ = conn.ExecContext(ctx, pragma)
	}
}
