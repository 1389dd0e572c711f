package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

// The deliveries' rows are the queue. dueDelivery is the condition of the index
// deliveries_due, word for word.
const dueDelivery = `state = 'pending' AND next_at IS NOT NULL`

// behind is true of a delivery d that an earlier one about its channel keeps waiting.
const behind = `EXISTS (SELECT 1 FROM deliveries b
	WHERE b.endpoint_id = d.endpoint_id AND b.channel_id = d.channel_id AND b.state = 'pending' AND b.id < d.id)`

// lookahead bounds what one look at a queue reads.
const lookahead = 200

// dueWindow is the head of endpoint $1's queue at the time $2: those that nobody holds.
func dueWindow(d *dialect, limit string) string {
	return `SELECT workspace_id, endpoint_id, channel_id, id, next_at FROM deliveries
		WHERE endpoint_id = $1 AND ` + dueDelivery + ` AND next_at <= $2 AND (lease_until IS NULL OR lease_until <= ` + d.now + `)
		ORDER BY next_at, id LIMIT ` + limit
}

func (t *tx) InFlight(ctx context.Context, endpointID int64) (int, error) {
	n, err := one(ctx, t.run, "deliveries", scanID, `
		SELECT count(*) FROM deliveries WHERE endpoint_id = $1 AND lease_until IS NOT NULL AND lease_until > `+t.dialect.now, endpointID)
	return int(n), err
}

func (t *tx) ParkDeliveries(ctx context.Context, endpointID int64, now time.Time, limit int) (int, error) {
	n, err := t.run.exec(ctx, `
		UPDATE deliveries SET next_at = NULL WHERE (workspace_id, id) IN (
			SELECT d.workspace_id, d.id FROM (`+dueWindow(t.dialect, fmt.Sprintf(limitParam, 3))+`) d WHERE `+behind+`)`,
		endpointID, millis(now), max(limit, 0))
	if err != nil {
		return 0, fmt.Errorf("park deliveries to endpoint %d: %w", endpointID, err)
	}
	return int(n), nil
}

var dueColumns = columnsOf("d", deliveryColumns) + `,
	e.workspace_id, e.number, e.type, e.owner_id, e.session_id, e.channel_id, e.channel_seq, e.cause, e.data, e.at`

// scanDue reads a delivery with its event; a test has none.
func scanDue(r row) (d webhook.DueDelivery, err error) {
	var kind, cause, data *string
	e := &d.Event
	err = r.Scan(append(deliveryFields(&d.Delivery), refColumn{&e.WorkspaceID}, refColumn{&e.Number}, &kind, refColumn{&e.OwnerID},
		refColumn{&e.SessionID}, refColumn{&e.ChannelID}, refColumn{&e.ChannelSeq}, &cause, &data, timeColumn{&e.At})...)
	if kind != nil && cause != nil && data != nil {
		e.Type, e.Cause, e.Data = *kind, connect.Cause(*cause), []byte(*data)
	}
	return d, err
}

func (t *tx) DueDeliveries(ctx context.Context, endpointID int64, now time.Time, limit int) ([]webhook.DueDelivery, error) {
	due, err := many(ctx, t.run, scanDue, `
		SELECT `+dueColumns+`
		FROM (`+dueWindow(t.dialect, fmt.Sprint(lookahead))+`) w
		JOIN deliveries d ON d.workspace_id = w.workspace_id AND d.id = w.id
		LEFT JOIN events e ON e.workspace_id = d.workspace_id AND e.number = d.event_number
		WHERE NOT `+behind+`
		ORDER BY w.next_at, w.id LIMIT `+fmt.Sprintf(limitParam, 3), endpointID, millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("due deliveries to endpoint %d: %w", endpointID, err)
	}
	return due, nil
}

