package client

import (
	"context"
	"fmt"
	"time"
)

// Act is who must do something about a channel.
type Act string

// Who may have to act.
const (
	ActNobody            Act = "nobody"
	ActPerson            Act = "person"             // who consented: send them a connect link
	ActPageAdministrator Act = "page_administrator" // who gives that person their role at the page
	ActOperator          Act = "operator"           // of the server
	ActPlatform          Act = "platform"           // it passes by itself
)

// HealthReport is a channel's health, explained.
type HealthReport struct {
	ChannelID      int64        `json:"channel_id"`
	Health         HealthStatus `json:"health"`
	Reason         string       `json:"reason"`   // stable slug; empty when healthy. New ones may come: go by Act
	Sentence       string       `json:"sentence"` // what is the matter, in English
	Act            Act          `json:"act"`
	Todo           string       `json:"todo"`                      // what they must do, in English; empty: nothing
	ScopesWanted   []string     `json:"scopes_wanted"`             // asked for there
	ScopesGranted  []string     `json:"scopes_granted"`            // nil: the platform does not tell
	ProvenAt       time.Time    `json:"proven_at,omitzero"`        // when the platform last showed that it works; zero: never yet
	TokenExpiresAt time.Time    `json:"token_expires_at,omitzero"` // of the access token in use; zero: it does not run out
	EndsAt         time.Time    `json:"ends_at,omitzero"`          // when only a new consent goes on; zero: not known, or never
	Lifecycle      Lifecycle    `json:"lifecycle"`
	CheckedNow     bool         `json:"checked_now"` // the platform was asked just now; in the answer to Check only
}

// Health explains a channel's health and asks no platform; scope channels:read.
func (c *Channels) Health(ctx context.Context, id int64) (HealthReport, error) {
	return get[HealthReport](ctx, c.w, fmt.Sprintf("/v1/channels/%d/health", id))
}

// Check asks the platform whether a channel works, and explains its health as it is then.
// A channel that does not work is no error. [Conflict] for one that is disconnected or
// stands without a consent, [PlatformUnavailable] when the platform could not be asked.
// Scope channels:write.
func (c *Channels) Check(ctx context.Context, id int64) (HealthReport, error) {
	return post[HealthReport](ctx, c.w, fmt.Sprintf("/v1/channels/%d/check", id), struct{}{})
}
