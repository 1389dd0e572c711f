package sqlstore

import (
	"context"
	"fmt"

	"patchbay/internal/connect"
)

// GiveWay is one statement: a channel that is connected again at this moment is waited
// for, and stays.
func (t *tx) GiveWay(ctx context.Context, c connect.Channel) (connect.Channel, bool, error) {
	old, gave, err := maybe(ctx, t.run, scanChannel, `
		UPDATE channels SET external_id = '', replaced_by = $2, updated_at = $7
		WHERE workspace_id = $1 AND owner_id = $3 AND platform = $4 AND kind = $5 AND external_id = $6 AND external_id <> ''
			AND id <> $2 AND lifecycle = 'disconnected'
		RETURNING `+channelColumns,
		c.WorkspaceID, c.ID, c.OwnerID, c.Platform, c.Kind, c.ExternalID, millis(c.UpdatedAt))
	if err != nil {
		return connect.Channel{}, false, fmt.Errorf("what channel %d replaces: %w", c.ID, err)
	}
	return old, gave, nil
}
