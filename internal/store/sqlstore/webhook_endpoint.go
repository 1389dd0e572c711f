package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

var (
	_ webhook.Store = (*Store)(nil)
	_ webhook.Tx    = (*tx)(nil)
)

const endpointColumns = `id, workspace_id, owner_id, url, types, scheme, description, state, reason, sealed,
	failures, failing_since, succeeded_at, failed_at, held_until, created_at, updated_at`

func scanEndpoint(r row) (e webhook.Endpoint, err error) {
	err = r.Scan(&e.ID, &e.WorkspaceID, refColumn{&e.OwnerID}, &e.URL, listColumn[string]{&e.Types}, &e.Scheme, &e.Description,
		&e.State, &e.Reason, &e.Sealed, &e.Failures, timeColumn{&e.FailingSince}, timeColumn{&e.SucceededAt}, timeColumn{&e.FailedAt},
		timeColumn{&e.HeldUntil}, timeColumn{&e.CreatedAt}, timeColumn{&e.UpdatedAt})
	return e, err
}

func (s reader) Endpoint(ctx context.Context, workspaceID, id int64) (webhook.Endpoint, error) {
	return one(ctx, s.run, "endpoint", scanEndpoint, `
		SELECT `+endpointColumns+` FROM endpoints WHERE workspace_id = $1 AND id = $2 AND state <> 'deleted'`, workspaceID, id)
}

func (s reader) Endpoints(ctx context.Context, workspaceID, after int64, limit int) ([]webhook.Endpoint, error) {
	endpoints, err := many(ctx, s.run, scanEndpoint, `
		SELECT `+endpointColumns+` FROM endpoints WHERE workspace_id = $1 AND id > $2 AND state <> 'deleted'
		ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 3), workspaceID, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("endpoints of workspace %d: %w", workspaceID, err)
	}
	return endpoints, nil
}

// DueEndpoints looks at the head of each endpoint's queue, which costs the same whatever
// stands behind it.
func (s reader) DueEndpoints(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	ids, err := many(ctx, s.run, scanID, `
		SELECT id FROM endpoints
		WHERE state = 'active' AND (held_until IS NULL OR held_until <= $1)
		AND (SELECT next_at FROM deliveries WHERE endpoint_id = endpoints.id AND `+dueDelivery+` ORDER BY next_at, id LIMIT 1) <= $1
		ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 2), millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("due endpoints: %w", err)
	}
	return ids, nil
}