func (t *tx) ClaimDelivery(ctx context.Context, d webhook.Delivery, fence int64, lease time.Duration) error {
	affected, err := t.run.exec(ctx, `
		UPDATE deliveries
		SET fence = $4, kind = $5, body = $6, updated_at = $7, lease_until = `+t.dialect.now+` + $8
		WHERE workspace_id = $1 AND id = $2 AND fence = $3`,
		d.WorkspaceID, d.ID, fence, d.Fence, d.Kind, d.Body, millis(d.UpdatedAt), lease.Milliseconds())
	return t.swappedDelivery(ctx, d, affected, err)
}

func (t *tx) WakeDelivery(ctx context.Context, endpointID, channelID int64, now time.Time) (bool, error) {
	n, err := t.run.exec(ctx, `
		UPDATE deliveries SET next_at = $3, updated_at = $3 WHERE next_at IS NULL AND (workspace_id, id) IN (
			SELECT workspace_id, id FROM deliveries WHERE endpoint_id = $1 AND channel_id = $2 AND state = 'pending' ORDER BY id LIMIT 1)`,
		endpointID, channelID, millis(now))
	if err != nil {
		return false, fmt.Errorf("wake a delivery about channel %d: %w", channelID, err)
	}
	return n > 0, nil
}

func (t *tx) DropPending(ctx context.Context, workspaceID, endpointID int64, at time.Time, limit int) (int, error) {
	n, err := t.run.exec(ctx, `
		UPDATE deliveries SET state = 'dropped', next_at = NULL, lease_until = NULL, fence = fence + 1, updated_at = $3, ended_at = $3
		WHERE workspace_id = $1 AND id IN (
			SELECT id FROM deliveries
			WHERE workspace_id = $1 AND endpoint_id = $2 AND state = 'pending' AND (lease_until IS NULL OR lease_until <= `+t.dialect.now+`)
			ORDER BY endpoint_id, channel_id, id LIMIT `+fmt.Sprintf(limitParam, 4)+`)`, workspaceID, endpointID, millis(at), max(limit, 0))
	if err != nil {
		return 0, fmt.Errorf("drop deliveries to endpoint %d: %w", endpointID, err)
	}
	return int(n), nil
}

// HastenDeliveries leaves those alone that somebody holds: they are due as it is.
func (t *tx) HastenDeliveries(ctx context.Context, workspaceID, endpointID int64, now time.Time) error {
	_, err := t.run.exec(ctx, `
		UPDATE deliveries SET next_at = $3, updated_at = $3 WHERE workspace_id = $1 AND endpoint_id = $2 AND `+dueDelivery+` AND next_at > $3`,
		workspaceID, endpointID, millis(now))
	if err != nil {
		return fmt.Errorf("hasten deliveries to endpoint %d: %w", endpointID, err)
	}
	return nil
}

func (t *tx) RebaseDeliveries(ctx context.Context, now time.Time, longest time.Duration) (int, error) {
	const meanwhile = time.Second // what was written since the caller looked at the clock
	n, err := t.run.exec(ctx, `
		UPDATE deliveries SET next_at = $1 + next_at - updated_at, updated_at = $1 WHERE `+dueDelivery+` AND updated_at > $2`,
		millis(now), millis(now.Add(meanwhile)))
	if err == nil {
		_, err = t.run.exec(ctx, `UPDATE endpoints SET held_until = NULL WHERE held_until > $1`, millis(now.Add(longest)))
	}
	if err != nil {
		return 0, fmt.Errorf("rebase deliveries: %w", err)
	}
	return int(n), nil
}

// releaseDeliveries is a statement of its own because a restore runs it too.
const releaseDeliveries = `UPDATE deliveries SET lease_until = NULL WHERE lease_until IS NOT NULL`

func (t *tx) ReleaseDeliveries(ctx context.Context) error {
	if _, err := t.run.exec(ctx, releaseDeliveries); err != nil {
		return fmt.Errorf("release deliveries: %w", err)
	}
	return nil
}
