package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

// grantColumns ends with how long the grant is held still, by the database's clock.
func grantColumns(d *dialect) string {
	return `id, workspace_id, owner_id, app_id, platform, state, subject, facts, scopes, scopes_told,
	sealed, expires_at, fence, token_version, created_at, updated_at, brought_access, brought_refresh,
	health, health_reason, proven_at, ends_at, issued_at, phase, failures, told, refresh_at, probe_at, tell_at,
	lease_until - ` + d.now
}

func scanGrant(r row) (g connect.Grant, err error) {
	err = r.Scan(&g.ID, &g.WorkspaceID, &g.OwnerID, &g.AppID, &g.Platform, &g.State, &g.Subject, factsColumn{&g.Facts},
		listColumn[string]{&g.Scopes}, &g.ScopesTold, &g.Sealed, timeColumn{&g.ExpiresAt}, &g.Fence, &g.TokenVersion,
		timeColumn{&g.CreatedAt}, timeColumn{&g.UpdatedAt}, &g.Brought.Access, &g.Brought.Refresh,
		&g.Health, &g.HealthReason, timeColumn{&g.ProvenAt}, timeColumn{&g.EndsAt}, timeColumn{&g.IssuedAt}, &g.Phase,
		&g.Failures, &g.Told, timeColumn{&g.RefreshAt}, timeColumn{&g.ProbeAt}, timeColumn{&g.TellAt}, spanColumn{&g.LeaseLeft})
	return g, err
}

// aliveValues are the last columns, from health on, and next_at.
func aliveValues(g connect.Grant) []any {
	return []any{
		g.Health, g.HealthReason, millis(g.ProvenAt), millis(g.EndsAt), millis(g.IssuedAt), g.Phase,
		g.Failures, g.Told, millis(g.RefreshAt), millis(g.ProbeAt), millis(g.TellAt), millis(g.NextAt()),
	}
}

func (s reader) Grant(ctx context.Context, workspaceID, id int64) (connect.Grant, error) {
	return one(ctx, s.run, "grant", scanGrant, `
		SELECT `+grantColumns(s.dialect)+` FROM grants WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (s reader) GrantBySubject(ctx context.Context, workspaceID, appID int64, subject string, ownerID int64) (connect.Grant, error) {
	return one(ctx, s.run, "grant", scanGrant, `
		SELECT `+grantColumns(s.dialect)+` FROM grants
		WHERE workspace_id = $1 AND app_id = $2 AND subject = $3 AND owner_id = $4 AND state = 'usable'`,
		workspaceID, appID, subject, ownerID)
}

func (s reader) GrantByBrought(ctx context.Context, workspaceID, appID, ownerID int64, access []byte) (connect.Grant, error) {
	return one(ctx, s.run, "grant", scanGrant, `
		SELECT `+grantColumns(s.dialect)+` FROM grants
		WHERE workspace_id = $1 AND app_id = $2 AND owner_id = $3 AND brought_access = $4 AND state = 'usable'
		ORDER BY updated_at DESC LIMIT 1`, workspaceID, appID, ownerID, access)
}

func (t *tx) InsertGrant(ctx context.Context, g connect.Grant) (connect.Grant, error) {
	values := []any{
		g.WorkspaceID, g.OwnerID, g.AppID, g.Platform, g.State, g.Subject, factsText(g.Facts), jsonText(g.Scopes), g.ScopesTold,
		g.Sealed, millis(g.ExpiresAt), g.Fence, g.TokenVersion, millis(g.CreatedAt), millis(g.UpdatedAt), g.Brought.Access, g.Brought.Refresh,
	}
	return one(ctx, t.run, "grant", scanGrant, `
		INSERT INTO grants (workspace_id, owner_id, app_id, platform, state, subject, facts, scopes, scopes_told,
			sealed, expires_at, fence, token_version, created_at, updated_at, brought_access, brought_refresh,
			health, health_reason, proven_at, ends_at, issued_at, phase, failures, told, refresh_at, probe_at, tell_at, next_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
			$18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
		RETURNING `+grantColumns(t.dialect), append(values, aliveValues(g)...)...)
}

func (t *tx) UpdateGrant(ctx context.Context, g connect.Grant, fence int64) error {
	values := []any{
		g.WorkspaceID, g.ID, fence, g.State, g.Subject, factsText(g.Facts), jsonText(g.Scopes), g.ScopesTold,
		g.Sealed, millis(g.ExpiresAt), g.Fence, g.TokenVersion, millis(g.UpdatedAt), g.Brought.Access, g.Brought.Refresh,
	}
	affected, err := t.run.exec(ctx, `
		UPDATE grants
		SET state = $4, subject = $5, facts = $6, scopes = $7, scopes_told = $8, sealed = $9, expires_at = $10,
			fence = $11, token_version = $12, updated_at = $13, brought_access = $14, brought_refresh = $15,
			health = $16, health_reason = $17, proven_at = $18, ends_at = $19, issued_at = $20, phase = $21, failures = $22,
			told = $23, refresh_at = $24, probe_at = $25, tell_at = $26, next_at = $27, lease_until = NULL,
			erase_at = COALESCE(erase_at, 0)
		WHERE workspace_id = $1 AND id = $2 AND fence = $3`, append(values, aliveValues(g)...)...)
	return t.swapped(ctx, g, affected, err)
}

// swapped is the outcome of a compare-and-swap on a grant's fence.
func (t *tx) swapped(ctx context.Context, g connect.Grant, affected int64, err error) error {
	if err != nil {
		return fmt.Errorf("grant %d: %w", g.ID, err)
	}
	if affected == 1 {
		return nil
	}
	if _, err := t.Grant(ctx, g.WorkspaceID, g.ID); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "grant_changed", "The grant was changed by somebody else.")
}

// DeleteGrant answers fault.Conflict while a channel has the grant or an open attempt
// goes on with it. Attempts that have ended stay and point at nothing.
func (t *tx) DeleteGrant(ctx context.Context, workspaceID, id int64) error {
	users, err := many(ctx, t.run, scanID, `
		SELECT id FROM channels WHERE workspace_id = $1 AND grant_id = $2
		UNION ALL
		SELECT id FROM attempts WHERE workspace_id = $1 AND grant_id = $2 AND state IN ('verifying', 'choosing', 'warned', 'confirming')
		LIMIT 1`, workspaceID, id)
	if err != nil {
		return fmt.Errorf("grant %d: %w", id, err)
	}
	if len(users) > 0 {
		return errGrantInUse()
	}
	for _, query := range []string{
		`UPDATE attempts SET grant_id = NULL WHERE workspace_id = $1 AND grant_id = $2`,
		`DELETE FROM targets WHERE workspace_id = $1 AND grant_id = $2`,
	} {
		if _, err := t.run.exec(ctx, query, workspaceID, id); err != nil {
			return fmt.Errorf("grant %d: %w", id, err)
		}
	}
	err = change(ctx, t.run, "grant", `DELETE FROM grants WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
	var f *fault.Error
	if errors.As(err, &f) && f.Unwrap() != nil { // a foreign key: a channel came in between
		return errGrantInUse().Because(f.Unwrap())
	}
	return err
}

func errGrantInUse() *fault.Error {
	return fault.New(fault.Conflict, "grant_in_use", "This grant is still in use.")
}
