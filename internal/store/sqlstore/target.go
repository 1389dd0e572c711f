package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

const targetColumns = `id, workspace_id, grant_id, kind, role, external_id, facts, blocked, sealed, token_version`

func scanTarget(r row) (t connect.Target, err error) {
	err = r.Scan(&t.ID, &t.WorkspaceID, &t.GrantID, &t.Kind, &t.Role, &t.ExternalID, factsColumn{&t.Facts}, &t.Blocked,
		&t.Sealed, &t.TokenVersion)
	return t, err
}

// Targets sorts by +id and not by id, so that the few of the grant are found and sorted:
// for the order of an index SQLite would walk through all targets of the workspace.
func (s reader) Targets(ctx context.Context, workspaceID, grantID int64) ([]connect.Target, error) {
	targets, err := many(ctx, s.run, scanTarget, `
		SELECT `+targetColumns+` FROM targets WHERE workspace_id = $1 AND grant_id = $2 ORDER BY +id`, workspaceID, grantID)
	if err != nil {
		return nil, fmt.Errorf("targets of grant %d: %w", grantID, err)
	}
	return targets, nil
}

// SaveTarget writes Sealed and TokenVersion too, also where it updates.
func (t *tx) SaveTarget(ctx context.Context, v connect.Target) (connect.Target, error) {
	return one(ctx, t.run, "target", scanTarget, `
		INSERT INTO targets (workspace_id, grant_id, kind, role, external_id, facts, blocked, sealed, token_version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (workspace_id, grant_id, kind, external_id) DO UPDATE
		SET role = excluded.role, facts = excluded.facts, blocked = excluded.blocked,
			sealed = excluded.sealed, token_version = excluded.token_version
		RETURNING `+targetColumns,
		v.WorkspaceID, v.GrantID, v.Kind, v.Role, v.ExternalID, factsText(v.Facts), v.Blocked, v.Sealed, v.TokenVersion)
}

func (t *tx) SealTarget(ctx context.Context, workspaceID, id int64, sealed []byte, version int64) error {
	return change(ctx, t.run, "target", `
		UPDATE targets SET sealed = $3, token_version = $4 WHERE workspace_id = $1 AND id = $2`,
		workspaceID, id, sealed, version)
}

func (t *tx) DropTargets(ctx context.Context, workspaceID, grantID int64, keep []int64) error {
	query := `
		DELETE FROM targets WHERE workspace_id = $1 AND grant_id = $2
		AND NOT EXISTS (SELECT 1 FROM channels c WHERE c.workspace_id = targets.workspace_id AND c.target_id = targets.id)`
	args := []any{workspaceID, grantID}
	if len(keep) > 0 {
		query += ` AND id NOT IN (` + placeholders(3, len(keep)) + `)`
	}
	for _, id := range keep {
		args = append(args, id)
	}
	if _, err := t.run.exec(ctx, query, args...); err != nil {
		return fmt.Errorf("targets of grant %d: %w", grantID, err)
	}
	return nil
}
