package connect

import (
	"time"

	"patchbay/internal/platform"
)

// GrantState is how far a consent may be relied on.
type GrantState string

const (
	GrantUnverified GrantState = "unverified" // credentials stored, whose they are is not known yet
	GrantHeld       GrantState = "held"       // verified, but the application must confirm first
	GrantUsable     GrantState = "usable"
)

// Grant is one person's consent at one platform, with its sealed credentials.
// Unique by (workspace, app, subject, owner) once usable.
type Grant struct {
	ID           int64
	WorkspaceID  int64
	OwnerID      int64
	AppID        int64
	Platform     string
	State        GrantState
	Subject      string // the platform's id of the person; empty while unverified
	Facts        platform.Facts
	Scopes       []string // granted
	ScopesTold   bool     // false: the platform has not said yet
	Sealed       []byte   // credentials, bound to TokenVersion
	ExpiresAt    time.Time
	Fence        int64
	TokenVersion int64
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Brought      Brought // by the last import, if any

	// What keeps it alive. Of a grant that is not usable all of it is zero.
	Health       Health    // of the consent itself: healthy, expiring, needs_reauth, error; empty is healthy
	HealthReason string    // empty when healthy
	ProvenAt     time.Time // when the platform last accepted it
	EndsAt       time.Time // when only the person can renew it; zero: not known, or never
	IssuedAt     time.Time // of the access token
	Phase        GrantPhase
	Failures     int       // refreshes in a row that did not succeed
	Told         int       // the last forecast told: 14, 7 or 1 days before EndsAt; 0: none
	RefreshAt    time.Time // when a refresh is due; zero: none will be
	ProbeAt      time.Time // when a probe is due; zero: none will be
	TellAt       time.Time // when a forecast is due, or the end itself; zero: none will be
	// LeaseLeft is how long somebody may still hold the grant to refresh or probe it, by
	// the database's clock when it was read; zero or less: nobody does.
	LeaseLeft time.Duration
}

// Brought are keyed hashes of the tokens that an import brought, by which the same tokens
// are known again when others have taken their place. Nil: none was brought, or the key was
// not there.
type Brought struct{ Access, Refresh []byte }

// GrantPhase is where a refresh stands between our intent and our commit.
type GrantPhase string

const (
	PhaseIdle GrantPhase = ""
	// PhaseRedeeming is written before the refresh is sent. Found without a lease it
	// tells of a process that died (or froze) on the way.
	PhaseRedeeming GrantPhase = "redeeming"
	// PhaseAwaiting follows an answer that was lost where the refresh token is single
	// use: it is not sent again before the access token nears its end.
	PhaseAwaiting GrantPhase = "awaiting"
	// PhaseHeld is a grant of a restored or copied database: another server may live on
	// with newer tokens of the same consent, which a refresh with an old one could end. A
	// refresh token that is single use is not sent until the operator says so.
	PhaseHeld GrantPhase = "held"
)

// NextAt is when something is due: the earliest of the three; zero: nothing.
func (g Grant) NextAt() time.Time {
	var next time.Time
	for _, at := range []time.Time{g.RefreshAt, g.ProbeAt, g.TellAt} {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// Target is something a grant can reach, as stored.
type Target struct {
	ID           int64
	WorkspaceID  int64
	GrantID      int64
	Kind         string
	Role         platform.Role
	ExternalID   string
	Facts        platform.Facts
	Blocked      string // why it cannot be chosen; empty: it can
	Sealed       []byte // credentials of its own; nil: none
	TokenVersion int64
}

// Lifecycle is a channel's first dimension.
type Lifecycle string

const (
	LifecycleActive       Lifecycle = "active"
	LifecyclePaused       Lifecycle = "paused"
	LifecycleDisconnected Lifecycle = "disconnected"
)

// Health is a channel's second dimension.
type Health string

const (
	HealthHealthy     Health = "healthy"
	HealthExpiring    Health = "expiring"
	HealthNeedsReauth Health = "needs_reauth"
	HealthError       Health = "error"
	HealthUnknown     Health = "unknown" // nothing to prove
)

// ReviewState is a channel's third dimension.
type ReviewState string

const (
	ReviewNone      ReviewState = "none"
	ReviewPending   ReviewState = "pending"
	ReviewAccepted  ReviewState = "accepted"
	ReviewRejected  ReviewState = "rejected"
	ReviewSuspended ReviewState = "suspended"
)

// Channel is a target that was chosen: what the application uses. Its id stays
// for life. Unique by (workspace, owner, platform, kind, external id).
type Channel struct {
	ID           int64
	WorkspaceID  int64
	OwnerID      int64
	Platform     string
	Kind         string
	ExternalID   string
	GrantID      int64 // 0: stands without one
	TargetID     int64 // 0: none chosen
	Lifecycle    Lifecycle
	Health       Health
	HealthReason string    // reason slug; empty when healthy
	HealthAt     time.Time // when Health or HealthReason last changed; zero: when it was connected
	ProvenAt     time.Time // when a refresh or a probe last showed that it works; zero: never
	Review       ReviewState
	Label        string // the application's own name for it; empty: Facts.Name
	Facts        platform.Facts
	FactsAt      time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
	ReplacedBy   int64 // the channel that took its account over while it was disconnected; ExternalID is empty then. 0: none did
}
