package sqlstore

import (
	"cmp"
	"context"
	"fmt"

	"patchbay/internal/connect"
)

const auditColumns = `id, workspace_id, at, key_id, action, owner_id, channel_id, data`

func scanAudit(r row) (e connect.AuditEntry, err error) {
	var data string
	err = r.Scan(&e.ID, &e.WorkspaceID, timeColumn{&e.At}, refColumn{&e.KeyID}, &e.Action, refColumn{&e.OwnerID},
		refColumn{&e.ChannelID}, &data)
	e.Data = []byte(data)
	return e, err
}

func (s reader) AuditLog(ctx context.Context, workspaceID, after int64, limit int) ([]connect.AuditEntry, error) {
	entries, err := many(ctx, s.run, scanAudit, `
		SELECT `+auditColumns+` FROM audit WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 3),
		workspaceID, after, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("audit log of workspace %d: %w", workspaceID, err)
	}
	return entries, nil
}

func (t *tx) InsertAudit(ctx context.Context, e connect.AuditEntry) (connect.AuditEntry, error) {
	return one(ctx, t.run, "audit entry", scanAudit, `
		INSERT INTO audit (workspace_id, at, key_id, action, owner_id, channel_id, data)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		RETURNING `+auditColumns,
		e.WorkspaceID, millis(e.At), ref(e.KeyID), e.Action, ref(e.OwnerID), ref(e.ChannelID), cmp.Or(string(e.Data), "{}"))
}
