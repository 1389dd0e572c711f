package sqlstore

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"patchbay/internal/connect"
)

const sessionColumns = `id, workspace_id, owner_id, origin, status, token_hash, platforms, selection, initiator_check,
	redirect_url, platform, reason, message, channel_ids, created_at, updated_at, expires_at, ended_at,
	confirm_hash, confirm_by, display, reconnect_id`

var selectSessionAndOwner = `SELECT ` + columnsOf("s", sessionColumns) + `, ` + columnsOf("o", ownerColumns) + `
	FROM sessions s JOIN owners o ON o.workspace_id = s.workspace_id AND o.id = s.owner_id`

func scanSession(r row) (s connect.Session, err error) {
	err = r.Scan(sessionFields(&s)...)
	return s, err
}

// sessionFields is where sessionColumns go.
func sessionFields(s *connect.Session) []any {
	return []any{
		&s.ID, &s.WorkspaceID, &s.OwnerID, &s.Origin, &s.Status, &s.TokenHash,
		listColumn[string]{&s.Platforms},
		&s.Selection, &s.InitiatorCheck, &s.RedirectURL, &s.Platform, &s.Reason, &s.Message,
		listColumn[int64]{&s.ChannelIDs},
		timeColumn{&s.CreatedAt},
		timeColumn{&s.UpdatedAt},
		timeColumn{&s.ExpiresAt},
		timeColumn{&s.EndedAt},
		&s.ConfirmHash,
		timeColumn{&s.ConfirmBy},
		&s.Display,
		refColumn{&s.ReconnectID},
	}
}

func (s reader) Session(ctx context.Context, workspaceID, id int64) (connect.Session, error) {
	return one(ctx, s.run, "session", scanSession, `
		SELECT `+sessionColumns+` FROM sessions WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (s reader) SessionAndOwner(ctx context.Context, workspaceID, id int64) (connect.Session, connect.Owner, error) {
	return oneAndOwner(ctx, s.run, "session", sessionFields, selectSessionAndOwner+`
		WHERE s.workspace_id = $1 AND s.id = $2`, workspaceID, id)
}

func (s reader) SessionByTokenHash(ctx context.Context, hash []byte) (connect.Session, error) {
	return one(ctx, s.run, "session", scanSession, `
		SELECT `+sessionColumns+` FROM sessions WHERE token_hash = $1`, hash)
}

func (s reader) DueSessions(ctx context.Context, now time.Time, limit int) ([]connect.Session, error) {
	due, err := many(ctx, s.run, scanSession, `
		SELECT `+sessionColumns+` FROM sessions
		WHERE ended_at IS NULL AND expires_at <= $1
		AND NOT EXISTS (
			SELECT 1 FROM attempts a WHERE a.workspace_id = sessions.workspace_id AND a.session_id = sessions.id
			AND (a.state IN ('exchanging', 'verifying', 'confirming') OR a.state IN ('away', 'choosing', 'warned') AND a.expires_at > $1))
		ORDER BY expires_at, id LIMIT $2`, millis(now), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("due sessions: %w", err)
	}
	return due, nil
}

// SessionVersions crosses workspaces: it is for the process that waits, not for callers.
func (s reader) SessionVersions(ctx context.Context, ids []int64) (map[int64]time.Time, error) {
	versions := make(map[int64]time.Time, len(ids))
	for chunk := range slices.Chunk(ids, 500) { // engines bound the parameters of a statement
		query := `SELECT id, updated_at FROM sessions WHERE id IN (` + placeholders(1, len(chunk)) + `)`
		args := make([]any, len(chunk))
		for i, id := range chunk {
			args[i] = id
		}
		err := s.run.query(ctx, func(r row) error {
			var id int64
			var at time.Time
			if err := r.Scan(&id, timeColumn{&at}); err != nil {
				return err
			}
			versions[id] = at
			return nil
		}, query, args...)
		if err != nil {
			return nil, fmt.Errorf("session versions: %w", err)
		}
	}
	return versions, nil
}

// placeholders is "$first, …" for n parameters.
func placeholders(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(list, ", ")
}

func (t *tx) InsertSession(ctx context.Context, s connect.Session) (connect.Session, error) {
	return one(ctx, t.run, "session", scanSession, `
		INSERT INTO sessions (workspace_id, owner_id, origin, status, token_hash, platforms, selection, initiator_check,
			redirect_url, platform, reason, message, channel_ids, created_at, updated_at, expires_at, ended_at,
			display, reconnect_id)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		RETURNING `+sessionColumns,
		s.WorkspaceID, s.OwnerID, s.Origin, s.Status, s.TokenHash, jsonText(s.Platforms), s.Selection, s.InitiatorCheck,
		s.RedirectURL, s.Platform, s.Reason, s.Message, jsonText(s.ChannelIDs),
		millis(s.CreatedAt), millis(s.UpdatedAt), millis(s.ExpiresAt), millis(s.EndedAt),
		cmp.Or(s.Display, connect.DisplayHosted), ref(s.ReconnectID))
}

func (t *tx) LockSession(ctx context.Context, workspaceID, id int64) (connect.Session, error) {
	return one(ctx, t.run, "session", scanSession, `
		SELECT `+sessionColumns+` FROM sessions WHERE workspace_id = $1 AND id = $2`+t.dialect.lockRow, workspaceID, id)
}

func (t *tx) CountLookup(ctx context.Context, workspaceID, id int64) (int, error) {
	return one(ctx, t.run, "session", func(r row) (n int, err error) { err = r.Scan(&n); return n, err }, `
		UPDATE sessions SET lookups = lookups + 1 WHERE workspace_id = $1 AND id = $2 RETURNING lookups`, workspaceID, id)
}

func (t *tx) UpdateSession(ctx context.Context, s connect.Session) error {
	return change(ctx, t.run, "session", `
		UPDATE sessions
		SET status = $3, platform = $4, reason = $5, message = $6, channel_ids = $7, updated_at = $8, ended_at = $9,
			confirm_hash = $10, confirm_by = $11
		WHERE workspace_id = $1 AND id = $2`,
		s.WorkspaceID, s.ID, s.Status, s.Platform, s.Reason, s.Message, jsonText(s.ChannelIDs),
		millis(s.UpdatedAt), millis(s.EndedAt), s.ConfirmHash, millis(s.ConfirmBy))
}
