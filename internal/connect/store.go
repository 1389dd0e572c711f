package connect

import (
	"context"
	"time"
)

// Store is the storage that the core needs. Every read that takes a workspace id
// answers fault.NotFound for what belongs to another workspace. Reads outside a
// transaction see what is committed.
type Store interface {
	Reader
	// InTx runs fn in one transaction and commits when it returns nil. fn does
	// storage work only, may be run again from the start (serialization failures:
	// what it leaves in outer variables must not depend on how often), and is not stopped by ctx once it has begun: a ctx that ends earlier gives
	// ctx.Err() and nothing has happened.
	InTx(ctx context.Context, fn func(Tx) error) error
	// Writable tells whether what is written is kept: nil, or fault.Internal
	// database_unwritable while the disk refuses it.
	Writable(ctx context.Context) error
}

// Tx is one transaction: reads, writes, and the events of what was written.
type Tx interface {
	Reader
	TenantWriter
	AppWriter
	ReplyWriter
	SessionWriter
	AttemptWriter
	GrantWriter
	ChannelWriter
	AuditWriter
	RevocationWriter
	GroupWriter
	EraseWriter
	SealedWriter
	InstanceWriter
	// Emit writes an event together with what it tells. Numbers are given at the
	// end of the transaction, so that number order is commit order.
	Emit(Event)
}

// Reader is what can be asked.
type Reader interface {
	TenantReader
	AppReader
	SessionReader
	AttemptReader
	GrantReader
	ChannelReader
	EventReader
	AuditReader
	RevocationReader
	GroupReader
	SealedReader
	InstanceReader
}

// TenantReader finds workspaces and what belongs to them by name.
type TenantReader interface {
	Workspace(ctx context.Context, id int64) (Workspace, error)
	FirstWorkspace(ctx context.Context) (Workspace, error) // lowest id; NotFound in an empty store
	LastWorkspaceID(ctx context.Context) (int64, error)    // the highest; 0 in an empty store
	// Workspaces lists by ascending id, those with an id above after, at most limit.
	Workspaces(ctx context.Context, after int64, limit int) ([]Workspace, error)
	KeyByHash(ctx context.Context, hash []byte) (Key, error)
	Key(ctx context.Context, workspaceID, id int64) (Key, error)
	// Keys lists by ascending id, those with an id above after, at most limit; of one
	// owner where ownerID is not 0.
	Keys(ctx context.Context, workspaceID, ownerID, after int64, limit int) ([]Key, error)
	// Owners lists by ascending id, those with an id above after, at most limit.
	Owners(ctx context.Context, workspaceID, after int64, limit int) ([]Owner, error)
	Owner(ctx context.Context, workspaceID, id int64) (Owner, error)
	OwnerByExternalID(ctx context.Context, workspaceID int64, externalID string) (Owner, error)
	DefaultOwner(ctx context.Context, workspaceID int64) (Owner, error)
}

// AppReader finds apps. Those of the instance are everybody's.
type AppReader interface {
	// App finds one of the workspace or of the instance.
	App(ctx context.Context, workspaceID, id int64) (App, error)
	// LiveApp is the newest one that is not retired of exactly this workspace (0: the
	// instance), platform and server.
	LiveApp(ctx context.Context, workspaceID int64, platform, server string) (App, error)
	// Apps lists the workspace's own, retired ones too, by ascending id, those with an
	// id above after, at most limit.
	Apps(ctx context.Context, workspaceID, after int64, limit int) ([]App, error)
}

