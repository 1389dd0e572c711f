package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
)

const keyColumns = `id, workspace_id, owner_id, name, prefix, hash, scopes, created_at, expires_at, revoked_at`

func scanKey(r row) (k connect.Key, err error) {
	err = r.Scan(&k.ID, &k.WorkspaceID, refColumn{&k.OwnerID}, &k.Name, &k.Prefix, &k.Hash, listColumn[connect.Scope]{&k.Scopes},
		timeColumn{&k.CreatedAt}, timeColumn{&k.ExpiresAt}, timeColumn{&k.RevokedAt})
	return k, err
}

// KeyByHash finds revoked and expired keys too.
func (s reader) KeyByHash(ctx context.Context, hash []byte) (connect.Key, error) {
	return one(ctx, s.run, "API key", scanKey, `
		SELECT `+keyColumns+` FROM api_keys WHERE hash = $1`, hash)
}

func (s reader) Key(ctx context.Context, workspaceID, id int64) (connect.Key, error) {
	return one(ctx, s.run, "API key", scanKey, `
		SELECT `+keyColumns+` FROM api_keys WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

// Keys lists revoked and expired ones too.
func (s reader) Keys(ctx context.Context, workspaceID, ownerID, after int64, limit int) ([]connect.Key, error) {
	keys, err := many(ctx, s.run, scanKey, `
		SELECT `+keyColumns+` FROM api_keys
		WHERE workspace_id = $1 AND id > $2 AND (owner_id = $3 OR $3 = 0)
		ORDER BY id LIMIT $4`, workspaceID, after, ownerID, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("API keys: %w", err)
	}
	return keys, nil
}

func (t *tx) InsertKey(ctx context.Context, k connect.Key) (connect.Key, error) {
	return one(ctx, t.run, "API key", scanKey, `
		INSERT INTO api_keys (workspace_id, owner_id, name, prefix, hash, scopes, created_at, expires_at, revoked_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		RETURNING `+keyColumns,
		k.WorkspaceID, ref(k.OwnerID), k.Name, k.Prefix, k.Hash, jsonText(k.Scopes),
		millis(k.CreatedAt), millis(k.ExpiresAt), millis(k.RevokedAt))
}

// RevokeKey keeps the time of the first revocation.
func (t *tx) RevokeKey(ctx context.Context, workspaceID, id int64, at time.Time) error {
	return change(ctx, t.run, "API key", `
		UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $3) WHERE workspace_id = $1 AND id = $2`,
		workspaceID, id, millis(at))
}
