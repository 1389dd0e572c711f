package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

func (t *tx) GrantsOfOwner(ctx context.Context, workspaceID, ownerID int64) ([]connect.Grant, error) {
	grants, err := many(ctx, t.run, scanGrant, `
		SELECT `+grantColumns(t.dialect)+` FROM grants WHERE workspace_id = $1 AND owner_id = $2 ORDER BY id`+t.dialect.lockFields,
		workspaceID, ownerID)
	if err != nil {
		return nil, fmt.Errorf("grants of owner %d: %w", ownerID, err)
	}
	return grants, nil
}

const (
	theirSessions = `SELECT id FROM sessions WHERE workspace_id = $1 AND owner_id = $2`
	theirChannels = `SELECT id FROM channels WHERE workspace_id = $1 AND owner_id = $2`
	theirGroups   = `SELECT id FROM channel_groups WHERE workspace_id = $1 AND owner_id = $2`
	theirKeys     = `SELECT id FROM api_keys WHERE workspace_id = $1 AND owner_id = $2`
	theirAttempts = `SELECT id FROM attempts WHERE workspace_id = $1 AND session_id IN (` + theirSessions + `)`
	// aboutThem are the numbers of events, also of those about a channel from when it was
	// another owner's: each by its index, which neither engine would see in an OR.
	aboutThem = `SELECT number FROM events WHERE workspace_id = $1 AND owner_id = $2
		UNION SELECT number FROM events WHERE workspace_id = $1 AND channel_id IN (` + theirChannels + `)`
	// toldOfThem are deliveries of those events.
	toldOfThem = `workspace_id = $1 AND event_number IN (` + aboutThem + `)`
)

// How a workspace ($1) forgets an owner ($2), in an order in which nothing refers to what goes.
var (
	forgetSessions = []string{
		`DELETE FROM attempt_steps WHERE workspace_id = $1 AND attempt_id IN (` + theirAttempts + `)`,
		`DELETE FROM attempts WHERE workspace_id = $1 AND session_id IN (` + theirSessions + `)`,
		`DELETE FROM sessions WHERE workspace_id = $1 AND owner_id = $2`,
	}
	forgetOwner = []string{
		`UPDATE delivery_attempts SET answer = '' WHERE workspace_id = $1 AND delivery_id IN (SELECT id FROM deliveries WHERE ` + toldOfThem + `)`,
		`UPDATE deliveries SET body = NULL WHERE ` + toldOfThem + ` AND body IS NOT NULL`,
		`UPDATE events SET data = '{}' WHERE workspace_id = $1 AND number IN (` + aboutThem + `)`,
		`DELETE FROM channel_group_members WHERE workspace_id = $1 AND group_id IN (` + theirGroups + `)`,
		`DELETE FROM channel_group_members WHERE workspace_id = $1 AND channel_id IN (` + theirChannels + `)`,
		`DELETE FROM channel_groups WHERE workspace_id = $1 AND owner_id = $2`,
		`DELETE FROM channels WHERE workspace_id = $1 AND owner_id = $2`,
		`DELETE FROM replies WHERE workspace_id = $1 AND owner_id = $2`,
		`DELETE FROM api_keys WHERE workspace_id = $1 AND owner_id = $2`,
		`UPDATE owners SET name = '', avatar_url = '', contact_email = '', reference = '' WHERE workspace_id = $1 AND id = $2 AND is_default`,
		`DELETE FROM owners WHERE workspace_id = $1 AND id = $2 AND NOT is_default`,
	}
)

// ForgetSessions locks the owner and the sessions first: nobody begins another, or another
// attempt, in between.
func (t *tx) ForgetSessions(ctx context.Context, workspaceID, ownerID int64) (int, error) {
	if _, err := t.LockOwner(ctx, workspaceID, ownerID); err != nil {
		return 0, err
	}
	sessions, err := t.lockTheir(ctx, theirSessions, workspaceID, ownerID)
	if err != nil {
		return 0, err
	}
	return sessions, t.forget(ctx, forgetSessions, workspaceID, ownerID)
}

// ForgetOwner locks as ForgetSessions does, and groups and channels, to which others may
// be adding.
func (t *tx) ForgetOwner(ctx context.Context, workspaceID, ownerID int64) (channels, sessions, keys int, err error) {
	if sessions, err = t.ForgetSessions(ctx, workspaceID, ownerID); err != nil {
		return 0, 0, 0, err
	}
	_, stands, err := maybe(ctx, t.run, scanID, `
		SELECT id FROM grants WHERE workspace_id = $1 AND owner_id = $2 LIMIT 1`, workspaceID, ownerID)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("owner %d: %w", ownerID, err)
	}
	if stands {
		return 0, 0, 0, errGrantInUse()
	}
	if _, err = t.lockTheir(ctx, theirGroups, workspaceID, ownerID); err != nil {
		return 0, 0, 0, err
	}
	if channels, err = t.lockTheir(ctx, theirChannels, workspaceID, ownerID); err != nil {
		return 0, 0, 0, err
	}
	if keys, err = t.lockTheir(ctx, theirKeys, workspaceID, ownerID); err != nil {
		return 0, 0, 0, err
	}
	return channels, sessions, keys, t.forget(ctx, forgetOwner, workspaceID, ownerID)
}

// lockTheir locks rows of an owner's, and tells how many there are.
func (t *tx) lockTheir(ctx context.Context, query string, workspaceID, ownerID int64) (int, error) {
	ids, err := many(ctx, t.run, scanID, query+` ORDER BY id`+t.dialect.lockRow, workspaceID, ownerID)
	if err != nil {
		return 0, fmt.Errorf("owner %d: %w", ownerID, err)
	}
	return len(ids), nil
}

func (t *tx) forget(ctx context.Context, queries []string, workspaceID, ownerID int64) error {
	for _, query := range queries {
		if _, err := t.run.exec(ctx, query, workspaceID, ownerID); err != nil {
			return fmt.Errorf("owner %d: %w", ownerID, err)
		}
	}
	return nil
}
