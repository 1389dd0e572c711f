package connect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"patchbay/internal/fault"
)

// Intents of imports stand among the kept replies, at a route that no request has: a row
// that one can have, and that is gone by itself after a while.
const importIntent = "import: refresh token on its way"

// intend says, in the transaction that takes the import's turn, that its refresh token is
// about to be sent. taken: another process said so, and what comes of it is not there yet.
// The app is locked.
func (im *importing) intend(ctx context.Context, tx Tx) (taken bool, err error) {
	m, err := im.s.markerOf(ctx, tx, im.c.WorkspaceID)
	if err != nil || m.key == nil {
		return false, err
	}
	intent := Reply{
		WorkspaceID: im.c.WorkspaceID, Route: importIntent, KeyHash: m.hash(broughtRefreshLabel, im.r.Refresh), Fingerprint: []byte(importIntent),
		ExpiresAt: im.s.now().Add(im.s.deadlineOf(im.p.Spec()) + 30*time.Second),
	}
	switch other, err := tx.Reply(ctx, intent.WorkspaceID, intent.Route, intent.KeyHash); {
	case errors.Is(err, fault.NotFound):
	case err != nil:
		return false, err
	case other.ExpiresAt.After(im.s.now()):
		return true, nil
	default: // it died on the way
		if err := tx.DeleteReply(ctx, other.WorkspaceID, other.ID); err != nil {
			return false, err
		}
	}
	intent, err = tx.InsertReply(ctx, intent)
	if err != nil {
		return false, fmt.Errorf("intent of an import: %w", err)
	}
	im.intent = intent.ID
	return false, nil
}

// arrived takes the intent back, in the transaction that knows what came of it.
func (im *importing) arrived(ctx context.Context, tx Tx) error {
	if im.intent == 0 {
		return nil
	}
	err := tx.DeleteReply(ctx, im.c.WorkspaceID, im.intent)
	if errors.Is(err, fault.NotFound) { // it took so long
		return nil
	}
	return err
}
