package sqlstore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"patchbay/internal/fault"
	"patchbay/internal/webhook"
)

const deliveryColumns = `id, workspace_id, endpoint_id, event_number, event_type, channel_id, replay_id, state, attempts, next_at,
	kind, body, status, error, fence, created_at, updated_at, ended_at`

func scanDelivery(r row) (d webhook.Delivery, err error) {
	err = r.Scan(deliveryFields(&d)...)
	return d, err
}

// deliveryFields is where deliveryColumns go.
func deliveryFields(d *webhook.Delivery) []any {
	return []any{
		&d.ID, &d.WorkspaceID, &d.EndpointID,
		refColumn{&d.EventNumber},
		&d.EventType,
		refColumn{&d.ChannelID},
		refColumn{&d.ReplayID},
		&d.State, &d.Attempts,
		timeColumn{&d.NextAt},
		&d.Kind, &d.Body, &d.Status, &d.Error, &d.Fence,
		timeColumn{&d.CreatedAt},
		timeColumn{&d.UpdatedAt},
		timeColumn{&d.EndedAt},
	}
}

func (s reader) Delivery(ctx context.Context, workspaceID, id int64) (webhook.Delivery, error) {
	return one(ctx, s.run, "delivery", scanDelivery, `
		SELECT `+deliveryColumns+` FROM deliveries d
		WHERE workspace_id = $1 AND id = $2 AND `+ofLiveEndpoint, workspaceID, id)
}

// ofLiveEndpoint leaves out the deliveries of endpoints that were deleted.
const ofLiveEndpoint = `NOT EXISTS (
	SELECT 1 FROM endpoints p WHERE p.workspace_id = d.workspace_id AND p.id = d.endpoint_id AND p.state = 'deleted')`

// Deliveries reads what it shows, and of pending ones the entries of an index: no index
// has them by workspace, which would cost each delivery two more writes.
func (s reader) Deliveries(ctx context.Context, workspaceID int64, f webhook.DeliveryFilter, before int64, limit int) ([]webhook.Delivery, error) {
	limit = max(limit, 0)
	where, args := whichDeliveries(workspaceID, f, before)
	from := `deliveries d WHERE ` + where
	if f.State == webhook.DeliveryPending { // a number, by which PostgreSQL knows that these are few
		from = fmt.Sprintf(`(SELECT id AS shown FROM %s ORDER BY id DESC LIMIT %d) w JOIN deliveries d ON d.workspace_id = $1 AND d.id = w.shown`, from, limit)
	}
	args = append(args, limit)
	query := `SELECT ` + strings.Replace(deliveryColumns, "body", "NULL", 1) + ` FROM ` + from + ` ORDER BY id DESC LIMIT ` + fmt.Sprintf(limitParam, len(args))
	deliveries, err := many(ctx, s.run, scanDelivery, query, args...)
	if err != nil {
		return nil, fmt.Errorf("deliveries of workspace %d: %w", workspaceID, err)
	}
	return deliveries, nil
}

// whichDeliveries is the condition of a list. Each way of asking has its index, whose own
// condition is repeated word for word.
func whichDeliveries(workspaceID int64, f webhook.DeliveryFilter, before int64) (where string, args []any) {
	where, args = `workspace_id = $1 AND `+ofLiveEndpoint, []any{workspaceID}
	and := func(condition string, wanted bool, value any) {
		if wanted {
			args = append(args, value)
			where += fmt.Sprintf(` AND `+condition, len(args))
		}
	}
	if f.State == webhook.DeliveryPending { // deliveries_channel, by the workspace's endpoints
		where = `endpoint_id IN (SELECT p.id FROM endpoints p WHERE p.workspace_id = $1 AND p.state <> 'deleted') AND state = 'pending'`
	}
	and(`state = $%d AND ended_at IS NOT NULL`, f.State != "" && f.State != webhook.DeliveryPending, f.State) // deliveries_over
	and(`endpoint_id = $%d`, f.EndpointID != 0, f.EndpointID)
	and(`event_number = $%d`, f.EventNumber != 0, f.EventNumber)
	and(`event_type = $%d`, f.EventType != "", f.EventType)
	and(`channel_id = $%d AND event_number IN (SELECT number FROM events e WHERE e.workspace_id = $1 AND e.channel_id = $%[1]d)`,
		f.ChannelID != 0, f.ChannelID) // events_channel and deliveries_event: of what is about one channel there is little
	and(`id < $%d`, before != 0, before)
	return where, args
}

