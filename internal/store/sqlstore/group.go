package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"patchbay/internal/connect"
)

const selectGroup = `
	SELECT id, workspace_id, owner_id, name, created_at, updated_at, (
		SELECT '[' || COALESCE(string_agg(CAST(m.channel_id AS TEXT), ',' ORDER BY m.channel_id), '') || ']'
		FROM channel_group_members m WHERE m.workspace_id = g.workspace_id AND m.group_id = g.id)
	FROM channel_groups g`

func scanGroup(r row) (g connect.Group, err error) {
	err = r.Scan(&g.ID, &g.WorkspaceID, &g.OwnerID, &g.Name, timeColumn{&g.CreatedAt}, timeColumn{&g.UpdatedAt},
		listColumn[int64]{&g.ChannelIDs})
	return g, err
}

func (s reader) Group(ctx context.Context, workspaceID, id int64) (connect.Group, error) {
	return one(ctx, s.run, "group", scanGroup, selectGroup+` WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (s reader) Groups(ctx context.Context, workspaceID, ownerID int64) ([]connect.Group, error) {
	groups, err := many(ctx, s.run, scanGroup, selectGroup+` WHERE workspace_id = $1 AND owner_id = $2 ORDER BY id`, workspaceID, ownerID)
	if err != nil {
		return nil, fmt.Errorf("groups of owner %d: %w", ownerID, err)
	}
	return groups, nil
}

func (t *tx) InsertGroup(ctx context.Context, g connect.Group) (connect.Group, error) {
	id, err := one(ctx, t.run, "group", scanID, `
		INSERT INTO channel_groups (workspace_id, owner_id, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $5)
		RETURNING id`, g.WorkspaceID, g.OwnerID, g.Name, millis(g.CreatedAt), millis(g.UpdatedAt))
	if err != nil {
		return connect.Group{}, err
	}
	if err := t.addMembers(ctx, g.WorkspaceID, id, g.ChannelIDs); err != nil {
		return connect.Group{}, err
	}
	return t.Group(ctx, g.WorkspaceID, id)
}

func (t *tx) UpdateGroup(ctx context.Context, g connect.Group) error {
	err := change(ctx, t.run, "group", `
		UPDATE channel_groups SET name = $3, updated_at = $4 WHERE workspace_id = $1 AND id = $2`,
		g.WorkspaceID, g.ID, g.Name, millis(g.UpdatedAt))
	if err != nil {
		return err
	}
	if err := t.dropMembers(ctx, g.WorkspaceID, g.ID); err != nil {
		return err
	}
	return t.addMembers(ctx, g.WorkspaceID, g.ID, g.ChannelIDs)
}

func (t *tx) DeleteGroup(ctx context.Context, workspaceID, id int64) error {
	if err := t.dropMembers(ctx, workspaceID, id); err != nil {
		return err
	}
	return change(ctx, t.run, "group", `DELETE FROM channel_groups WHERE workspace_id = $1 AND id = $2`, workspaceID, id)
}

func (t *tx) dropMembers(ctx context.Context, workspaceID, id int64) error {
	_, err := t.run.exec(ctx, `DELETE FROM channel_group_members WHERE workspace_id = $1 AND group_id = $2`, workspaceID, id)
	if err != nil {
		return fmt.Errorf("members of group %d: %w", id, err)
	}
	return nil
}

func (t *tx) addMembers(ctx context.Context, workspaceID, id int64, channels []int64) error {
	for chunk := range slices.Chunk(channels, 500) { // engines bound the parameters of a statement
		var rows []string
		args := []any{workspaceID, id}
		for _, channel := range chunk {
			args = append(args, channel)
			rows = append(rows, fmt.Sprintf("($1, $2, $%d)", len(args)))
		}
		_, err := t.run.exec(ctx, `
			INSERT INTO channel_group_members (workspace_id, group_id, channel_id)
			VALUES `+strings.Join(rows, ", ")+` ON CONFLICT DO NOTHING`, args...)
		if err != nil {
			return fmt.Errorf("members of group %d: %w", id, err)
		}
	}
	return nil
}

// leaveGroups takes a channel out of the groups that it is in no more: of all, when it is
// disconnected, and of those of an owner who has it no more.
func (t *tx) leaveGroups(ctx context.Context, c connect.Channel) error {
	_, err := t.run.exec(ctx, `
		DELETE FROM channel_group_members WHERE workspace_id = $1 AND channel_id = $2
		AND ($3 OR group_id NOT IN (SELECT id FROM channel_groups WHERE workspace_id = $1 AND owner_id = $4))`,
		c.WorkspaceID, c.ID, c.Lifecycle == connect.LifecycleDisconnected, c.OwnerID)
	if err != nil {
		return fmt.Errorf("groups of channel %d: %w", c.ID, err)
	}
	return nil
}
