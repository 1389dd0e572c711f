package connect

import (
	"context"
	"fmt"

	"patchbay/internal/fault"
)

// errReplaced answers a reconnect of a channel whose account another one stands for.
func errReplaced(ch Channel) error {
	return fault.Newf(fault.Conflict, "channel_replaced", "Channel %d stands for this account now. Reconnect that one.", ch.ReplacedBy)
}

// replace has the owner's disconnected channel of the account that ch is about to stand
// for give way: its application ended it, so it keeps nobody from that account. It keeps
// its id and what is known of it, stays disconnected for good, and tells by which it was
// replaced. One that is connected stays, and the store refuses ch.
func (s *Service) replace(ctx context.Context, tx Tx, c Caller, ch Channel) error {
	old, gave, err := tx.GiveWay(ctx, ch)
	if err != nil || !gave {
		return err
	}
	by := fmt.Sprint(ch.ID)
	s.emit(tx, Event{
		WorkspaceID: old.WorkspaceID, Type: EventChannelReplaced, OwnerID: old.OwnerID, ChannelID: old.ID, Cause: CauseIntegration,
		Data: eventData("platform", old.Platform, "kind", ch.Kind, "external_id", ch.ExternalID, "replaced_by", by),
	})
	s.Record(tx, c, AuditEntry{
		Action: AuditChannelReplaced, OwnerID: old.OwnerID, ChannelID: old.ID, Data: eventData("platform", old.Platform, "replaced_by", by),
	})
	return nil
}