func (s reader) EndedEndpoints(ctx context.Context, limit int) ([]webhook.Endpoint, error) {
	endpoints, err := many(ctx, s.run, scanEndpoint, `
		SELECT `+endpointColumns+` FROM endpoints
		WHERE state <> 'active' AND (state = 'deleted'
			OR EXISTS (SELECT 1 FROM deliveries WHERE endpoint_id = endpoints.id AND state = 'pending'))
		ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 1), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("ended endpoints: %w", err)
	}
	return endpoints, nil
}

func (s reader) SealedEndpoints(ctx context.Context, q connect.SealedQuery) ([]connect.SealedRow, error) {
	return sealedRows(ctx, s, "endpoints", "workspace_id, id, sealed", func(r row) (v connect.SealedRow, err error) {
		var e webhook.Endpoint
		err = r.Scan(&e.WorkspaceID, &e.ID, &v.Sealed)
		v.Place = e.Place()
		return v, err
	}, q)
}

func (t *tx) InsertEndpoint(ctx context.Context, e webhook.Endpoint) (webhook.Endpoint, error) {
	return one(ctx, t.run, "endpoint", scanEndpoint, `
		INSERT INTO endpoints (workspace_id, owner_id, url, types, scheme, description, state, reason, failures, failing_since,
			succeeded_at, failed_at, held_until, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		RETURNING `+endpointColumns,
		e.WorkspaceID, ref(e.OwnerID), e.URL, jsonText(e.Types), e.Scheme, e.Description, e.State, e.Reason, e.Failures,
		millis(e.FailingSince), millis(e.SucceededAt), millis(e.FailedAt), millis(e.HeldUntil), millis(e.CreatedAt), millis(e.UpdatedAt))
}

// CountEndpoints locks the workspace as softly as keeps others from doing the same.
func (t *tx) CountEndpoints(ctx context.Context, workspaceID int64) (int, error) {
	if _, err := one(ctx, t.run, "workspace", scanID, `SELECT id FROM workspaces WHERE id = $1`+t.dialect.lockFields, workspaceID); err != nil {
		return 0, err
	}
	n, err := one(ctx, t.run, "endpoints", scanID, `
		SELECT count(*) FROM endpoints WHERE workspace_id = $1 AND state <> 'deleted'`, workspaceID)
	return int(n), err
}

// LockEndpoint lets events go on adding deliveries, which refer to the row.
func (t *tx) LockEndpoint(ctx context.Context, workspaceID, id int64) (webhook.Endpoint, error) {
	return one(ctx, t.run, "endpoint", scanEndpoint, `
		SELECT `+endpointColumns+` FROM endpoints WHERE workspace_id = $1 AND id = $2 AND state <> 'deleted'`+t.dialect.lockFields, workspaceID, id)
}

func (t *tx) LockEndpointByID(ctx context.Context, id int64) (webhook.Endpoint, error) {
	return one(ctx, t.run, "endpoint", scanEndpoint, `
		SELECT `+endpointColumns+` FROM endpoints WHERE id = $1 AND state <> 'deleted'`+t.dialect.lockFields, id)
}

func (t *tx) UpdateEndpoint(ctx context.Context, e webhook.Endpoint) error {
	return change(ctx, t.run, "endpoint", `
		UPDATE endpoints
		SET url = $3, types = $4, description = $5, state = $6, reason = $7, failures = $8, failing_since = $9,
			succeeded_at = $10, failed_at = $11, held_until = $12, updated_at = $13
		WHERE workspace_id = $1 AND id = $2 AND state <> 'deleted'`,
		e.WorkspaceID, e.ID, e.URL, jsonText(e.Types), e.Description, e.State, e.Reason, e.Failures, millis(e.FailingSince),
		millis(e.SucceededAt), millis(e.FailedAt), millis(e.HeldUntil), millis(e.UpdatedAt))
}

func (t *tx) SetHeard(ctx context.Context, workspaceID, id int64, types []string) error {
	if _, err := t.run.exec(ctx, `DELETE FROM endpoint_types WHERE workspace_id = $1 AND endpoint_id = $2`, workspaceID, id); err != nil {
		return fmt.Errorf("types of endpoint %d: %w", id, err)
	}
	for _, one := range types {
		_, err := t.run.exec(ctx, `
			INSERT INTO endpoint_types (workspace_id, endpoint_id, type) VALUES ($1, $2, $3)`, workspaceID, id, one)
		if err != nil {
			return fmt.Errorf("types of endpoint %d: %w", id, err)
		}
	}
	return nil
}

func (t *tx) SealEndpoint(ctx context.Context, workspaceID, id int64, sealed []byte) error {
	return change(ctx, t.run, "endpoint", `
		UPDATE endpoints SET sealed = $3 WHERE workspace_id = $1 AND id = $2 AND state <> 'deleted'`, workspaceID, id, sealed)
}

func (t *tx) EmptyEndpoint(ctx context.Context, workspaceID, id int64, at time.Time) error {
	err := change(ctx, t.run, "endpoint", `
		UPDATE endpoints SET state = 'deleted', sealed = NULL, url = '', description = '', types = '[]', updated_at = $3
		WHERE workspace_id = $1 AND id = $2 AND state <> 'deleted'`, workspaceID, id, millis(at))
	if err != nil {
		return err
	}
	return t.SetHeard(ctx, workspaceID, id, nil)
}

// PurgeEndpoint finds nobody adding to the endpoint: events and replays leave out those
// that are not active, and it was deleted in a transaction before.
func (t *tx) PurgeEndpoint(ctx context.Context, workspaceID, id int64, limit int) (more bool, err error) {
	n, err := t.run.exec(ctx, `
		DELETE FROM deliveries WHERE workspace_id = $1 AND id IN (
			SELECT id FROM deliveries WHERE workspace_id = $1 AND endpoint_id = $2
			AND EXISTS (SELECT 1 FROM endpoints WHERE workspace_id = $1 AND id = $2 AND state = 'deleted')
			ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 3)+`)`, workspaceID, id, max(limit, 0))
	if err != nil {
		return false, fmt.Errorf("deliveries of endpoint %d: %w", id, err)
	}
	if n > 0 {
		return true, nil
	}
	if _, err := t.run.exec(ctx, `
		DELETE FROM replays WHERE workspace_id = $1 AND endpoint_id IN (SELECT id FROM endpoints WHERE workspace_id = $1 AND id = $2 AND state = 'deleted')`,
		workspaceID, id); err != nil {
		return false, fmt.Errorf("replays to endpoint %d: %w", id, err)
	}
	return false, change(ctx, t.run, "endpoint", `DELETE FROM endpoints WHERE workspace_id = $1 AND id = $2 AND state = 'deleted'`, workspaceID, id)
}
