package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	// theirEndpoints hear of the owner alone, or have something about them to send.
	theirEndpoints = `SELECT id FROM endpoints WHERE workspace_id = $1 AND state <> 'deleted'
		AND (owner_id = $2 OR id IN (SELECT endpoint_id FROM deliveries WHERE ` + toldOfThem + ` AND state = 'pending'))`
)

// isLastWord is true of an event or a delivery that is told to the end.
func isLastWord(column string) string {
	return column + ` IN ('` + strings.Join(connect.LastWords(), `', '`) + `')`
}

// blankOf is what an event tells when its owner is forgotten.
func blankOf(d *dialect) string {
	return `CASE WHEN ` + isLastWord("type") + ` THEN ` + d.lastWords + ` ELSE '{}' END`
}

// How a workspace ($1) forgets an owner ($2), in an order in which nothing refers to what goes.
var forgetSessions = []string{
	`DELETE FROM attempt_steps WHERE workspace_id = $1 AND attempt_id IN (` + theirAttempts + `)`,
	`DELETE FROM attempts WHERE workspace_id = $1 AND session_id IN (` + theirSessions + `)`,
	`DELETE FROM sessions WHERE workspace_id = $1 AND owner_id = $2`,
}

func forgetOwner(d *dialect) []string {
	free := `(lease_until IS NULL OR lease_until <= ` + d.now + `)`
	return []string{
		`UPDATE events SET data = ` + blankOf(d) + ` WHERE workspace_id = $1 AND data <> '{}' AND number IN (` + aboutThem + `)`,
		// Who writes a message of what was there before, at this moment, has lost it. A request
		// that is under way has been made, and what comes of it is kept.
		`UPDATE deliveries SET body = NULL, fence = fence + CASE WHEN ` + free + ` THEN 1 ELSE 0 END WHERE ` + toldOfThem,
		`UPDATE deliveries SET state = 'skipped', next_at = NULL, lease_until = NULL, updated_at = ` + d.now + `, ended_at = ` + d.now + `
			WHERE ` + toldOfThem + ` AND state = 'pending' AND NOT ` + isLastWord("event_type") + ` AND ` + free,
		// What waits behind one that was skipped, also where the channel is another owner's by now.
		`UPDATE deliveries SET next_at = updated_at WHERE state = 'pending' AND next_at IS NULL AND (endpoint_id, channel_id) IN (
			SELECT endpoint_id, channel_id FROM deliveries WHERE ` + toldOfThem + ` AND channel_id IS NOT NULL)`,
		`UPDATE delivery_attempts SET answer = '' WHERE answer <> '' AND workspace_id = $1 AND delivery_id IN (SELECT id FROM deliveries WHERE ` + toldOfThem + `)`,
		`DELETE FROM channel_group_members WHERE workspace_id = $1 AND group_id IN (` + theirGroups + `)`,
		`DELETE FROM channel_group_members WHERE workspace_id = $1 AND channel_id IN (` + theirChannels + `)`,
		`DELETE FROM channel_groups WHERE workspace_id = $1 AND owner_id = $2`,
		`DELETE FROM channels WHERE workspace_id = $1 AND owner_id = $2`,
		`DELETE FROM replies WHERE workspace_id = $1 AND owner_id = $2`,
		`DELETE FROM api_keys WHERE workspace_id = $1 AND owner_id = $2`,
		`UPDATE owners SET name = '', avatar_url = '', contact_email = '', reference = '' WHERE workspace_id = $1 AND id = $2 AND is_default`,
		`DELETE FROM owners WHERE workspace_id = $1 AND id = $2 AND NOT is_default`,
	}
}

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

// ForgetEndedSessions takes no lock on the owner: nothing begins in a session that is over.
func (t *tx) ForgetEndedSessions(ctx context.Context, workspaceID, ownerID int64, limit int) (int, error) {
	ids, err := many(ctx, t.run, scanID, theirSessions+` AND ended_at IS NOT NULL ORDER BY id LIMIT `+fmt.Sprintf(limitParam, 3)+t.dialect.lockRow,
		workspaceID, ownerID, max(limit, 0))
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	args := []any{workspaceID}
	for _, id := range ids {
		args = append(args, id)
	}
	these := `(` + placeholders(2, len(ids)) + `)`
	for _, query := range []string{
		`DELETE FROM attempt_steps WHERE workspace_id = $1 AND attempt_id IN (SELECT id FROM attempts WHERE workspace_id = $1 AND session_id IN ` + these + `)`,
		`DELETE FROM attempts WHERE workspace_id = $1 AND session_id IN ` + these,
		`DELETE FROM sessions WHERE workspace_id = $1 AND id IN ` + these,
	} {
		if _, err := t.run.exec(ctx, query, args...); err != nil {
			return 0, fmt.Errorf("sessions of owner %d: %w", ownerID, err)
		}
	}
	return len(ids), nil
}

func (t *tx) BlankEvents(ctx context.Context, workspaceID, ownerID, after int64, limit int) (last int64, err error) {
	const theirs = `workspace_id = $1 AND owner_id = $2 AND number > $3`
	numbers, err := many(ctx, t.run, scanID, `SELECT number FROM events WHERE `+theirs+` ORDER BY number LIMIT `+fmt.Sprintf(limitParam, 4),
		workspaceID, ownerID, after, max(limit, 0))
	if err != nil || len(numbers) == 0 {
		return 0, err
	}
	last = numbers[len(numbers)-1]
	_, err = t.run.exec(ctx, `UPDATE events SET data = `+blankOf(t.dialect)+` WHERE `+theirs+` AND number <= $4 AND data <> '{}'`, workspaceID, ownerID, after, last)
	if err != nil {
		return 0, fmt.Errorf("events of owner %d: %w", ownerID, err)
	}
	return last, nil
}

// ForgetOwner locks as ForgetSessions does, and groups and channels, to which others may
// be adding, and endpoints, whose deliveries others park and wake.
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
	_, stands, err = maybe(ctx, t.run, scanID, theirChannels+` AND grant_id IS NOT NULL LIMIT 1`, workspaceID, ownerID)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("owner %d: %w", ownerID, err)
	}
	if stands { // it was moved to them since the core looked
		return 0, 0, 0, errGrantInUse()
	}
	if keys, err = t.lockTheir(ctx, theirKeys, workspaceID, ownerID); err != nil {
		return 0, 0, 0, err
	}
	if _, err = many(ctx, t.run, scanID, theirEndpoints+` ORDER BY id`+t.dialect.lockFields, workspaceID, ownerID); err != nil {
		return 0, 0, 0, fmt.Errorf("endpoints that hear of owner %d: %w", ownerID, err)
	}
	if err := t.emptyTheirEndpoints(ctx, workspaceID, ownerID); err != nil {
		return 0, 0, 0, err
	}
	return channels, sessions, keys, t.forget(ctx, forgetOwner(t.dialect), workspaceID, ownerID)
}

// emptyTheirEndpoints deletes what hears of the owner alone, as far as EmptyEndpoint does.
func (t *tx) emptyTheirEndpoints(ctx context.Context, workspaceID, ownerID int64) error {
	ids, err := many(ctx, t.run, scanID, `
		SELECT id FROM endpoints WHERE workspace_id = $1 AND owner_id = $2 AND state <> 'deleted' ORDER BY id`+t.dialect.lockFields, workspaceID, ownerID)
	if err != nil || len(ids) == 0 {
		return err
	}
	now, err := t.Now(ctx)
	for _, id := range ids {
		err = errors.Join(err, t.EmptyEndpoint(ctx, workspaceID, id, now))
	}
	return err
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
