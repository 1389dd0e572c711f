package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
)

// dead is the condition of the index grants_dead, word for word.
const dead = `state = 'usable' AND health = 'needs_reauth' AND erase_at IS NOT NULL`

// DeadGrants reads the head of a queue that holds dead grants alone: those that work cost
// it nothing, however many they are.
func (t *tx) DeadGrants(ctx context.Context, now time.Time, limit int) ([]connect.Grant, error) {
	grants, err := many(ctx, t.run, scanGrant, `
		SELECT `+grantColumns(t.dialect)+` FROM grants
		WHERE `+dead+` AND erase_at <= $1 AND (lease_until IS NULL OR lease_until <= `+t.dialect.now+`)
		ORDER BY erase_at LIMIT `+fmt.Sprintf(limitParam, 2)+t.dialect.skipLocked, millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("dead grants: %w", err)
	}
	return grants, nil
}

func (t *tx) PlanErasure(ctx context.Context, workspaceID, id int64, at time.Time) error {
	return change(ctx, t.run, "grant", `
		UPDATE grants SET erase_at = $3 WHERE workspace_id = $1 AND id = $2 AND erase_at IS NOT NULL`, workspaceID, id, millis(at))
}

// EmptyGrant leaves expires_at: it is a fact that is told, and no credential.
func (t *tx) EmptyGrant(ctx context.Context, workspaceID, id int64) error {
	err := change(ctx, t.run, "grant", `
		UPDATE grants
		SET sealed = NULL, brought_access = NULL, brought_refresh = NULL, erase_at = NULL,
			phase = '', refresh_at = NULL, probe_at = NULL, tell_at = NULL, next_at = NULL, fence = fence + 1
		WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
	if err != nil {
		return err
	}
	_, err = t.run.exec(ctx, `
		UPDATE targets SET sealed = NULL WHERE workspace_id = $1 AND grant_id = $2 AND sealed IS NOT NULL`, workspaceID, id)
	if err != nil {
		return fmt.Errorf("targets of grant %d: %w", id, err)
	}
	return nil
}
