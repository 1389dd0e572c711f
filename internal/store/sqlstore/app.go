package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

const appColumns = `id, workspace_id, platform, server, client_id, created_at`

func scanApp(r row) (a connect.App, err error) {
	err = r.Scan(&a.ID, refColumn{&a.WorkspaceID}, &a.Platform, &a.Server, &a.ClientID, timeColumn{&a.CreatedAt})
	return a, err
}

func (s reader) App(ctx context.Context, id int64) (connect.App, error) {
	return one(ctx, s.run, "app", scanApp, `
		SELECT `+appColumns+` FROM apps WHERE id = $1`, id)
}

// EnsureApp leaves an app that it finds as it is. ON CONFLICT names no key, because
// the instance's apps and the workspaces' are unique by two of them.
func (t *tx) EnsureApp(ctx context.Context, a connect.App) (connect.App, error) {
	app, made, err := maybe(ctx, t.run, scanApp, `
		INSERT INTO apps (workspace_id, platform, server, client_id, created_at)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING
		RETURNING `+appColumns,
		ref(a.WorkspaceID), a.Platform, a.Server, a.ClientID, millis(a.CreatedAt))
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
