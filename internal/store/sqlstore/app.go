package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

const appColumns = `id, workspace_id, platform, server, name, client_id, sealed, scopes, created_at, updated_at, retired_at,
	trouble, trouble_at, failing, holds, hold_until, pace_at, share, slowed_at`

func scanApp(r row) (a connect.App, err error) {
	err = r.Scan(&a.ID, refColumn{&a.WorkspaceID}, &a.Platform, &a.Server, &a.Name, &a.ClientID, &a.Sealed, &a.Scopes,
		timeColumn{&a.CreatedAt}, timeColumn{&a.UpdatedAt}, timeColumn{&a.RetiredAt},
		&a.Trouble, timeColumn{&a.TroubleAt}, &a.Failing, &a.Holds, timeColumn{&a.HoldUntil}, timeColumn{&a.PaceAt},
		&a.Share, timeColumn{&a.SlowedAt})
	return a, err
}

func (s reader) App(ctx context.Context, workspaceID, id int64) (connect.App, error) {
	return one(ctx, s.run, "app", scanApp, `
		SELECT `+appColumns+` FROM apps WHERE (workspace_id = $1 OR workspace_id IS NULL) AND id = $2`, workspaceID, id)
}

func (s reader) LiveApp(ctx context.Context, workspaceID int64, platform, server string) (connect.App, error) {
	if workspaceID == 0 { // two statements: neither engine has an index for IS NOT DISTINCT FROM
		return one(ctx, s.run, "app", scanApp, `
			SELECT `+appColumns+` FROM apps
			WHERE workspace_id IS NULL AND platform = $1 AND server = $2 AND retired_at IS NULL
			ORDER BY id DESC LIMIT 1`, platform, server)
	}
	return one(ctx, s.run, "app", scanApp, `
		SELECT `+appColumns+` FROM apps
		WHERE workspace_id = $1 AND platform = $2 AND server = $3 AND retired_at IS NULL
		ORDER BY id DESC LIMIT 1`, workspaceID, platform, server)
}

func (s reader) Apps(ctx context.Context, workspaceID, after int64, limit int) ([]connect.App, error) {
	apps, err := many(ctx, s.run, scanApp, `
		SELECT `+appColumns+` FROM apps WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3`, workspaceID, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("apps: %w", err)
	}
	return apps, nil
}

// EnsureApp leaves an app that it finds as it is. ON CONFLICT names no key, because
// the instance's apps and the workspaces' are unique by two of them.
func (t *tx) EnsureApp(ctx context.Context, a connect.App) (connect.App, error) {
	app, made, err := maybe(ctx, t.run, scanApp, insertApp+` ON CONFLICT DO NOTHING RETURNING `+appColumns, appValues(a)...)
	if err != nil {
		return connect.App{}, fmt.Errorf("app: %w", err)
	}
	if made {
		return app, nil
	}
	return one(ctx, t.run, "app", scanApp, `
		SELECT `+appColumns+` FROM apps
		WHERE workspace_id IS NOT DISTINCT FROM $1 AND platform = $2 AND server = $3 AND client_id = $4`,
		ref(a.WorkspaceID), a.Platform, a.Server, a.ClientID)
}

const insertApp = `
	INSERT INTO apps (workspace_id, platform, server, name, client_id, sealed, scopes, created_at, updated_at, retired_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

func appValues(a connect.App) []any {
	return []any{
		ref(a.WorkspaceID), a.Platform, a.Server, a.Name, a.ClientID, a.Sealed, a.Scopes,
		millis(a.CreatedAt), millis(a.UpdatedAt), millis(a.RetiredAt),
	}
}

func (t *tx) InsertApp(ctx context.Context, a connect.App) (connect.App, error) {
	return one(ctx, t.run, "app", scanApp, insertApp+` RETURNING `+appColumns, appValues(a)...)
}

func (t *tx) LockApp(ctx context.Context, workspaceID, id int64) (connect.App, error) {
	return one(ctx, t.run, "app", scanApp, `
		SELECT `+appColumns+` FROM apps WHERE (workspace_id = $1 OR workspace_id IS NULL) AND id = $2`+t.dialect.lockRow, workspaceID, id)
}

// LockAppByID lets others go on making attempts and grants with the app.
func (t *tx) LockAppByID(ctx context.Context, id int64) (connect.App, error) {
	return one(ctx, t.run, "app", scanApp, `
		SELECT `+appColumns+` FROM apps WHERE id = $1`+t.dialect.lockFields, id)
}

func (t *tx) UpdateApp(ctx context.Context, a connect.App) error {
	return change(ctx, t.run, "app", `
		UPDATE apps SET name = $3, client_id = $4, sealed = COALESCE($5, sealed), updated_at = $6
		WHERE workspace_id IS NOT DISTINCT FROM $1 AND id = $2 AND retired_at IS NULL`,
		ref(a.WorkspaceID), a.ID, a.Name, a.ClientID, a.Sealed, millis(a.UpdatedAt))
}

func (t *tx) FillApp(ctx context.Context, a connect.App) error {
	affected, err := t.run.exec(ctx, `
		UPDATE apps SET client_id = $3, sealed = $4, scopes = $5, updated_at = $6
		WHERE workspace_id IS NOT DISTINCT FROM $1 AND id = $2 AND client_id = ''`,
		ref(a.WorkspaceID), a.ID, a.ClientID, a.Sealed, a.Scopes, millis(a.UpdatedAt))
	if err == nil && affected == 0 {
		return fault.New(fault.Conflict, "app_filled", "This app is registered already.")
	}
	return err
}

func (t *tx) SealApp(ctx context.Context, id int64, sealed []byte) error {
	affected, err := t.run.exec(ctx, `
		UPDATE apps SET sealed = $2 WHERE workspace_id IS NULL AND id = $1 AND sealed IS NULL`, id, sealed)
	if err == nil && affected == 0 {
		return fault.New(fault.Conflict, "app_sealed", "This app has a secret already.")
	}
	return err
}

func (t *tx) PaceApp(ctx context.Context, a connect.App) error {
	return change(ctx, t.run, "app", `
		UPDATE apps SET trouble = $3, trouble_at = $4, failing = $5, holds = $6, hold_until = $7, pace_at = $8,
			share = $9, slowed_at = $10
		WHERE workspace_id IS NOT DISTINCT FROM $1 AND id = $2`,
		ref(a.WorkspaceID), a.ID, a.Trouble, millis(a.TroubleAt), a.Failing, a.Holds, millis(a.HoldUntil), millis(a.PaceAt),
		a.Share, millis(a.SlowedAt))
}

func (t *tx) RetireApp(ctx context.Context, workspaceID, id int64, at time.Time) error {
	return change(ctx, t.run, "app", `
		UPDATE apps SET retired_at = $3, updated_at = $3
		WHERE workspace_id IS NOT DISTINCT FROM $1 AND id = $2 AND retired_at IS NULL`, ref(workspaceID), id, millis(at))
}