// AppWriter changes apps.
type AppWriter interface {
	// EnsureApp finds the app by (workspace, platform, server, client id) or makes it.
	EnsureApp(ctx context.Context, a App) (App, error)
	// InsertApp makes an app; fault.Conflict where the workspace has a live one at the
	// platform and server.
	InsertApp(ctx context.Context, a App) (App, error)
	// LockApp reads one of the workspace or of the instance, and keeps others from changing
	// it until the transaction ends.
	LockApp(ctx context.Context, workspaceID, id int64) (App, error)
	// LockAppByID is LockApp whosever it is: for the refreshes of all workspaces.
	LockAppByID(ctx context.Context, id int64) (App, error)
	// UpdateApp writes Name, ClientID and UpdatedAt of a live app, and Sealed unless it is nil.
	UpdateApp(ctx context.Context, a App) error
	// FillApp writes ClientID, Sealed, Scopes and UpdatedAt of an app that has no
	// client id yet; else fault.Conflict and no change.
	FillApp(ctx context.Context, a App) error
	// SealApp writes Sealed of an app of the instance that has none; else fault.Conflict
	// and no change.
	SealApp(ctx context.Context, id int64, sealed []byte) error
	// PaceApp writes Trouble, TroubleAt, Failing, Holds, HoldUntil and PaceAt.
	PaceApp(ctx context.Context, a App) error
	// RetireApp ends new consents with a live app of exactly this workspace (0: the instance).
	RetireApp(ctx context.Context, workspaceID, id int64, at time.Time) error
}

// ReplyWriter keeps the answers of requests with an idempotency key.
type ReplyWriter interface {
	Reply(ctx context.Context, workspaceID int64, route string, keyHash []byte) (Reply, error)
	// InsertReply takes the place of (workspace, route, key hash); fault.Conflict when it is taken.
	InsertReply(ctx context.Context, r Reply) (Reply, error)
	// SealReply writes Sealed and OwnerID.
	SealReply(ctx context.Context, workspaceID, id, ownerID int64, sealed []byte) error
	DeleteReply(ctx context.Context, workspaceID, id int64) error
	// DropReplies deletes up to limit replies that expired at or before now, and tells how many.
	DropReplies(ctx context.Context, now time.Time, limit int) (int64, error)
}

// TenantWriter makes them. Inserts return the row with its id.
type TenantWriter interface {
	InsertWorkspace(ctx context.Context, w Workspace) (Workspace, error)
	// LockWorkspace and LockOwner read and keep others from changing what they read until
	// the transaction ends.
	LockWorkspace(ctx context.Context, id int64) (Workspace, error)
	LockOwner(ctx context.Context, workspaceID, id int64) (Owner, error)
	// UpdateWorkspace writes Name, RequireRedirectURL, AllowedRedirects, NoHeadless and BouncePage.
	UpdateWorkspace(ctx context.Context, w Workspace) error
	InsertKey(ctx context.Context, k Key) (Key, error)
	RevokeKey(ctx context.Context, workspaceID, id int64, at time.Time) error
	// EnsureOwner finds the owner by (workspace, external id) or makes it; made tells which.
	EnsureOwner(ctx context.Context, o Owner) (owner Owner, made bool, err error)
	// UpdateOwner writes Name, AvatarURL, ContactEmail, Reference and UpdatedAt.
	UpdateOwner(ctx context.Context, o Owner) error
}

// SessionReader finds sessions.
type SessionReader interface {
	Session(ctx context.Context, workspaceID, id int64) (Session, error)
	// SessionAndOwner is Session with its owner, in one read: what is polled most.
	SessionAndOwner(ctx context.Context, workspaceID, id int64) (Session, Owner, error)
	SessionByTokenHash(ctx context.Context, hash []byte) (Session, error)
	// SessionVersions tells UpdatedAt of those sessions that exist, for waiting.
	SessionVersions(ctx context.Context, ids []int64) (map[int64]time.Time, error)
	// DueSessions lists sessions not ended whose ExpiresAt is at or before now and
	// which no attempt can still turn, oldest first: one that is exchanging,
	// verifying or confirming, or one away or choosing that has not expired itself.
	DueSessions(ctx context.Context, now time.Time, limit int) ([]Session, error)
}

