package sqlstore

import (
	"context"
	"time"

	"patchbay/internal/connect"
)

const replyColumns = `id, workspace_id, route, key_hash, fingerprint, sealed, expires_at, owner_id`

func scanReply(r row) (p connect.Reply, err error) {
	err = r.Scan(&p.ID, &p.WorkspaceID, &p.Route, &p.KeyHash, &p.Fingerprint, &p.Sealed, timeColumn{&p.ExpiresAt}, refColumn{&p.OwnerID})
	return p, err
}

func (t *tx) Reply(ctx context.Context, workspaceID int64, route string, keyHash []byte) (connect.Reply, error) {
	return one(ctx, t.run, "reply", scanReply, `
		SELECT `+replyColumns+` FROM replies WHERE workspace_id = $1 AND route = $2 AND key_hash = $3`, workspaceID, route, keyHash)
}

func (t *tx) InsertReply(ctx context.Context, r connect.Reply) (connect.Reply, error) {
	return one(ctx, t.run, "reply", scanReply, `
		INSERT INTO replies (workspace_id, route, key_hash, fingerprint, sealed, expires_at, owner_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		RETURNING `+replyColumns,
		r.WorkspaceID, r.Route, r.KeyHash, r.Fingerprint, r.Sealed, millis(r.ExpiresAt), ref(r.OwnerID))
}

func (t *tx) SealReply(ctx context.Context, workspaceID, id, ownerID int64, sealed []byte) error {
	return change(ctx, t.run, "reply", `
		UPDATE replies SET sealed = $3, owner_id = $4 WHERE workspace_id = $1 AND id = $2`, workspaceID, id, sealed, ref(ownerID))
}

func (t *tx) DeleteReply(ctx context.Context, workspaceID, id int64) error {
	return change(ctx, t.run, "reply", `
		DELETE FROM replies WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

// DropReplies crosses workspaces: time ends every answer alike.
func (t *tx) DropReplies(ctx context.Context, now time.Time, limit int) (int64, error) {
	return t.run.exec(ctx, `
		DELETE FROM replies WHERE (workspace_id, id) IN (
			SELECT workspace_id, id FROM replies WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`,
		millis(now), max(limit, 0))
}
