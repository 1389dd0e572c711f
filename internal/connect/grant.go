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
	HealthReason string // reason slug; empty when healthy
	Review       ReviewState
	Facts        platform.Facts
	FactsAt      time.Time
	CreatedAt    time.Time
	UpdatedAt    time.Time
}
