package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

const ownerColumns = `id, workspace_id, external_id, name, is_default, created_at`

func scanOwner(r row) (o connect.Owner, err error) {
	err = r.Scan(&o.ID, &o.WorkspaceID, &o.ExternalID, &o.Name, &o.Default, timeColumn{&o.CreatedAt})
	return o, err
}

func (s reader) Owner(ctx context.Context, workspaceID, id int64) (connect.Owner, error) {
	return one(ctx, s.run, "owner", scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (s reader) OwnerByExternalID(ctx context.Context, workspaceID int64, externalID string) (connect.Owner, error) {
	return one(ctx, s.run, "owner", scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND external_id = $2`, workspaceID, externalID)
}

func (s reader) DefaultOwner(ctx context.Context, workspaceID int64) (connect.Owner, error) {
	return one(ctx, s.run, "owner", scanOwner, `
		SELECT `+ownerColumns+` FROM owners WHERE workspace_id = $1 AND is_default`, workspaceID)
}

// EnsureOwner leaves an owner that it finds as it is.
func (t *tx) EnsureOwner(ctx context.Context, o connect.Owner) (connect.Owner, bool, error) {
	owner, made, err := maybe(ctx, t.run, scanOwner, `
		INSERT INTO owners (workspace_id, external_id, name, is_default, created_at)
		VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (workspace_id, external_id) DO NOTHING
		RETURNING `+ownerColumns,
		o.WorkspaceID, o.ExternalID, o.Name, o.Default, millis(o.CreatedAt))
	if err != nil {
		return connect.Owner{}, false, fmt.Errorf("owner: %w", err)
	}
	if !made {
		owner, err = t.OwnerByExternalID(ctx, o.WorkspaceID, o.ExternalID)
	}
	return owner, made, err
}
