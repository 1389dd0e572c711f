package client

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"time"
)

// Lifecycle is a channel's first dimension: what the application decided.
type Lifecycle string

// The lifecycles.
const (
	LifecycleActive       Lifecycle = "active"
	LifecyclePaused       Lifecycle = "paused"
	LifecycleDisconnected Lifecycle = "disconnected"
)

// HealthStatus is a channel's second dimension: whether it works.
type HealthStatus string

// The health statuses.
const (
	HealthHealthy     HealthStatus = "healthy"
	HealthExpiring    HealthStatus = "expiring"
	HealthNeedsReauth HealthStatus = "needs_reauth" // the person has to connect again
	HealthError       HealthStatus = "error"
	HealthUnknown     HealthStatus = "unknown" // there is nothing to prove
)

// Review is a channel's third dimension: what a reviewer decided.
type Review string

// The reviews.
const (
	ReviewNone      Review = "none"
	ReviewPending   Review = "pending"
	ReviewAccepted  Review = "accepted"
	ReviewRejected  Review = "rejected"
	ReviewSuspended Review = "suspended"
)

// Channel is what the application uses: a page, a profile and the like.
type Channel struct {
	ID         int64     `json:"id"` // stays for life
	Owner      OwnerRef  `json:"owner"`
	Platform   string    `json:"platform"`
	Kind       string    `json:"kind"`        // page, profile, channel, organization, …
	ExternalID string    `json:"external_id"` // the platform's id of it
	Name       string    `json:"name"`
	Label      string    `json:"label"`    // your own name for it; empty: none
	Username   string    `json:"username"` // without @
	URL        string    `json:"url"`      // where people see it
	AvatarURL  string    `json:"avatar_url"`
	Category   string    `json:"category"`  // as the platform says it
	Followers  *int64    `json:"followers"` // nil: not told
	Verified   *bool     `json:"verified"`  // nil: not told
	FactsAt    time.Time `json:"facts_at"`  // when Name to Verified were read
	Lifecycle  Lifecycle `json:"lifecycle"`
	Health     Health    `json:"health"`
	HealthAt   time.Time `json:"health_at"`          // since when Health is as it is
	ProvenAt   time.Time `json:"proven_at,omitzero"` // when the platform last showed that it works; zero: never yet
	Review     Review    `json:"review"`
	CreatedAt  time.Time `json:"created_at"`
	UpdatedAt  time.Time `json:"updated_at"`
	ReplacedBy int64     `json:"replaced_by,omitzero"` // the channel that came to stand for its account while it was disconnected; zero: none did
}

// Health says whether a channel works.
type Health struct {
	Status HealthStatus `json:"status"`
	Reason string       `json:"reason"` // stable slug; empty when healthy
}

// ChannelFilter narrows a list of channels; all that is set must hold.
type ChannelFilter struct {
	Owner     string // external id; one that does not exist has no channels
	Platform  string
	Kind      string
	Lifecycle Lifecycle // empty: active and paused
	Health    HealthStatus
	ListOptions
}

func (f ChannelFilter) query() url.Values {
	q := f.ListOptions.query()
	put(q, "owner", f.Owner)
	put(q, "platform", f.Platform)
	put(q, "kind", f.Kind)
	put(q, "lifecycle", string(f.Lifecycle))
	put(q, "health", string(f.Health))
	return q
}

// Channels are what people connected.
type Channels struct{ w *wire }

// List reads one page; scope channels:read.
func (c *Channels) List(ctx context.Context, f ChannelFilter) (Page[Channel], error) {
	return list[Channel](ctx, c.w, "/v1/channels", f.query())
}

// All yields every channel, asking for a page at a time. It ends after an error.
func (c *Channels) All(ctx context.Context, f ChannelFilter) iter.Seq2[Channel, error] {
	return every[Channel](ctx, c.w, "/v1/channels", f.query())
}

// Get reads a channel; scope channels:read.
func (c *Channels) Get(ctx context.Context, id int64) (Channel, error) {
	return get[Channel](ctx, c.w, fmt.Sprintf("/v1/channels/%d", id))
}
