package connect

import "time"

// Cause is who or what made an event happen.
type Cause string

const (
	CauseCustomer    Cause = "customer" // the person, on our pages or at the platform
	CauseIntegration Cause = "integration"
	CauseOperator    Cause = "operator"
	CausePlatform    Cause = "platform"
	CauseSystem      Cause = "system"
)

// Event types.
const (
	EventSessionCreated      = "session.created"
	EventSessionFailed       = "session.failed"
	EventSessionSucceeded    = "session.succeeded"
	EventSessionCanceled     = "session.canceled"
	EventSessionExpired      = "session.expired"
	EventGrantCreated        = "grant.created"
	EventGrantRenewed        = "grant.renewed" // a new consent replaced the credentials
	EventGrantErased         = "grant.erased"  // nothing used it any more
	EventChannelConnected    = "channel.connected"
	EventChannelReconnected  = "channel.reconnected"
	EventChannelExpiring     = "channel.expiring" // 14, 7 and 1 days before only the person can go on
	EventChannelNeedsReauth  = "channel.needs_reauth"
	EventChannelError        = "channel.error"
	EventChannelRecovered    = "channel.recovered" // healthy again
	EventChannelPaused       = "channel.paused"
	EventChannelResumed      = "channel.resumed"
	EventChannelRenamed      = "channel.renamed"
	EventChannelRetargeted   = "channel.retargeted"   // it stands for another target of its consent now
	EventChannelMoved        = "channel.moved"        // to another owner
	EventChannelMovedAway    = "channel.moved_away"   // from this owner, to another
	EventChannelDisconnected = "channel.disconnected" // final until it is connected again; data has the reason
	EventChannelReplaced     = "channel.replaced"     // another took over its account while it was disconnected; data has its id
	EventChannelErased       = "channel.erased"       // with its owner, while it was connected; data has its id, which names nothing any more
	EventGrantRevoked        = "grant.revoked"        // the platform was told that a consent is over; data has the outcome
	EventOwnerErased         = "owner.erased"
	EventEndpointDisabled    = "endpoint.disabled" // nothing is sent there any more; data has the reason
	EventAppTroubled         = "app.troubled"      // of a workspace's own app
	EventAppRecovered        = "app.recovered"
)

// Event is something that happened, written once, in the transaction of what it tells.
type Event struct {
	WorkspaceID int64
	Number      int64 // per workspace, in commit order, from 1, without gaps but where a restore left some; set by the store
	Type        string
	OwnerID     int64 // 0: none
	SessionID   int64 // 0: none
	ChannelID   int64 // 0: none
	ChannelSeq  int64 // per channel, from 1; 0 without a channel; set by the store
	Cause       Cause
	Data        []byte // JSON object without secrets
	At          time.Time
}
