package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

const revocationColumns = `id, workspace_id, owner_id, app_id, platform, subject, sealed, tries, next_at, fence, created_at`

func scanRevocation(r row) (v connect.Revocation, err error) {
	err = r.Scan(&v.ID, &v.WorkspaceID, &v.OwnerID, &v.AppID, &v.Platform, &v.Subject, &v.Sealed, &v.Tries,
		timeColumn{&v.NextAt}, &v.Fence, timeColumn{&v.CreatedAt})
	return v, err
}

// unclaimed is the condition of a revocation that nobody holds.
func unclaimed(d *dialect) string { return `(lease_until IS NULL OR lease_until <= ` + d.now + `)` }

// ofClient is the condition of rows that rest on the OAuth client $1 at the server $2,
// whatever apps of whatever workspaces and platforms name it.
const ofClient = `app_id IN (SELECT id FROM apps WHERE client_id = $1 AND server = $2)`

// DueRevocationApps goes from one app that has revocations to the next, and looks at the
// head of its queue: apps without any, which are most, cost nothing.
func (s reader) DueRevocationApps(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	apps, err := many(ctx, s.run, scanID, `
		WITH RECURSIVE queues (app_id) AS (
			SELECT (SELECT app_id FROM revocations ORDER BY app_id LIMIT 1)
			UNION ALL
			SELECT (SELECT app_id FROM revocations WHERE app_id > queues.app_id ORDER BY app_id LIMIT 1) FROM queues WHERE app_id IS NOT NULL)
		SELECT app_id FROM queues
		WHERE app_id IS NOT NULL AND (
			SELECT next_at FROM revocations WHERE app_id = queues.app_id AND `+unclaimed(s.dialect)+` ORDER BY next_at LIMIT 1) <= $1
		ORDER BY app_id LIMIT `+fmt.Sprintf(limitParam, 2), millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("apps with due revocations: %w", err)
	}
	return apps, nil
}

// DueRevocations crosses workspaces: it is for the process that revokes.
func (s reader) DueRevocations(ctx context.Context, appID int64, now time.Time, limit int) ([]connect.Revocation, error) {
	due, err := many(ctx, s.run, scanRevocation, `
		SELECT `+revocationColumns+` FROM revocations WHERE app_id = $1 AND next_at <= $2 AND `+unclaimed(s.dialect)+`
		ORDER BY next_at, id LIMIT `+fmt.Sprintf(limitParam, 3), appID, millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("due revocations of app %d: %w", appID, err)
	}
	return due, nil
}

// LiveConsents crosses workspaces: a platform knows the client and the person alone.
func (s reader) LiveConsents(ctx context.Context, clientID, server, subject string) (live, unknown int, err error) {
	err = s.run.query(ctx, func(r row) error { return r.Scan(&live, &unknown) }, `
		SELECT
			(SELECT count(*) FROM grants WHERE `+ofClient+` AND subject = $3 AND state IN ('usable', 'held')
				AND (erase_at IS NOT NULL OR health <> 'needs_reauth')),
			(SELECT count(*) FROM grants WHERE `+ofClient+` AND subject = '' AND state = 'unverified')`,
		clientID, server, subject)
	if err != nil {
		return 0, 0, fmt.Errorf("live consents: %w", err)
	}
	return live, unknown, nil
}

func (s reader) ConsentsOf(ctx context.Context, clientID, server, subject string, limit int) ([]connect.Grant, error) {
	grants, err := many(ctx, s.run, scanGrant, `
		SELECT `+grantColumns(s.dialect)+` FROM grants WHERE `+ofClient+` AND subject = $3 AND state = 'usable'
		ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 4), clientID, server, subject, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("consents of a person: %w", err)
	}
	return grants, nil
}

func (t *tx) InsertRevocation(ctx context.Context, v connect.Revocation) (connect.Revocation, error) {
	return one(ctx, t.run, "revocation", scanRevocation, `
		INSERT INTO revocations (workspace_id, owner_id, app_id, platform, subject, sealed, tries, next_at, fence, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		RETURNING `+revocationColumns,
		v.WorkspaceID, v.OwnerID, v.AppID, v.Platform, v.Subject, v.Sealed, v.Tries, millis(v.NextAt), v.Fence, millis(v.CreatedAt))
}

func (t *tx) SealRevocation(ctx context.Context, workspaceID, id int64, sealed []byte) error {
	return change(ctx, t.run, "revocation", `
		UPDATE revocations SET sealed = $3 WHERE workspace_id = $1 AND id = $2`, workspaceID, id, sealed)
}

func (t *tx) ClaimRevocation(ctx context.Context, v connect.Revocation, lease time.Duration) (connect.Revocation, error) {
	claimed, found, err := maybe(ctx, t.run, scanRevocation, `
		UPDATE revocations SET fence = fence + 1, lease_until = `+t.dialect.now+` + $4
		WHERE workspace_id = $1 AND id = $2 AND fence = $3 AND `+unclaimed(t.dialect)+`
		RETURNING `+revocationColumns, v.WorkspaceID, v.ID, v.Fence, lease.Milliseconds())
	return claimed, revocationMoved(v, found, err)
}

func (t *tx) PostponeRevocation(ctx context.Context, v connect.Revocation) error {
	affected, err := t.run.exec(ctx, `
		UPDATE revocations SET tries = $4, next_at = $5, lease_until = NULL
		WHERE workspace_id = $1 AND id = $2 AND fence = $3`, v.WorkspaceID, v.ID, v.Fence, v.Tries, millis(v.NextAt))
	return revocationMoved(v, affected == 1, err)
}

func (t *tx) DropRevocation(ctx context.Context, v connect.Revocation) error {
	affected, err := t.run.exec(ctx, `
		DELETE FROM revocations WHERE workspace_id = $1 AND id = $2 AND fence = $3`, v.WorkspaceID, v.ID, v.Fence)
	return revocationMoved(v, affected == 1, err)
}

// revocationMoved is the outcome of a compare-and-swap on a revocation's fence. One that
// is gone was called off: that is no other news to who had it than that it was claimed.
func revocationMoved(v connect.Revocation, done bool, err error) error {
	if err != nil {
		return fmt.Errorf("revocation %d: %w", v.ID, err)
	}
	if !done {
		return fault.New(fault.Conflict, "revocation_moved", "This revocation is somebody else's by now, or was called off.")
	}
	return nil
}

// CallOffRevocations waits for a claim that is being made at this moment, and then finds
// it held.
func (t *tx) CallOffRevocations(ctx context.Context, clientID, server, subject string) (int, error) {
	const theirs = ofClient + ` AND subject = $3`
	_, err := t.run.exec(ctx, `DELETE FROM revocations WHERE `+theirs+` AND `+unclaimed(t.dialect), clientID, server, subject)
	if err != nil {
		return 0, fmt.Errorf("call off revocations: %w", err)
	}
	left, err := one(ctx, t.run, "revocations", scanID, `SELECT count(*) FROM revocations WHERE `+theirs, clientID, server, subject)
	return int(left), err
}

// forgetRevocations is a statement of its own because a restore runs it too.
const forgetRevocations = `DELETE FROM revocations`

func (t *tx) ForgetRevocations(ctx context.Context) error {
	if _, err := t.run.exec(ctx, forgetRevocations); err != nil {
		return fmt.Errorf("forget revocations: %w", err)
	}
	return nil
}
