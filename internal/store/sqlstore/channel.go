package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

const channelColumns = `id, workspace_id, owner_id, platform, kind, external_id, grant_id, target_id,
	lifecycle, health, health_reason, health_at, proven_at, review, label, facts, facts_at, created_at, updated_at, replaced_by`

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
		&c.Label,
		factsColumn{&c.Facts},
		timeColumn{&c.FactsAt},
		timeColumn{&c.CreatedAt},
		timeColumn{&c.UpdatedAt},
		refColumn{&c.ReplacedBy},
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

// SaveChannel writes everything but the key, the id, Review, Label and CreatedAt where it
// updates: a new consent undoes neither what a reviewer decided nor what the application
// calls it. A channel without an external id is always a new one.
func (t *tx) SaveChannel(ctx context.Context, c connect.Channel) (connect.SavedChannel, error) {
	channel, made, err := maybe(ctx, t.run, scanChannel, `
		INSERT INTO channels (workspace_id, owner_id, platform, kind, external_id, grant_id, target_id,
			lifecycle, health, health_reason, health_at, proven_at, review, label, facts, facts_at, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
		ON CONFLICT (workspace_id, owner_id, platform, kind, external_id) WHERE external_id <> '' DO NOTHING
		RETURNING `+channelColumns,
		c.WorkspaceID, c.OwnerID, c.Platform, c.Kind, c.ExternalID, ref(c.GrantID), ref(c.TargetID),
		c.Lifecycle, c.Health, c.HealthReason, millis(c.HealthAt), millis(c.ProvenAt), c.Review, c.Label, factsText(c.Facts),
		millis(c.FactsAt), millis(c.CreatedAt), millis(c.UpdatedAt))
	if err != nil {
		return connect.SavedChannel{}, fmt.Errorf("channel: %w", err)
	}
	if made {
		return connect.SavedChannel{Channel: channel, Made: true}, nil
	}
	return t.reviveChannel(ctx, c)
}

func (t *tx) reviveChannel(ctx context.Context, c connect.Channel) (connect.SavedChannel, error) {
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
	saved := connect.SavedChannel{Channel: after, Before: before.Lifecycle}
	if before.GrantID != c.GrantID {
		saved.ReplacedGrant = before.GrantID
	}
	return saved, err
}

// LockChannel lets others go on making rows that refer to the channel.
func (t *tx) LockChannel(ctx context.Context, workspaceID, id int64) (connect.Channel, error) {
	return one(ctx, t.run, "channel", scanChannel, `
		SELECT `+channelColumns+` FROM channels WHERE workspace_id = $1 AND id = $2`+t.dialect.lockFields, workspaceID, id)
}

// LockChannels locks in the order of the ids, so that two transactions cannot wait for
// each other.
func (t *tx) LockChannels(ctx context.Context, workspaceID int64, ids []int64) (map[int64]connect.Channel, error) {
	all := map[int64]connect.Channel{}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	for chunk := range slices.Chunk(ids, 50) {
		args := []any{workspaceID}
		for _, id := range chunk {
			args = append(args, id)
		}
		channels, err := many(ctx, t.run, scanChannel, `
			SELECT `+channelColumns+` FROM channels WHERE workspace_id = $1 AND id IN (`+placeholders(2, len(chunk))+`)
			ORDER BY id`+t.dialect.lockFields, args...)
		if err != nil {
			return nil, fmt.Errorf("channels: %w", err)
		}
		for _, c := range channels {
			all[c.ID] = c
		}
	}
	return all, nil
}

// UpdateChannel looks for the owner's other channel first: after a statement that failed
// the transaction could not go on. One that comes in between is found by the index. The
// channel leaves groups that are not its owner's by now, too.
func (t *tx) UpdateChannel(ctx context.Context, c connect.Channel) error {
	_, taken, err := maybe(ctx, t.run, scanID, `
		SELECT id FROM channels
		WHERE workspace_id = $1 AND owner_id = $2 AND platform = (SELECT platform FROM channels WHERE workspace_id = $1 AND id = $3)
		AND kind = $4 AND external_id = $5 AND external_id <> '' AND id <> $3`,
		c.WorkspaceID, c.OwnerID, c.ID, c.Kind, c.ExternalID)
	if err != nil {
		return fmt.Errorf("channel %d: %w", c.ID, err)
	}
	if taken {
		return errChannelExists()
	}
	err = change(ctx, t.run, "channel", `
		UPDATE channels
		SET owner_id = $3, kind = $4, external_id = $5, grant_id = $6, target_id = $7, lifecycle = $8, health = $9,
			health_reason = $10, health_at = $11, proven_at = $12, label = $13, facts = $14, facts_at = $15, updated_at = $16
		WHERE workspace_id = $1 AND id = $2`,
		c.WorkspaceID, c.ID, c.OwnerID, c.Kind, c.ExternalID, ref(c.GrantID), ref(c.TargetID), c.Lifecycle, c.Health,
		c.HealthReason, millis(c.HealthAt), millis(c.ProvenAt), c.Label, factsText(c.Facts), millis(c.FactsAt), millis(c.UpdatedAt))
	if errors.Is(err, fault.Conflict) {
		return errChannelExists().Because(err)
	}
	if err != nil {
		return err
	}
	return t.leaveGroups(ctx, c)
}

func errChannelExists() *fault.Error {
	return fault.New(fault.Conflict, "channel_exists", "This owner has a channel of the same account already. Disconnect that one first: a disconnected one gives way.")
}