// SessionWriter changes sessions.
type SessionWriter interface {
	InsertSession(ctx context.Context, s Session) (Session, error)
	// LockSession reads the session and keeps others from changing it until the
	// transaction ends. Every transaction that changes a session or its attempts
	// locks the session first.
	LockSession(ctx context.Context, workspaceID, id int64) (Session, error)
	// UpdateSession writes Status, Platform, Reason, Message, ChannelIDs, UpdatedAt, EndedAt,
	// ConfirmHash and ConfirmBy.
	UpdateSession(ctx context.Context, s Session) error
	// CountLookup counts one more handle or server that was typed in the session, and
	// answers how many there were with it.
	CountLookup(ctx context.Context, workspaceID, id int64) (int, error)
}

// AttemptReader finds attempts.
type AttemptReader interface {
	Attempt(ctx context.Context, workspaceID, id int64) (Attempt, error)
	AttemptByStateHash(ctx context.Context, hash []byte) (Attempt, error)
	Attempts(ctx context.Context, workspaceID, sessionID int64) ([]Attempt, error) // oldest first
	Steps(ctx context.Context, workspaceID, sessionID int64) ([]Step, error)       // of all its attempts, in order
	// StaleAttempts lists attempts that are exchanging or verifying with a lease at
	// or before realNow, and those away, choosing or confirming with ExpiresAt at or before now.
	StaleAttempts(ctx context.Context, realNow, now time.Time, limit int) ([]Attempt, error)
}

// AttemptWriter changes attempts.
type AttemptWriter interface {
	InsertAttempt(ctx context.Context, a Attempt) (Attempt, error)
	// UpdateAttempt writes State, BrowserHash, GrantID, ChosenIDs, Reason, Message, UpdatedAt, ExpiresAt and
	// LeaseUntil, and Sealed where the new state SealsAnew, provided that the stored state is from; else
	// fault.Conflict and no change.
	UpdateAttempt(ctx context.Context, a Attempt, from AttemptState) error
	// SealAttempt writes Sealed alone (the row's id is part of what it is sealed with).
	SealAttempt(ctx context.Context, workspaceID, id int64, sealed []byte) error
	// AppendStep numbers the step within its attempt.
	AppendStep(ctx context.Context, workspaceID int64, s Step) error
}

// GrantReader finds grants and what they reach.
type GrantReader interface {
	Grant(ctx context.Context, workspaceID, id int64) (Grant, error)
	// GrantBySubject finds the usable grant of (workspace, app, subject, owner).
	GrantBySubject(ctx context.Context, workspaceID, appID int64, subject string, ownerID int64) (Grant, error)
	// GrantByBrought finds the usable grant of (workspace, app, owner) that an import brought
	// an access token with this hash for.
	GrantByBrought(ctx context.Context, workspaceID, appID, ownerID int64, access []byte) (Grant, error)
	Targets(ctx context.Context, workspaceID, grantID int64) ([]Target, error) // in the order they were saved
	// DueApps lists the apps, of all workspaces, with a usable grant whose NextAt is at or
	// before now, or that has run out as StaleGrants has it; by ascending id.
	DueApps(ctx context.Context, now time.Time, limit int) ([]App, error)
	// HeldGrants counts, by platform, the grants in PhaseHeld that have a RefreshAt.
	HeldGrants(ctx context.Context) (map[string]int64, error)
	// Now is the database's clock.
	Now(ctx context.Context) (time.Time, error)
}

