package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
)

// The grants' rows are the queue of what keeps them alive. due, told and stale are the
// conditions of the indexes grants_due, grants_tell and grants_stale, word for word.
const (
	due   = `state = 'usable' AND next_at IS NOT NULL`
	told  = `state = 'usable' AND tell_at IS NOT NULL`
	stale = `state = 'usable' AND expires_at IS NOT NULL AND health IN ('', 'healthy', 'expiring')`
)

// DueApps looks at the head of each app's queue, which costs the same whatever stands
// behind it. It asks for a value and not whether one EXISTS: that PostgreSQL may answer
// by reading the whole queue once.
func (s reader) DueApps(ctx context.Context, now time.Time, limit int) ([]connect.App, error) {
	apps, err := many(ctx, s.run, scanApp, `
		SELECT `+appColumns+` FROM apps
		WHERE (SELECT next_at FROM grants WHERE app_id = apps.id AND `+due+` ORDER BY next_at LIMIT 1) <= $1
		OR (SELECT expires_at FROM grants WHERE app_id = apps.id AND `+stale+` ORDER BY expires_at LIMIT 1) <= $1
		ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 2), millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("due apps: %w", err)
	}
	return apps, nil
}

func (s reader) Now(ctx context.Context) (now time.Time, err error) {
	return one(ctx, s.run, "clock", func(r row) (now time.Time, err error) {
		err = r.Scan(timeColumn{&now})
		return now, err
	}, `SELECT `+s.dialect.now)
}

// LockGrant lets others go on saving the grant's targets and channels: they wait for
// no refresh, and a refresh that writes its channels' health waits for none of them.
func (t *tx) LockGrant(ctx context.Context, workspaceID, id int64) (connect.Grant, error) {
	return one(ctx, t.run, "grant", scanGrant, `
		SELECT `+grantColumns(t.dialect)+` FROM grants WHERE workspace_id = $1 AND id = $2`+t.dialect.lockFields, workspaceID, id)
}

func (t *tx) DueGrants(ctx context.Context, appID int64, now time.Time, limit int) ([]connect.Grant, error) {
	return t.queued(ctx, due, "next_at", appID, now, limit)
}

func (t *tx) TellGrants(ctx context.Context, appID int64, now time.Time, limit int) ([]connect.Grant, error) {
	return t.queued(ctx, told, "tell_at", appID, now, limit)
}

func (t *tx) StaleGrants(ctx context.Context, appID int64, now time.Time, limit int) ([]connect.Grant, error) {
	return t.queued(ctx, stale, "expires_at", appID, now, limit)
}

// queued reads the head of one app's queue, in the order of its index.
func (t *tx) queued(ctx context.Context, condition, column string, appID int64, now time.Time, limit int) ([]connect.Grant, error) {
	grants, err := many(ctx, t.run, scanGrant, `
		SELECT `+grantColumns(t.dialect)+` FROM grants
		WHERE app_id = $1 AND `+condition+` AND `+column+` <= $2 AND (lease_until IS NULL OR lease_until <= `+t.dialect.now+`)
		ORDER BY `+column+` LIMIT `+fmt.Sprintf(limitParam, 3)+t.dialect.skipLocked, appID, millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("grants of app %d: %w", appID, err)
	}
	return grants, nil
}

// ClaimGrant writes what keeps the grant alive along with the claim: it may have been
// planned, or told about, in the same transaction. Its credentials stay as they are.
func (t *tx) ClaimGrant(ctx context.Context, g connect.Grant, fence int64, lease time.Duration) error {
	values := []any{g.WorkspaceID, g.ID, fence, g.Fence, millis(g.UpdatedAt), lease.Milliseconds()}
	affected, err := t.run.exec(ctx, `
		UPDATE grants
		SET fence = $4, updated_at = $5, lease_until = `+t.dialect.now+` + $6,
			health = $7, health_reason = $8, proven_at = $9, ends_at = $10, issued_at = $11, phase = $12, failures = $13,
			told = $14, refresh_at = $15, probe_at = $16, tell_at = $17, next_at = $18
		WHERE workspace_id = $1 AND id = $2 AND fence = $3`, append(values, aliveValues(g)...)...)
	return t.swapped(ctx, g, affected, err)
}

// releaseGrants is a statement of its own because a restore runs it too.
const releaseGrants = `UPDATE grants SET lease_until = NULL WHERE lease_until IS NOT NULL`

// ReleaseGrants gives back the leases on revocations with those on grants.
func (t *tx) ReleaseGrants(ctx context.Context) error {
	for _, query := range []string{releaseGrants, `UPDATE revocations SET lease_until = NULL WHERE lease_until IS NOT NULL`} {
		if _, err := t.run.exec(ctx, query); err != nil {
			return fmt.Errorf("release grants: %w", err)
		}
	}
	return nil
}

// holdGrants is a statement of its own because a restore runs it too.
const holdGrants = `UPDATE grants SET phase = 'held' WHERE state = 'usable' AND phase <> 'held'`

func (t *tx) HoldGrants(ctx context.Context) error {
	if _, err := t.run.exec(ctx, holdGrants); err != nil {
		return fmt.Errorf("hold grants: %w", err)
	}
	return nil
}

func (t *tx) ResumeGrants(ctx context.Context) error {
	_, err := t.run.exec(ctx, `
		UPDATE grants
		SET phase = CASE WHEN refresh_at IS NULL THEN '' ELSE 'awaiting' END,
			refresh_at = CASE WHEN refresh_at IS NULL THEN NULL ELSE 0 END,
			next_at = CASE WHEN refresh_at IS NULL THEN next_at ELSE 0 END
		WHERE phase = 'held'`)
	if err != nil {
		return fmt.Errorf("resume grants: %w", err)
	}
	return nil
}

func (s reader) HeldGrants(ctx context.Context) (map[string]int64, error) {
	held := map[string]int64{}
	err := s.run.query(ctx, func(r row) error {
		var platform string
		var n int64
		err := r.Scan(&platform, &n)
		held[platform] = n
		return err
	}, `SELECT platform, count(*) FROM grants WHERE phase = 'held' AND refresh_at IS NOT NULL GROUP BY platform`)
	if err != nil {
		return nil, fmt.Errorf("held grants: %w", err)
	}
	return held, nil
}
