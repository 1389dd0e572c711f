package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

const attemptColumns = `id, workspace_id, session_id, platform, app_id, state, state_hash, browser_hash, redirect_uri, issuer,
	sealed, grant_id, chosen_ids, reason, message, created_at, updated_at, expires_at, lease_until`

func scanAttempt(r row) (a connect.Attempt, err error) {
	err = r.Scan(&a.ID, &a.WorkspaceID, &a.SessionID, &a.Platform, &a.AppID, &a.State, &a.StateHash, &a.BrowserHash,
		&a.RedirectURI, &a.Issuer, &a.Sealed, refColumn{&a.GrantID}, listColumn[int64]{&a.ChosenIDs}, &a.Reason, &a.Message,
		timeColumn{&a.CreatedAt}, timeColumn{&a.UpdatedAt}, timeColumn{&a.ExpiresAt}, timeColumn{&a.LeaseUntil})
	return a, err
}

func (s reader) Attempt(ctx context.Context, workspaceID, id int64) (connect.Attempt, error) {
	return one(ctx, s.run, "attempt", scanAttempt, `
		SELECT `+attemptColumns+` FROM attempts WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (s reader) AttemptByStateHash(ctx context.Context, hash []byte) (connect.Attempt, error) {
	return one(ctx, s.run, "attempt", scanAttempt, `
		SELECT `+attemptColumns+` FROM attempts WHERE state_hash = $1`, hash)
}

func (s reader) Attempts(ctx context.Context, workspaceID, sessionID int64) ([]connect.Attempt, error) {
	attempts, err := many(ctx, s.run, scanAttempt, `
		SELECT `+attemptColumns+` FROM attempts WHERE workspace_id = $1 AND session_id = $2 ORDER BY id`, workspaceID, sessionID)
	if err != nil {
		return nil, fmt.Errorf("attempts of session %d: %w", sessionID, err)
	}
	return attempts, nil
}

// StaleAttempts counts an attempt that is exchanging or verifying without a lease as
// stale: nobody is at it. The first condition is attempts_open's, word for word.
func (s reader) StaleAttempts(ctx context.Context, realNow, now time.Time, limit int) ([]connect.Attempt, error) {
	stale, err := many(ctx, s.run, scanAttempt, `
		SELECT `+attemptColumns+` FROM attempts
		WHERE state IN ('away', 'exchanging', 'verifying', 'choosing', 'warned', 'confirming')
		AND (state IN ('exchanging', 'verifying') AND (lease_until IS NULL OR lease_until <= $1)
			OR state IN ('away', 'choosing', 'warned', 'confirming') AND expires_at <= $2)
		ORDER BY id LIMIT $3`, millis(realNow), millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("stale attempts: %w", err)
	}
	return stale, nil
}

func (t *tx) InsertAttempt(ctx context.Context, a connect.Attempt) (connect.Attempt, error) {
	return one(ctx, t.run, "attempt", scanAttempt, `
		INSERT INTO attempts (workspace_id, session_id, platform, app_id, state, state_hash, browser_hash, redirect_uri, issuer,
			sealed, grant_id, chosen_ids, reason, message, created_at, updated_at, expires_at, lease_until)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		RETURNING `+attemptColumns,
		a.WorkspaceID, a.SessionID, a.Platform, a.AppID, a.State, a.StateHash, a.BrowserHash, a.RedirectURI, a.Issuer,
		a.Sealed, ref(a.GrantID), jsonText(a.ChosenIDs), a.Reason, a.Message,
		millis(a.CreatedAt), millis(a.UpdatedAt), millis(a.ExpiresAt), millis(a.LeaseUntil))
}

func (t *tx) UpdateAttempt(ctx context.Context, a connect.Attempt, from connect.AttemptState) error {
	affected, err := t.run.exec(ctx, `
		UPDATE attempts
		SET state = $4, sealed = CASE WHEN $14 THEN $5 ELSE sealed END, grant_id = $6, reason = $7, message = $8, updated_at = $9, expires_at = $10, lease_until = $11,
			browser_hash = $12, chosen_ids = $13
		WHERE workspace_id = $1 AND id = $2 AND state = $3`,
		a.WorkspaceID, a.ID, from, a.State, a.Sealed, ref(a.GrantID), a.Reason, a.Message,
		millis(a.UpdatedAt), millis(a.ExpiresAt), millis(a.LeaseUntil), a.BrowserHash, jsonText(a.ChosenIDs), a.State.SealsAnew())
	if err != nil {
		return fmt.Errorf("attempt %d: %w", a.ID, err)
	}
	if affected == 1 {
		return nil
	}
	if _, err := t.Attempt(ctx, a.WorkspaceID, a.ID); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "attempt_moved", "The attempt has moved on.")
}

func (t *tx) SealAttempt(ctx context.Context, workspaceID, id int64, sealed []byte) error {
	return change(ctx, t.run, "attempt", `
		UPDATE attempts SET sealed = $3 WHERE workspace_id = $1 AND id = $2`, workspaceID, id, sealed)
}
