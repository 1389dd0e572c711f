package connect

import "time"

// Workspace is a tenant: it owns everything below it.
type Workspace struct {
	ID        int64
	Name      string // shown to people on the connect pages
	CreatedAt time.Time
	// RequireRedirectURL makes MarketingBlocks' redirectUrl required, as its error table has it.
	RequireRedirectURL bool
	// AllowedRedirects is an exact allow-list of redirect URLs; empty: any usable one.
	AllowedRedirects []string
}

// Owner is whose channels they are inside a workspace.
type Owner struct {
	ID          int64
	WorkspaceID int64
	ExternalID  string // the application's own id of them; unique in the workspace, never changes
	Name        string
	Default     bool // the one as whom a key without an owner acts; one a workspace
	CreatedAt   time.Time
}

// Scope is what an API key may do.
type Scope string

const (
	ScopeSessionsRead  Scope = "sessions:read"
	ScopeSessionsWrite Scope = "sessions:write" // MarketingBlocks: add-channels
	ScopeChannelsRead  Scope = "channels:read"
	ScopeEventsRead    Scope = "events:read"
	ScopePlatformsRead Scope = "platforms:read"
)

// Scopes lists every scope there is.
func Scopes() []Scope {
	return []Scope{ScopeSessionsRead, ScopeSessionsWrite, ScopeChannelsRead, ScopeEventsRead, ScopePlatformsRead}
}

// Key is an API key as stored: never the key itself.
type Key struct {
	ID          int64
	WorkspaceID int64
	OwnerID     int64  // 0: not bound to one
	Name        string // what it is for
	Prefix      string // its first characters, to tell keys apart
	Hash        []byte // SHA-256 of the whole key
	Scopes      []Scope
	CreatedAt   time.Time
	ExpiresAt   time.Time // zero: never
	RevokedAt   time.Time // zero: live
}

// App is an OAuth client registered at a platform, as stored.
type App struct {
	ID          int64
	WorkspaceID int64 // 0: the instance's own
	Platform    string
	Server      string // for platforms with many servers; otherwise empty
	ClientID    string
	CreatedAt   time.Time
}
