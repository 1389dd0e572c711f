package client

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// NewOwner makes an owner ahead of its first session.
type NewOwner struct {
	ExternalID   string `json:"external_id,omitempty"` // your own id; empty: one is made
	Name         string `json:"name,omitempty"`        // empty: the external id
	AvatarURL    string `json:"avatar_url,omitempty"`  // https
	ContactEmail string `json:"contact_email,omitempty"`
	Reference    string `json:"reference,omitempty"` // anything of yours, up to 1024 characters
}

// OwnerChange changes what is not nil; an empty text takes away what may be absent.
type OwnerChange struct {
	Name         *string `json:"name,omitempty"`
	AvatarURL    *string `json:"avatar_url,omitempty"`
	ContactEmail *string `json:"contact_email,omitempty"`
	Reference    *string `json:"reference,omitempty"`
}

// OwnerRef is an owner as sessions and channels name it.
type OwnerRef struct {
	ID         int64  `json:"id"`
	ExternalID string `json:"external_id"` // yours
	Name       string `json:"name"`
}

// Owner is whose channels they are inside the workspace.
type Owner struct {
	ID           int64     `json:"id"`
	ExternalID   string    `json:"external_id"` // yours; it never changes
	Name         string    `json:"name"`
	AvatarURL    string    `json:"avatar_url"`
	ContactEmail string    `json:"contact_email"`
	Reference    string    `json:"reference"`
	Default      bool      `json:"default"` // a key without an owner acts as this one
	CreatedAt    time.Time `json:"created_at"`
	UpdatedAt    time.Time `json:"updated_at"`
}

// Erased is what an erasure took away.
type Erased struct {
	OwnerID  int64 `json:"owner_id"`
	Channels int   `json:"channels"`
	Grants   int   `json:"grants"` // consents, with their credentials
	Sessions int   `json:"sessions"`
	Keys     int   `json:"keys"` // that were bound to the owner
}

// Owners are your users, teams or customers.
type Owners struct{ w *wire }

// Create makes an owner; [Conflict] when the external id is taken. Scope owners:write.
func (o *Owners) Create(ctx context.Context, n NewOwner, options ...CreateOption) (Owner, error) {
	return create[Owner](ctx, o.w, "/v1/owners", n, options)
}

// List reads one page; scope owners:read.
func (o *Owners) List(ctx context.Context, options ListOptions) (Page[Owner], error) {
	return list[Owner](ctx, o.w, "/v1/owners", options.query())
}

// All yields every owner, asking for a page at a time. It ends after an error.
func (o *Owners) All(ctx context.Context) iter.Seq2[Owner, error] {
	return every[Owner](ctx, o.w, "/v1/owners", nil)
}

// Get reads an owner by our id; scope owners:read.
func (o *Owners) Get(ctx context.Context, id int64) (Owner, error) {
	return get[Owner](ctx, o.w, fmt.Sprintf("/v1/owners/%d", id))
}

// Update changes an owner; scope owners:write.
func (o *Owners) Update(ctx context.Context, id int64, change OwnerChange) (Owner, error) {
	return patch[Owner](ctx, o.w, fmt.Sprintf("/v1/owners/%d", id), change)
}

// Erase takes an owner away with everything of theirs; externalID is the owner's, once more.
// The default owner stays, emptied. Scope owners:write, and a key that is bound to no owner.
func (o *Owners) Erase(ctx context.Context, id int64, externalID string) (Erased, error) {
	return post[Erased](ctx, o.w, fmt.Sprintf("/v1/owners/%d/erase", id), map[string]string{"confirm": externalID})
}
