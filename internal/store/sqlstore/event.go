package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"patchbay/internal/connect"
)

const eventColumns = `workspace_id, number, type, owner_id, session_id, channel_id, channel_seq, cause, data, at`

func scanEvent(r row) (e connect.Event, err error) {
	var data string
	err = r.Scan(&e.WorkspaceID, &e.Number, &e.Type, refColumn{&e.OwnerID}, refColumn{&e.SessionID}, refColumn{&e.ChannelID},
		refColumn{&e.ChannelSeq}, &e.Cause, &data, timeColumn{&e.At})
	e.Data = []byte(data)
	return e, err
}

func (s reader) Events(ctx context.Context, workspaceID, after int64, limit int) ([]connect.Event, error) {
	events, err := many(ctx, s.run, scanEvent, `
		SELECT `+eventColumns+` FROM events WHERE workspace_id = $1 AND number > $2 ORDER BY number LIMIT `+fmt.Sprintf(limitParam, 3),
		workspaceID, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("events of workspace %d: %w", workspaceID, err)
	}
	return events, nil
}

// Emit keeps the event for the end of the transaction.
func (t *tx) Emit(e connect.Event) { t.events = append(t.events, e) }

// counter names a sequence: a workspace's (channel 0), or a channel's.
type counter struct{ workspace, channel int64 }

func (c counter) compare(d counter) int {
	return cmp.Or(cmp.Compare(c.workspace, d.workspace), cmp.Compare(c.channel, d.channel))
}

// finish numbers and writes what was recorded and emitted, as the transaction's last
// statements. The rows that it raises stay locked until the commit, so that the order
// of numbers is the order of commits; the workspaces' come last, because every
// transaction that emits waits for them, and all are taken in one order (the channels,
// the heads of the audit logs, the workspaces' counters), so that two transactions cannot
// wait for each other.
func (t *tx) finish(ctx context.Context) error {
	channels, workspaces := map[counter]int64{}, map[counter]int64{}
	for _, e := range t.events {
		workspaces[counter{e.WorkspaceID, 0}]++
		if e.ChannelID != 0 {
			channels[counter{e.WorkspaceID, e.ChannelID}]++
		}
	}
	if err := t.raise(ctx, channels); err != nil {
		return err
	}
	if err := t.writeRecords(ctx); err != nil {
		return err
	}
	if err := t.raise(ctx, workspaces); err != nil {
		return err
	}
	before := maps.Clone(workspaces)
	for i := range t.events {
		e := &t.events[i]
		e.Number = next(workspaces, counter{e.WorkspaceID, 0})
		if e.ChannelID != 0 {
			e.ChannelSeq = next(channels, counter{e.WorkspaceID, e.ChannelID})
		}
	}
	for chunk := range slices.Chunk(t.events, 50) { // engines bound the parameters of a statement
		if err := t.insertEvents(ctx, chunk); err != nil {
			return err
		}
	}
	for c, last := range workspaces {
		if t.listening[c.workspace] {
			ids, err := t.writeDeliveries(ctx, c.workspace, before[c], last)
			if err != nil {
				return err
			}
			t.woken = append(t.woken, ids...)
		}
	}
	return nil
}

// raise adds to each counter what it maps to, and leaves there the number before the
// first new one.
func (t *tx) raise(ctx context.Context, counters map[counter]int64) error {
	for _, c := range slices.SortedFunc(maps.Keys(counters), counter.compare) {
		n := counters[c]
		last, err := t.raiseOne(ctx, c, n)
		if err != nil {
			return fmt.Errorf("number events: %w", err)
		}
		counters[c] = last - n
	}
	return nil
}

// raiseOne asks along with the workspace's counter whether anybody hears its events: most
// workspaces pay no more than that.
func (t *tx) raiseOne(ctx context.Context, c counter, n int64) (last int64, err error) {
	if c.channel == 0 {
		var listening bool
		last, err = one(ctx, t.run, "workspace", func(r row) (last int64, err error) {
			err = r.Scan(&last, &listening)
			return last, err
		}, `UPDATE event_counters SET last_number = last_number + $2 WHERE workspace_id = $1
			RETURNING last_number, EXISTS (SELECT 1 FROM endpoints p WHERE p.workspace_id = $1 AND p.state = 'active')`, c.workspace, n)
		if listening {
			t.listening[c.workspace] = true
		}
		return last, err
	}
	return one(ctx, t.run, "channel", scanID, `
		UPDATE channels SET last_event = last_event + $3 WHERE workspace_id = $1 AND id = $2 RETURNING last_event`, c.workspace, c.channel, n)
}

func next(counters map[counter]int64, c counter) int64 {
	counters[c]++
	return counters[c]
}

func (t *tx) insertEvents(ctx context.Context, events []connect.Event) error {
	var rows []string
	var args []any
	for _, e := range events {
		values := []any{
			e.WorkspaceID, e.Number, e.Type, ref(e.OwnerID), ref(e.SessionID), ref(e.ChannelID), ref(e.ChannelSeq),
			e.Cause, cmp.Or(string(e.Data), "{}"), millis(e.At),
		}
		rows = append(rows, "("+placeholders(len(args)+1, len(values))+")")
		args = append(args, values...)
	}
	if _, err := t.run.exec(ctx, `INSERT INTO events (`+eventColumns+`) VALUES `+strings.Join(rows, ", "), args...); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}
