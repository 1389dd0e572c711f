package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

const channelColumns = `id, workspace_id, owner_id, platform, kind, external_id, grant_id, target_id,
	lifecycle, health, health_reason, health_at, proven_at, review, facts, facts_at, created_at, updated_at`

var selectChannelAndOwner = `SELECT ` + columnsOf("c", channelColumns) + `, ` + columnsOf("o", ownerColumns) + `
	FROM channels c JOIN owners o ON o.workspace_id = c.workspace_id AND o.id = c.owner_id`

func scanChannel(r row) (c connect.Channel, err error) {
	err = r.Scan(channelFields(&c)...)
	return c, err
}

// channelFields is where channelColumns go.
func channelFields(c *connect.Channel) []any {
	return []any{
		&c.ID, &c.WorkspaceID, &c.OwnerID, &c.Platform, &c.Kind, &c.ExternalID,
		refColumn{&c.GrantID},
		refColumn{&c.TargetID},
		&c.Lifecycle, &c.Health, &c.HealthReason,
		timeColumn{&c.HealthAt},
		timeColumn{&c.ProvenAt},
		&c.Review,
		factsColumn{&c.Facts},
		timeColumn{&c.FactsAt},
		timeColumn{&c.CreatedAt},
		timeColumn{&c.UpdatedAt},
	}
}

func (s reader) Channel(ctx context.Context, workspaceID, id int64) (connect.Channel, error) {
	return one(ctx, s.run, "channel", scanChannel, `
		SELECT `+channelColumns+` FROM channels WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (s reader) ChannelAndOwner(ctx context.Context, workspaceID, id int64) (connect.Channel, connect.Owner, error) {
	return oneAndOwner(ctx, s.run, "channel", channelFields, selectChannelAndOwner+`
		WHERE c.workspace_id = $1 AND c.id = $2`, workspaceID, id)
}

func (s reader) Channels(ctx context.Context, workspaceID int64, f connect.ChannelFilter, after int64, limit int) ([]connect.Channel, error) {
	query := `SELECT ` + channelColumns + ` FROM channels WHERE workspace_id = $1 AND id > $2`
	args := []any{workspaceID, after}
	and := func(column string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(` AND %s = $%d`, column, len(args))
	}
	if f.OwnerID != 0 {
		and("owner_id", f.OwnerID)
	}
	if f.Platform != "" {
		and("platform", f.Platform)
	}
	if f.Kind != "" {
		and("kind", f.Kind)
	}
	if f.Health != "" {
		and("health", f.Health)
	}
	if f.Lifecycle != "" {
		and("lifecycle", f.Lifecycle)
	} else {
		query += ` AND lifecycle IN ('active', 'paused')`
	}
	args = append(args, max(limit, 0))
	query += fmt.Sprintf(` ORDER BY id LIMIT `+limitParam, len(args))
	channels, err := many(ctx, s.run, scanChannel, query, args...)
	if err != nil {
		return nil, fmt.Errorf("channels of workspace %d: %w", workspaceID, err)
	}
	return channels, nil
}

func (s reader) ChannelsOfGrant(ctx context.Context, workspaceID, grantID int64) ([]connect.Channel, error) {
	channels, err := many(ctx, s.run, scanChannel, `
		SELECT `+channelColumns+` FROM channels
		WHERE workspace_id = $1 AND grant_id = $2 AND lifecycle <> 'disconnected' ORDER BY id`, workspaceID, grantID)
	if err != nil {
		return nil, fmt.Errorf("channels of grant %d: %w", grantID, err)
	}
	return channels, nil
}

func (t *tx) SetChannelHealth(ctx context.Context, c connect.Channel) error {
	return change(ctx, t.run, "channel", `
		UPDATE channels SET health = $3, health_reason = $4, health_at = $5, proven_at = $6, updated_at = $7
		WHERE workspace_id = $1 AND id = $2`,
		c.WorkspaceID, c.ID, c.Health, c.HealthReason, millis(c.HealthAt), millis(c.ProvenAt), millis(c.UpdatedAt))
}

// SaveChannel writes everything but the key, the id, Review and CreatedAt where it
// updates: a new consent does not undo what a reviewer decided. A channel without an external id is always a new one.
func (t *tx) SaveChannel(ctx context.Context, c connect.Channel) (connect.SavedChannel, error) {
	channel, made, err := maybe(ctx, t.run, scanChannel, `
		INSERT INTO channels (workspace_id, owner_id, platform, kind, external_id, grant_id, target_id,
			lifecycle, health, health_reason, health_at, proven_at, review, facts, facts_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (workspace_id, owner_id, platform, kind, external_id) WHERE external_id <> '' DO NOTHING
		RETURNING `+channelColumns,
		c.WorkspaceID, c.OwnerID, c.Platform, c.Kind, c.ExternalID, ref(c.GrantID), ref(c.TargetID),
		c.Lifecycle, c.Health, c.HealthReason, millis(c.HealthAt), millis(c.ProvenAt), c.Review, factsText(c.Facts),
		millis(c.FactsAt), millis(c.CreatedAt), millis(c.UpdatedAt))
	if err != nil {
		return connect.SavedChannel{}, fmt.Errorf("channel: %w", err)
	}
	if made {
		return connect.SavedChannel{Channel: channel, Made: true}, nil
	}
	return t.updateChannel(ctx, c)
}

func (t *tx) updateChannel(ctx context.Context, c connect.Channel) (connect.SavedChannel, error) {
	before, err := one(ctx, t.run, "channel", scanChannel, `
		SELECT `+channelColumns+` FROM channels
		WHERE workspace_id = $1 AND owner_id = $2 AND platform = $3 AND kind = $4 AND external_id = $5`+t.dialect.lockRow,
		c.WorkspaceID, c.OwnerID, c.Platform, c.Kind, c.ExternalID)
	if err != nil {
		return connect.SavedChannel{}, err
	}
	after, err := one(ctx, t.run, "channel", scanChannel, `
		UPDATE channels
		SET grant_id = $3, target_id = $4, lifecycle = $5, health = $6, health_reason = $7,
			facts = $8, facts_at = $9, updated_at = $10, health_at = $11, proven_at = $12
		WHERE workspace_id = $1 AND id = $2
		RETURNING `+channelColumns,
		c.WorkspaceID, before.ID, ref(c.GrantID), ref(c.TargetID),
		c.Lifecycle, c.Health, c.HealthReason, factsText(c.Facts), millis(c.FactsAt), millis(c.UpdatedAt),
		millis(c.HealthAt), millis(c.ProvenAt))
	saved := connect.SavedChannel{Channel: after}
	if before.GrantID != c.GrantID {
		saved.ReplacedGrant = before.GrantID
	}
	return saved, err
}
