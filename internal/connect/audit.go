package connect

import (
	"context"
	"time"
)

// AuditEntry is one line of who did what.
type AuditEntry struct {
	ID          int64
	WorkspaceID int64
	At          time.Time
	KeyID       int64  // who: the API key; 0: the program itself
	Action      string // what: "token.leased", "channel.checked"
	OwnerID     int64  // 0: none
	ChannelID   int64  // 0: none
	Data        []byte // JSON object without secrets
}

// Actions of the audit log.
const (
	AuditTokenLeased    = "token.leased"
	AuditChannelChecked = "channel.checked"
)

// AuditLog lists a workspace's audit log by ascending id, those with an id above after.
// Needs ScopeAuditRead and a key that is not bound to an owner.
func (s *Service) AuditLog(ctx context.Context, c Caller, after int64, limit int) ([]AuditEntry, error) {
	if err := c.requireWhole(ScopeAuditRead); err != nil {
		return nil, err
	}
	return s.store.AuditLog(ctx, c.WorkspaceID, after, limit)
}