// GrantWriter changes grants.
type GrantWriter interface {
	InsertGrant(ctx context.Context, g Grant) (Grant, error)
	// UpdateGrant writes everything but ids, owner, app, platform and CreatedAt, the
	// column of NextAt with it, and gives back the lease,
	// provided that the stored fence is fence; else fault.Conflict and no change.
	// Sealed must have been sealed in this transaction, never carried along: its key
	// may have been exchanged since it was read.
	UpdateGrant(ctx context.Context, g Grant, fence int64) error
	// LockGrant reads the grant and keeps others from changing it until the transaction ends.
	LockGrant(ctx context.Context, workspaceID, id int64) (Grant, error)
	// DueGrants locks and lists the app's usable grants, of all workspaces, with NextAt at
	// or before now, the longest due first. Left out are those that somebody holds by the
	// database's clock, and those that another transaction is changing.
	DueGrants(ctx context.Context, appID int64, now time.Time, limit int) ([]Grant, error)
	// TellGrants is DueGrants for those whose TellAt is at or before now.
	TellGrants(ctx context.Context, appID int64, now time.Time, limit int) ([]Grant, error)
	// StaleGrants is DueGrants for those whose ExpiresAt is at or before now while their
	// Health is still healthy (or empty) or expiring.
	StaleGrants(ctx context.Context, appID int64, now time.Time, limit int) ([]Grant, error)
	// ClaimGrant writes Fence, UpdatedAt and what keeps the grant alive (Health to TellAt),
	// not its credentials, and a lease that ends by the database's clock after lease, provided that the stored fence is fence; else fault.Conflict and no change.
	ClaimGrant(ctx context.Context, g Grant, fence int64, lease time.Duration) error
	// JumpEvents leaves out numbers of events, in every workspace and for every channel: more
	// than can have been given since a restored database was copied.
	JumpEvents(ctx context.Context) error
	// HoldGrants puts every usable grant into PhaseHeld, whoever holds a lease on it.
	HoldGrants(ctx context.Context) error
	// ResumeGrants is its end: those with a RefreshAt go into PhaseAwaiting and are due at
	// once, the others into PhaseIdle.
	ResumeGrants(ctx context.Context) error
	// ReleaseGrants gives back every lease: for a process that has the store to itself.
	ReleaseGrants(ctx context.Context) error
	// DeadGrants locks and lists the usable grants, of all workspaces, whose Health is
	// HealthNeedsReauth, with credentials that are to be looked at at or before now, the
	// longest due first. A grant is so until PlanErasure says otherwise. Left out are those
	// that somebody holds by the database's clock, and those that another transaction is
	// changing.
	DeadGrants(ctx context.Context, now time.Time, limit int) ([]Grant, error)
	// PlanErasure says from when on DeadGrants lists the grant.
	PlanErasure(ctx context.Context, workspaceID, id int64, at time.Time) error
	// EmptyGrant erases the credentials of a grant and of its targets, with what tells
	// imported ones again and what is due for it, and moves its fence on. DeadGrants lists it no more, until UpdateGrant wrote others.
	EmptyGrant(ctx context.Context, workspaceID, id int64) error
	// DeleteGrant removes a grant, with its targets. fault.Conflict and no change
	// while a channel has it or an attempt that is verifying, choosing or confirming
	// points at it.
	DeleteGrant(ctx context.Context, workspaceID, id int64) error
	// SaveTarget inserts or updates by (grant, kind, external id); the id stays.
	// Sealed and TokenVersion are written too: seal again afterwards.
	SaveTarget(ctx context.Context, t Target) (Target, error)
	// SealTarget writes Sealed and TokenVersion alone.
	SealTarget(ctx context.Context, workspaceID, id int64, sealed []byte, version int64) error
	// DropTargets deletes the grant's targets except keep (ids) and those a channel points at.
	DropTargets(ctx context.Context, workspaceID, grantID int64, keep []int64) error
}

// ChannelFilter narrows a list. Zero values do not narrow.
type ChannelFilter struct {
	OwnerID   int64
	Platform  string
	Kind      string
	Lifecycle Lifecycle // empty: active and paused
	Health    Health
}

// ChannelReader finds channels.
type ChannelReader interface {
	Channel(ctx context.Context, workspaceID, id int64) (Channel, error)
	// ChannelAndOwner is Channel with its owner, in one read.
	ChannelAndOwner(ctx context.Context, workspaceID, id int64) (Channel, Owner, error)
	// Channels lists by ascending id, those with an id above after, at most limit.
	Channels(ctx context.Context, workspaceID int64, f ChannelFilter, after int64, limit int) ([]Channel, error)
	// ChannelsOfGrant lists the channels that have the grant, disconnected ones left out, by ascending id.
	ChannelsOfGrant(ctx context.Context, workspaceID, grantID int64) ([]Channel, error)
}

