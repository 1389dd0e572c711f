package connect

import (
	"slices"
	"time"
)

// Scope is what an API key may do.
type Scope string

const (
	ScopeSessionsRead    Scope = "sessions:read"
	ScopeSessionsWrite   Scope = "sessions:write" // MarketingBlocks: add-channels
	ScopeChannelsRead    Scope = "channels:read"
	ScopeChannelsWrite   Scope = "channels:write" // check, pause, reconnect, disconnect, import
	ScopeTokensLease     Scope = "tokens:lease"   // be lent access tokens
	ScopeAuditRead       Scope = "audit:read"
	ScopeOwnersRead      Scope = "owners:read"
	ScopeOwnersWrite     Scope = "owners:write"
	ScopeEventsRead      Scope = "events:read"
	ScopeEndpointsRead   Scope = "endpoints:read"
	ScopeEndpointsWrite  Scope = "endpoints:write" // with deliveries: test and replay
	ScopePlatformsRead   Scope = "platforms:read"
	ScopeAppsRead        Scope = "apps:read"
	ScopeAppsWrite       Scope = "apps:write"
	ScopeKeysRead        Scope = "keys:read"
	ScopeKeysWrite       Scope = "keys:write"
	ScopeWorkspacesRead  Scope = "workspaces:read"
	ScopeWorkspacesWrite Scope = "workspaces:write"
	// ScopeWorkspacesAdmin is the operator's: it makes workspaces and sees and changes
	// each one's own settings, and nothing that lies below another workspace.
	ScopeWorkspacesAdmin Scope = "workspaces:admin"
)

// Scopes lists every scope there is.
func Scopes() []Scope {
	return []Scope{
		ScopeSessionsRead, ScopeSessionsWrite, ScopeChannelsRead, ScopeChannelsWrite, ScopeTokensLease, ScopeAuditRead, ScopeOwnersRead, ScopeOwnersWrite, ScopeEventsRead, ScopeEndpointsRead, ScopeEndpointsWrite, ScopePlatformsRead,
		ScopeAppsRead, ScopeAppsWrite, ScopeKeysRead, ScopeKeysWrite, ScopeWorkspacesRead, ScopeWorkspacesWrite, ScopeWorkspacesAdmin,
	}
}

// WorkspaceScopes lists those of a workspace's own first key: all but the operator's.
func WorkspaceScopes() []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return s == ScopeWorkspacesAdmin })
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

func (k Key) live(now time.Time) bool {
	return k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || now.Before(k.ExpiresAt))
}
