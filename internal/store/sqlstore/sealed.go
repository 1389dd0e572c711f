package sqlstore

import (
	"context"
	"fmt"
	"slices"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

// What an exchange of keys reads and writes, across all workspaces. The first bytes of a
// sealed value name its key, so the database leaves out what is done.

func (s reader) SealedAttempts(ctx context.Context, q connect.SealedQuery) ([]connect.Attempt, error) {
	return sealedRows(ctx, s, "attempts", attemptColumns, scanAttempt, q)
}

func (s reader) SealedGrants(ctx context.Context, q connect.SealedQuery) ([]connect.Grant, error) {
	return sealedRows(ctx, s, "grants", grantColumns(s.dialect), scanGrant, q)
}

func (s reader) SealedTargets(ctx context.Context, q connect.SealedQuery) ([]connect.Target, error) {
	return sealedRows(ctx, s, "targets", targetColumns, scanTarget, q)
}

func (s reader) SealedReplies(ctx context.Context, q connect.SealedQuery) ([]connect.Reply, error) {
	return sealedRows(ctx, s, "replies", replyColumns, scanReply, q)
}

func (s reader) SealedRevocations(ctx context.Context, q connect.SealedQuery) ([]connect.Revocation, error) {
	return sealedRows(ctx, s, "revocations", revocationColumns, scanRevocation, q)
}

func (s reader) SealedAuditHeads(ctx context.Context, q connect.SealedQuery) ([]connect.AuditHead, error) {
	return sealedRows(ctx, s, "audit_heads", headColumns, scanHead, q)
}

func (s reader) SealedApps(ctx context.Context, q connect.SealedQuery) ([]connect.App, error) {
	return sealedRows(ctx, s, "apps", appColumns, scanApp, q)
}

// rowKey is what a table's rows are found by. It is the primary key on PostgreSQL: apps
// have their id alone, because those of the instance have no workspace.
func rowKey(table string) string {
	if table == "apps" {
		return "COALESCE(workspace_id, 0), id"
	}
	return "workspace_id, id"
}

func sealedRows[T any](ctx context.Context, s reader, table, columns string, scan func(row) (T, error), q connect.SealedQuery) ([]T, error) {
	rows, err := many(ctx, s.run, scan, `
		SELECT `+columns+` FROM `+table+`
		WHERE sealed IS NOT NULL AND substr(sealed, 1, $1) <> $2 AND (`+rowKey(table)+`) > ($3, $4)
		ORDER BY `+rowKey(table)+` LIMIT $5`,
		vault.PrefixLen, q.Not.Prefix(), q.AfterWorkspace, q.AfterID, max(q.Limit, 0))
	if err != nil {
		return nil, fmt.Errorf("sealed rows of %s: %w", table, err)
	}
	return rows, nil
}

func (s reader) CountSealed(ctx context.Context, table string) (map[vault.KeyID]int64, error) {
	if err := checkSealedTable(table); err != nil {
		return nil, err
	}
	counts := map[vault.KeyID]int64{}
	err := s.run.query(ctx, func(r row) error {
		var prefix []byte
		var n int64
		if err := r.Scan(&prefix, &n); err != nil {
			return err
		}
		id, _ := vault.KeyIDOf(prefix)
		counts[id] += n
		return nil
	}, `SELECT substr(sealed, 1, $1), count(*) FROM `+table+` WHERE sealed IS NOT NULL GROUP BY 1`, vault.PrefixLen)
	return counts, err
}

// Reseal does not wait for a row that a request is changing: it could end in a
// deadlock, of which the request might be the victim.
func (t *tx) Reseal(ctx context.Context, table string, workspaceID, id int64, old, sealed []byte) (bool, error) {
	if err := checkSealedTable(table); err != nil {
		return false, err
	}
	key := rowKey(table)
	affected, err := t.run.exec(ctx, `
		UPDATE `+table+` SET sealed = $4 WHERE id IN (
			SELECT id FROM `+table+` WHERE (`+key+`) = ($1, $2) AND sealed = $3`+t.dialect.skipLocked+`)
		AND (`+key+`) = ($1, $2)`, workspaceID, id, old, sealed)
	if err != nil {
		return false, fmt.Errorf("%s %d: %w", table, id, err)
	}
	return affected == 1, nil
}

// checkSealedTable lets nothing else become a part of a statement.
func checkSealedTable(table string) error {
	if !slices.Contains(connect.SealedTables(), table) {
		return fmt.Errorf("table %q has no sealed values", table)
	}
	return nil
}
