package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/webhook"
)

const replayColumns = `id, workspace_id, endpoint_id, after_number, until_number, failed_only, state, reached, queued, created_at, updated_at`

func scanReplay(r row) (p webhook.Replay, err error) {
	err = r.Scan(&p.ID, &p.WorkspaceID, &p.EndpointID, &p.After, &p.Until, &p.FailedOnly, &p.State, &p.Cursor, &p.Queued,
		timeColumn{&p.CreatedAt}, timeColumn{&p.UpdatedAt})
	p.Events = p.Until - p.After // numbers have no gaps; those that a restore left out are passed in one step
	return p, err
}

func (s reader) Replay(ctx context.Context, workspaceID, id int64) (webhook.Replay, error) {
	p, err := one(ctx, s.run, "replay", scanReplay, `
		SELECT `+replayColumns+` FROM replays d WHERE workspace_id = $1 AND id = $2 AND `+ofLiveEndpoint, workspaceID, id)
	if err != nil {
		return p, err
	}
	err = s.run.query(ctx, func(r row) error {
		var state webhook.DeliveryState
		var n int64
		err := r.Scan(&state, &n)
		switch state {
		case webhook.DeliveryDelivered:
			p.Delivered = n
		case webhook.DeliveryFailed:
			p.Failed = n
		case webhook.DeliverySkipped:
			p.Skipped = n
		case webhook.DeliveryDropped:
			p.Dropped = n
		}
		return err
	}, `SELECT state, count(*) FROM deliveries WHERE workspace_id = $1 AND replay_id = $2 GROUP BY state`, workspaceID, id)
	return p, err
}

func (s reader) LastEvent(ctx context.Context, workspaceID int64) (int64, error) {
	return one(ctx, s.run, "workspace", scanID, `SELECT last_number FROM event_counters WHERE workspace_id = $1`, workspaceID)
}

func (s reader) RunningReplays(ctx context.Context, limit int) ([]webhook.Replay, error) {
	replays, err := many(ctx, s.run, scanReplay, `
		SELECT `+replayColumns+` FROM replays WHERE state = 'running' ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 1), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("running replays: %w", err)
	}
	return replays, nil
}

func (t *tx) InsertReplay(ctx context.Context, p webhook.Replay) (webhook.Replay, error) {
	return one(ctx, t.run, "replay", scanReplay, `
		INSERT INTO replays (workspace_id, endpoint_id, after_number, until_number, failed_only, state, reached, queued, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		RETURNING `+replayColumns,
		p.WorkspaceID, p.EndpointID, p.After, p.Until, p.FailedOnly, p.State, p.Cursor, p.Queued, millis(p.CreatedAt), millis(p.UpdatedAt))
}

func (t *tx) LockReplay(ctx context.Context, workspaceID, id int64) (webhook.Replay, error) {
	p, err := one(ctx, t.run, "replay", scanReplay, `
		SELECT `+replayColumns+` FROM replays WHERE workspace_id = $1 AND id = $2`+t.dialect.lockFields, workspaceID, id)
	if err != nil {
		return p, err
	}
	return p, t.passGap(ctx, &p)
}

// passGap moves the cursor up to the next event: a restore leaves out very many numbers.
func (t *tx) passGap(ctx context.Context, p *webhook.Replay) error {
	next, found, err := maybe(ctx, t.run, scanID, `
		SELECT number FROM events WHERE workspace_id = $1 AND number > $2 ORDER BY number LIMIT 1`, p.WorkspaceID, p.Cursor)
	switch {
	case err != nil:
		return fmt.Errorf("replay %d: %w", p.ID, err)
	case found:
		p.Cursor = max(p.Cursor, min(next-1, p.Until))
	default:
		p.Cursor = max(p.Cursor, p.Until)
	}
	return nil
}

func (t *tx) UpdateReplay(ctx context.Context, p webhook.Replay) error {
	return change(ctx, t.run, "replay", `
		UPDATE replays SET state = $3, reached = $4, queued = $5, updated_at = $6 WHERE workspace_id = $1 AND id = $2`,
		p.WorkspaceID, p.ID, p.State, p.Cursor, p.Queued, millis(p.UpdatedAt))
}

func (t *tx) LockEvents(ctx context.Context, workspaceID int64) error {
	_, err := one(ctx, t.run, "workspace", scanID, `
		SELECT last_number FROM event_counters WHERE workspace_id = $1`+t.dialect.lockFields, workspaceID)
	return err
}

// hears is true of an endpoint p and an event e that is sent there. A type is heard by its
// own name, by its family ("channel.*") and by "*".
const hears = `(p.owner_id IS NULL OR p.owner_id = e.owner_id)
	AND EXISTS (SELECT 1 FROM endpoint_types y WHERE y.workspace_id = p.workspace_id AND y.endpoint_id = p.id
		AND (y.type = e.type OR y.type = substr(e.type, 1, length(y.type) - 1) || '*'))`

// QueueReplay leaves out, where it is asked to, what the endpoint was told, is about to be
// told, or has nothing to be told of.
func (t *tx) QueueReplay(ctx context.Context, p webhook.Replay, upTo int64, at time.Time) (int, error) {
	n, err := t.run.exec(ctx, `
		INSERT INTO deliveries (workspace_id, endpoint_id, event_number, event_type, channel_id, replay_id, state, next_at, created_at, updated_at)
		SELECT e.workspace_id, p.id, e.number, e.type, e.channel_id, $3, 'pending', $6, $6, $6
		FROM endpoints p JOIN events e ON e.workspace_id = p.workspace_id AND e.number > $4 AND e.number <= $5
		WHERE p.workspace_id = $1 AND p.id = $2 AND p.state = 'active' AND `+hears+`
		AND ($7 = 0 OR NOT EXISTS (SELECT 1 FROM deliveries d
			WHERE d.workspace_id = e.workspace_id AND d.event_number = e.number AND d.endpoint_id = p.id AND d.state IN ('delivered', 'pending', 'skipped')))
		ORDER BY e.number`,
		p.WorkspaceID, p.EndpointID, p.ID, p.Cursor, upTo, millis(at), flag(p.FailedOnly))
	if err != nil {
		return 0, fmt.Errorf("replay %d: %w", p.ID, err)
	}
	return int(n), nil
}

// flag is a condition as a parameter that both engines can compare with a number.
func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// writeDeliveries makes deliveries of the workspace's events above a number for whoever
// hears them, and tells to which endpoints.
func (t *tx) writeDeliveries(ctx context.Context, workspaceID, after, upTo int64) ([]int64, error) {
	ids, err := many(ctx, t.run, scanID, `
		INSERT INTO deliveries (workspace_id, endpoint_id, event_number, event_type, channel_id, state, next_at, created_at, updated_at)
		SELECT e.workspace_id, p.id, e.number, e.type, e.channel_id, 'pending', e.at, e.at, e.at
		FROM endpoints p JOIN events e ON e.workspace_id = p.workspace_id AND e.number > $2 AND e.number <= $3
		WHERE p.workspace_id = $1 AND p.state = 'active' AND `+hears+`
		ORDER BY e.number, p.id
		RETURNING endpoint_id`, workspaceID, after, upTo)
	if err != nil {
		return nil, fmt.Errorf("write deliveries: %w", err)
	}
	return ids, nil
}
