package client

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// NewKey makes an API key that may do at most what the key that makes it may.
type NewKey struct {
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`               // such as "sessions:write"
	Owner     string   `json:"owner,omitempty"`      // external id of the one owner to bind it to; empty: none, or that of the key that makes it
	ExpiresIn int      `json:"expires_in,omitempty"` // seconds, from 60 on; 0: until it is revoked
}

// Key is an API key.
type Key struct {
	ID        int64     `json:"id"`
	Key       Secret    `json:"key,omitzero"` // itself; in the answer to Create only
	Name      string    `json:"name"`
	Prefix    string    `json:"prefix"` // how it begins, to tell keys apart
	Scopes    []string  `json:"scopes"`
	OwnerID   int64     `json:"owner_id"` // 0: the whole workspace
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at,omitzero"` // zero: never
	RevokedAt time.Time `json:"revoked_at,omitzero"` // zero while it was not
}

// Keys are the workspace's API keys.
type Keys struct{ w *wire }

// Create makes a key; scope keys:write.
func (k *Keys) Create(ctx context.Context, n NewKey, options ...CreateOption) (Key, error) {
	return create[Key](ctx, k.w, "/v1/keys", n, options)
}

// List reads one page, ended keys too; scope keys:read.
func (k *Keys) List(ctx context.Context, options ListOptions) (Page[Key], error) {
	return list[Key](ctx, k.w, "/v1/keys", options.query())
}

// All yields every key, asking for a page at a time. It ends after an error.
func (k *Keys) All(ctx context.Context) iter.Seq2[Key, error] {
	return every[Key](ctx, k.w, "/v1/keys", nil)
}

// Get reads what is known of a key; scope keys:read.
func (k *Keys) Get(ctx context.Context, id int64) (Key, error) {
	return get[Key](ctx, k.w, fmt.Sprintf("/v1/keys/%d", id))
}

// Revoke ends a key at once; scope keys:write. A key may revoke itself.
func (k *Keys) Revoke(ctx context.Context, id int64) (Key, error) {
	return remove[Key](ctx, k.w, fmt.Sprintf("/v1/keys/%d", id))
}
