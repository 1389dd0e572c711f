package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

const workspaceColumns = `id, name, require_redirect_url, allowed_redirects, no_headless, bounce_page, created_at`

func scanWorkspace(r row) (w connect.Workspace, err error) {
	err = r.Scan(&w.ID, &w.Name, &w.RequireRedirectURL, listColumn[string]{&w.AllowedRedirects},
		&w.NoHeadless, &w.BouncePage, timeColumn{&w.CreatedAt})
	return w, err
}

func (s reader) Workspace(ctx context.Context, id int64) (connect.Workspace, error) {
	return one(ctx, s.run, "workspace", scanWorkspace, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE id = $1`, id)
}

func (s reader) FirstWorkspace(ctx context.Context) (connect.Workspace, error) {
	return one(ctx, s.run, "workspace", scanWorkspace, `
		SELECT `+workspaceColumns+` FROM workspaces ORDER BY id LIMIT 1`)
}

// Workspaces crosses workspaces: it is the operator's list.
func (s reader) Workspaces(ctx context.Context, after int64, limit int) ([]connect.Workspace, error) {
	all, err := many(ctx, s.run, scanWorkspace, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE id > $1 ORDER BY id LIMIT $2`, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("workspaces: %w", err)
	}
	return all, nil
}

func (s reader) LastWorkspaceID(ctx context.Context) (int64, error) {
	return one(ctx, s.run, "workspaces", scanID, `SELECT COALESCE(max(id), 0) FROM workspaces`)
}

func (t *tx) InsertWorkspace(ctx context.Context, w connect.Workspace) (connect.Workspace, error) {
	made, err := one(ctx, t.run, "workspace", scanWorkspace, `
		INSERT INTO workspaces (name, require_redirect_url, allowed_redirects, no_headless, bounce_page, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING `+workspaceColumns,
		w.Name, w.RequireRedirectURL, jsonText(w.AllowedRedirects), w.NoHeadless, w.BouncePage, millis(w.CreatedAt))
	if err != nil {
		return connect.Workspace{}, err
	}
	if _, err := t.run.exec(ctx, `INSERT INTO event_counters (workspace_id, last_number) VALUES ($1, 0)`, made.ID); err != nil {
		return connect.Workspace{}, fmt.Errorf("workspace %d: %w", made.ID, err)
	}
	return made, nil
}

func (t *tx) LockWorkspace(ctx context.Context, id int64) (connect.Workspace, error) {
	return one(ctx, t.run, "workspace", scanWorkspace, `
		SELECT `+workspaceColumns+` FROM workspaces WHERE id = $1`+t.dialect.lockRow, id)
}

func (t *tx) UpdateWorkspace(ctx context.Context, w connect.Workspace) error {
	return change(ctx, t.run, "workspace", `
		UPDATE workspaces SET name = $2, require_redirect_url = $3, allowed_redirects = $4, no_headless = $5, bounce_page = $6 WHERE id = $1`,
		w.ID, w.Name, w.RequireRedirectURL, jsonText(w.AllowedRedirects), w.NoHeadless, w.BouncePage)
}
