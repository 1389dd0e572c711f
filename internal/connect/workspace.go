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
	// NoHeadless turns off links that lead straight to a platform (SmartlyQ: NOT_ENABLED).
	NoHeadless bool
	// BouncePage has such links lead over a page of ours, which binds them to the first
	// browser that opens them.
	BouncePage bool
}

// Owner is whose channels they are inside a workspace.
type Owner struct {
	ID           int64
	WorkspaceID  int64
	ExternalID   string // the application's own id of them; unique in the workspace, never changes
	Name         string
	AvatarURL    string // empty: none
	ContactEmail string // empty: none
	Reference    string // the application's own note
	Default      bool   // the one as whom a key without an owner acts; one a workspace
	CreatedAt    time.Time
	UpdatedAt    time.Time
}
