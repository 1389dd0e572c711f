package connect

import (
	"context"
	"time"
)

// Actor is who did what the audit log tells.
type Actor string

const (
	ActorKey      Actor = "key"      // an application, with an API key
	ActorPerson   Actor = "person"   // on our pages
	ActorOperator Actor = "operator" // on the command line of the server
	ActorSystem   Actor = "system"   // the program itself
)

// AuditEntry is one line of who did what, when and from where. It names nobody: what it
// tells of outlives whom it tells of.
type AuditEntry struct {
	WorkspaceID int64
	Number      int64 // per workspace, in commit order, from 1, without gaps; set by the store
	At          time.Time
	Actor       Actor
	KeyID       int64  // of ActorKey; else 0
	From        string // the address that it was asked from; empty: not known, or the program itself
	Action      string // AuditTokenLeased and its like
	OwnerID     int64  // 0: none
	ChannelID   int64  // 0: none
	Data        []byte // JSON object without secrets and without names of people
	Hash        []byte // 32 bytes: HMAC-SHA256 over the entry and the Hash before it; empty in entries from before the chain
}

// AuditHead is the end of a workspace's chain, as stored.
type AuditHead struct {
	ID          int64
	WorkspaceID int64
	Number      int64  // of the last entry; 0: there is none
	Hash        []byte // of the last entry
	Since       int64  // number of the first entry that is chained; 0: none is
	Mac         []byte // HMAC-SHA256 over the fields above: without the key nobody moves the end
	Sealed      []byte // the chain's key; nil before the first entry
}

// AuditLink chains an entry to the head before it: it answers the entry with its Hash and
// the head after it.
type AuditLink func(head AuditHead, e AuditEntry) (AuditHead, AuditEntry, error)

// Actions of the audit log.
const (
	AuditBegan               = "audit.began" // the chain, in a log that had none; Data tells how many entries there were before
	AuditTokenLeased         = "token.leased"
	AuditChannelChecked      = "channel.checked"
	AuditChannelConnected    = "channel.connected"
	AuditChannelReconnecting = "channel.reconnect_asked"
	AuditChannelPaused       = "channel.paused"
	AuditChannelResumed      = "channel.resumed"
	AuditChannelRenamed      = "channel.renamed"
	AuditChannelRetargeted   = "channel.retargeted"
	AuditChannelMoved        = "channel.moved"
	AuditChannelDisconnected = "channel.disconnected"
	AuditChannelReplaced     = "channel.replaced"
	AuditChannelImported     = "channel.imported"
	AuditGrantRevoked        = "grant.revoked"
	AuditSessionCreated      = "session.created"
	AuditSessionCanceled     = "session.canceled"
	AuditSessionConfirmed    = "session.confirmed"
	AuditOwnerCreated        = "owner.created"
	AuditOwnerChanged        = "owner.changed"
	AuditOwnerErased         = "owner.erased"
	AuditAppCreated          = "app.created"
	AuditAppChanged          = "app.changed"
	AuditAppRetired          = "app.retired"
	AuditKeyCreated          = "key.created"
	AuditKeyRevoked          = "key.revoked"
	AuditWorkspaceCreated    = "workspace.created"
	AuditWorkspaceChanged    = "workspace.changed"
	AuditEndpointCreated     = "endpoint.created"
	AuditEndpointChanged     = "endpoint.changed"
	AuditEndpointDeleted     = "endpoint.deleted"
	AuditSecretRotated       = "endpoint.secret_rotated"
	AuditEndpointTested      = "endpoint.tested"
	AuditDeliveryReplayed    = "delivery.replayed"
	AuditRefreshingHeld      = "refreshing.held" // these four are told to every workspace: they are about the whole database
	AuditRefreshingResumed   = "refreshing.resumed"
	AuditDatabaseRestored    = "database.restored"
	AuditKeysRotated         = "keys.rotated"
)

// AuditLog lists a workspace's audit log by ascending number, those above after.
// Needs ScopeAuditRead and a key that is not bound to an owner.
func (s *Service) AuditLog(ctx context.Context, c Caller, after int64, limit int) ([]AuditEntry, error) {
	if err := c.requireWhole(ScopeAuditRead); err != nil {
		return nil, err
	}
	return s.store.AuditLog(ctx, c.WorkspaceID, after, limit)
}

// Record writes what a caller did into the audit log, in the transaction of the deed. Data
// holds ids, words of ours and names of fields: no name of a person, no address, no secret.
func (s *Service) Record(tx Tx, c Caller, e AuditEntry) {
	e.Actor, e.KeyID, e.From = ActorKey, c.KeyID, c.From
	s.recordIn(tx, c.WorkspaceID, e)
}

// recordSystem is Record for what the program does by itself.
func (s *Service) recordSystem(tx Tx, workspaceID int64, e AuditEntry) {
	e.Actor = ActorSystem
	s.recordIn(tx, workspaceID, e)
}

// recordPerson is Record for what somebody does on our pages.
func (s *Service) recordPerson(tx Tx, workspaceID int64, e AuditEntry) {
	e.Actor = ActorPerson
	s.recordIn(tx, workspaceID, e)
}

func (s *Service) recordIn(tx Tx, workspaceID int64, e AuditEntry) {
	e.WorkspaceID, e.At = workspaceID, s.now()
	tx.Record(e, s.link)
}