// SavedChannel is what SaveChannel did.
type SavedChannel struct {
	Channel
	Made          bool      // it is new
	Before        Lifecycle // of a channel that was there; empty where Made
	ReplacedGrant int64     // the grant that it had before, where that was another one; else 0
}

// event is the one that tells of it.
func (c SavedChannel) event() string {
	if c.Made {
		return EventChannelConnected
	}
	return EventChannelReconnected
}

// ChannelWriter changes channels.
type ChannelWriter interface {
	// SaveChannel inserts, or revives and updates the one with the same (workspace,
	// owner, platform, kind, external id); id and Review stay.
	SaveChannel(ctx context.Context, c Channel) (SavedChannel, error)
	// SetChannelHealth writes Health, HealthReason, HealthAt, ProvenAt and UpdatedAt.
	SetChannelHealth(ctx context.Context, c Channel) error
	// LockChannel reads the channel and keeps others from changing it until the
	// transaction ends. Who locks its grant too locks the grant first.
	LockChannel(ctx context.Context, workspaceID, id int64) (Channel, error)
	// LockChannels is LockChannel for several, those that are there, by id.
	LockChannels(ctx context.Context, workspaceID int64, ids []int64) (map[int64]Channel, error)
	// UpdateChannel writes everything but the ids of channel and workspace, Platform,
	// Review and CreatedAt; fault.Conflict "channel_exists" and no change where the owner
	// has another channel of the same platform, kind and external id. A channel that
	// becomes disconnected leaves its groups. ReplacedBy stays.
	UpdateChannel(ctx context.Context, c Channel) error
	// GiveWay takes the account from the disconnected channel, other than c, of c's owner,
	// Platform, Kind and ExternalID: it loses its ExternalID, ReplacedBy becomes c's id, and
	// UpdatedAt that of c. gave is false, and nothing changed, where there is none.
	GiveWay(ctx context.Context, c Channel) (old Channel, gave bool, err error)
}

// AuditReader reads the audit log.
type AuditReader interface {
	// AuditLog lists by ascending number, those above after, at most limit.
	AuditLog(ctx context.Context, workspaceID, after int64, limit int) ([]AuditEntry, error)
	// AuditHead is the end of the workspace's chain; NotFound before the first entry.
	AuditHead(ctx context.Context, workspaceID int64) (AuditHead, error)
	// UnchainedWorkspaces lists by ascending id the workspaces without a head, or whose
	// head has no Since, those with an id above after, at most limit. It reads no entries.
	UnchainedWorkspaces(ctx context.Context, after int64, limit int) ([]int64, error)
}

// AuditWriter writes the audit log.
type AuditWriter interface {
	// Record writes an entry. It is numbered and chained (link) at the end of the
	// transaction, after everything else but the events' numbers, so that number order
	// is commit order; an error of link fails the transaction. link is given it as it will
	// be read again: At in milliseconds, no Data as {}.
	Record(e AuditEntry, link AuditLink)
}

// RevocationReader finds what is to be told to platforms.
type RevocationReader interface {
	// DueRevocationApps lists by ascending id the apps that DueRevocations has something for.
	DueRevocationApps(ctx context.Context, now time.Time, limit int) ([]int64, error)
	// DueRevocations lists those of the app, of all workspaces, whose NextAt is at or before
	// now and that nobody holds by the database's clock, the longest due first.
	DueRevocations(ctx context.Context, appID int64, now time.Time, limit int) ([]Revocation, error)
	// LiveConsents counts the grants that rest on the OAuth client (client id and server:
	// platforms may share one) and the subject, over all workspaces: usable and held
	// ones, but for those that are dead and emptied (EmptyGrant); and, as unknown, those of
	// the client whose subject is not known yet.
	LiveConsents(ctx context.Context, clientID, server, subject string) (live, unknown int, err error)
	// ConsentsOf lists the usable grants of a client and subject, emptied ones too, at most limit.
	ConsentsOf(ctx context.Context, clientID, server, subject string, limit int) ([]Grant, error)
}

