package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

func scanStep(r row) (s connect.Step, err error) {
	err = r.Scan(&s.AttemptID, &s.Number, &s.Name, &s.Detail, timeColumn{&s.At})
	return s, err
}

func (s reader) Steps(ctx context.Context, workspaceID, sessionID int64) ([]connect.Step, error) {
	steps, err := many(ctx, s.run, scanStep, `
		SELECT s.attempt_id, s.number, s.name, s.detail, s.at
		FROM attempt_steps s JOIN attempts a ON a.workspace_id = s.workspace_id AND a.id = s.attempt_id
		WHERE a.workspace_id = $1 AND a.session_id = $2
		ORDER BY s.attempt_id, s.number`, workspaceID, sessionID)
	if err != nil {
		return nil, fmt.Errorf("steps of session %d: %w", sessionID, err)
	}
	return steps, nil
}

func (t *tx) AppendStep(ctx context.Context, workspaceID int64, s connect.Step) error {
	number, err := one(ctx, t.run, "attempt", scanID, `
		UPDATE attempts SET steps = steps + 1 WHERE workspace_id = $1 AND id = $2 RETURNING steps`, workspaceID, s.AttemptID)
	if err != nil {
		return err
	}
	_, err = t.run.exec(ctx, `
		INSERT INTO attempt_steps (workspace_id, attempt_id, number, name, detail, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		workspaceID, s.AttemptID, number, s.Name, s.Detail, millis(s.At))
	if err != nil {
		return fmt.Errorf("step %d of attempt %d: %w", number, s.AttemptID, err)
	}
	return nil
}