func scanDeliveryAttempt(r row) (a webhook.Attempt, err error) {
	err = r.Scan(&a.DeliveryID, &a.Number, timeColumn{&a.At}, spanColumn{&a.Took}, &a.Status, &a.Error, &a.Answer)
	return a, err
}

func (s reader) DeliveryAttempts(ctx context.Context, workspaceID, deliveryID int64) ([]webhook.Attempt, error) {
	attempts, err := many(ctx, s.run, scanDeliveryAttempt, `
		SELECT delivery_id, number, at, took, status, error, answer FROM delivery_attempts
		WHERE workspace_id = $1 AND delivery_id = $2 ORDER BY number`, workspaceID, deliveryID)
	if err != nil {
		return nil, fmt.Errorf("attempts of delivery %d: %w", deliveryID, err)
	}
	return attempts, nil
}

func (t *tx) InsertDelivery(ctx context.Context, d webhook.Delivery) (webhook.Delivery, error) {
	return one(ctx, t.run, "delivery", scanDelivery, `
		INSERT INTO deliveries (workspace_id, endpoint_id, event_number, event_type, channel_id, replay_id, state, attempts, next_at,
			kind, body, status, error, fence, created_at, updated_at, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		RETURNING `+deliveryColumns,
		d.WorkspaceID, d.EndpointID, ref(d.EventNumber), d.EventType, ref(d.ChannelID), ref(d.ReplayID), d.State, d.Attempts, millis(d.NextAt),
		d.Kind, d.Body, d.Status, d.Error, d.Fence, millis(d.CreatedAt), millis(d.UpdatedAt), millis(d.EndedAt))
}

func (t *tx) SaveDelivery(ctx context.Context, d webhook.Delivery, fence int64) error {
	affected, err := t.run.exec(ctx, `
		UPDATE deliveries
		SET fence = $4, state = $5, attempts = $6, next_at = $7, status = $8, error = $9, updated_at = $10, ended_at = $11, lease_until = NULL
		WHERE workspace_id = $1 AND id = $2 AND fence = $3`,
		d.WorkspaceID, d.ID, fence, d.Fence, d.State, d.Attempts, millis(d.NextAt), d.Status, d.Error, millis(d.UpdatedAt), millis(d.EndedAt))
	return t.swappedDelivery(ctx, d, affected, err)
}

// swappedDelivery is the outcome of a compare-and-swap on a delivery's fence.
func (t *tx) swappedDelivery(ctx context.Context, d webhook.Delivery, affected int64, err error) error {
	if err != nil {
		return fmt.Errorf("delivery %d: %w", d.ID, err)
	}
	if affected == 1 {
		return nil
	}
	if _, err := t.Delivery(ctx, d.WorkspaceID, d.ID); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "delivery_changed", "The delivery was changed by somebody else.")
}

func (t *tx) FreezeDelivery(ctx context.Context, d webhook.Delivery) error {
	return change(ctx, t.run, "delivery", `
		UPDATE deliveries SET kind = $3, body = $4 WHERE workspace_id = $1 AND id = $2`, d.WorkspaceID, d.ID, d.Kind, d.Body)
}

// InsertDeliveryAttempt looks whether the owner was erased while the request was under way.
func (t *tx) InsertDeliveryAttempt(ctx context.Context, workspaceID int64, a webhook.Attempt) error {
	return change(ctx, t.run, "delivery", `
		INSERT INTO delivery_attempts (workspace_id, delivery_id, number, at, took, status, error, answer)
		SELECT workspace_id, id, CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS TEXT),
			CASE WHEN body IS NULL THEN '' ELSE CAST($8 AS TEXT) END
		FROM deliveries WHERE workspace_id = $1 AND id = $2`,
		workspaceID, a.DeliveryID, a.Number, millis(a.At), a.Took.Milliseconds(), a.Status, a.Error, a.Answer)
}

func (t *tx) DropDeliveries(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := t.run.exec(ctx, `
		DELETE FROM deliveries WHERE (workspace_id, id) IN (
			SELECT workspace_id, id FROM deliveries WHERE ended_at < $1 ORDER BY ended_at LIMIT `+fmt.Sprintf(limitParam, 2)+`)`,
		millis(before), max(limit, 0))
	if err != nil {
		return 0, fmt.Errorf("drop deliveries: %w", err)
	}
	return int(n), nil
}