// RevocationWriter changes them.
type RevocationWriter interface {
	InsertRevocation(ctx context.Context, r Revocation) (Revocation, error)
	SealRevocation(ctx context.Context, workspaceID, id int64, sealed []byte) error
	// ClaimRevocation raises Fence and takes a lease by the database's clock, provided that
	// the stored fence is r.Fence and nobody holds it; else fault.Conflict.
	ClaimRevocation(ctx context.Context, r Revocation, lease time.Duration) (Revocation, error)
	// PostponeRevocation writes Tries and NextAt and gives back the lease, provided that
	// the stored fence is r.Fence; else fault.Conflict.
	PostponeRevocation(ctx context.Context, r Revocation) error
	// DropRevocation deletes it, provided that the stored fence is r.Fence; else
	// fault.Conflict.
	DropRevocation(ctx context.Context, r Revocation) error
	// CallOffRevocations deletes those of the client and subject, over all workspaces,
	// that nobody holds, and tells how many somebody holds at this moment: too late.
	CallOffRevocations(ctx context.Context, clientID, server, subject string) (underWay int, err error)
	// ForgetRevocations deletes all of them, of all workspaces, whoever holds them: for a
	// copy of a database whose original lives on.
	ForgetRevocations(ctx context.Context) error
}

// GroupReader finds groups.
type GroupReader interface {
	Group(ctx context.Context, workspaceID, id int64) (Group, error)
	Groups(ctx context.Context, workspaceID, ownerID int64) ([]Group, error) // by ascending id
}

// GroupWriter changes groups.
type GroupWriter interface {
	InsertGroup(ctx context.Context, g Group) (Group, error)
	// UpdateGroup writes Name, ChannelIDs and UpdatedAt.
	UpdateGroup(ctx context.Context, g Group) error
	DeleteGroup(ctx context.Context, workspaceID, id int64) error
}

// EraseWriter takes everything of an owner away. The core has taken the channels from
// their grants and the grants with their targets away before.
type EraseWriter interface {
	// GrantsOfOwner lists the grants that the owner consented to, in any state, and locks them.
	GrantsOfOwner(ctx context.Context, workspaceID, ownerID int64) ([]Grant, error)
	// ForgetSessions deletes the owner's sessions with their attempts and steps, which may
	// point at grants, and tells how many. It comes before the grants are deleted.
	ForgetSessions(ctx context.Context, workspaceID, ownerID int64) (int, error)
	// ForgetEndedSessions is ForgetSessions for up to limit of those that have ended: what
	// is much goes before, so that the rest is one short transaction.
	ForgetEndedSessions(ctx context.Context, workspaceID, ownerID int64, limit int) (int, error)
	// BlankEvents blanks the data of up to limit events that name the owner, those with a
	// number above after, and answers the last one's number; 0: there is none. LastWords
	// keep their channel_id, platform and reason.
	BlankEvents(ctx context.Context, workspaceID, ownerID, after int64, limit int) (last int64, err error)
	// ForgetOwner deletes the owner's groups, channels, attempts with their steps,
	// sessions, kept replies of keys bound to them or about them, and those keys; blanks the
	// data of the events about them, as BlankEvents does, drops the bodies of their deliveries
	// and raises Fence of these, unless somebody holds them: whoever is about to claim one has
	// lost it, whoever sends one tells what came of it; skips those that are pending, held by
	// nobody and no LastWords, and makes what was behind them due; empties the endpoints
	// that hear of them alone, as a deletion does; and deletes the owner, unless it is the
	// default one, whose name and facts are cleared. It tells how many channels, sessions
	// and keys went. fault.Conflict while a grant of theirs stands, or a channel of theirs
	// is on one.
	ForgetOwner(ctx context.Context, workspaceID, ownerID int64) (channels, sessions, keys int, err error)
}

// EventReader reads the log of what happened.
type EventReader interface {
	// Events lists by ascending number, those above after, at most limit.
	Events(ctx context.Context, workspaceID, after int64, limit int) ([]Event, error)
}
