package client

import (
	"context"
	"fmt"
)

// Pause pauses a channel: its token is lent to nobody, and it is kept alive. Pausing again
// changes nothing; [Conflict] for one that is disconnected. Scope channels:write.
func (c *Channels) Pause(ctx context.Context, id int64) (Channel, error) {
	return post[Channel](ctx, c.w, fmt.Sprintf("/v1/channels/%d/pause", id), struct{}{})
}

// Resume ends a pause. Scope channels:write.
func (c *Channels) Resume(ctx context.Context, id int64) (Channel, error) {
	return post[Channel](ctx, c.w, fmt.Sprintf("/v1/channels/%d/resume", id), struct{}{})
}

// Disconnect ends a channel until it is connected again, which brings back its id. Where no
// other channel uses its consent, the credentials are erased and the platform is told.
// Scope channels:write.
func (c *Channels) Disconnect(ctx context.Context, id int64) (Channel, error) {
	return post[Channel](ctx, c.w, fmt.Sprintf("/v1/channels/%d/disconnect", id), struct{}{})
}

// Rename gives a channel a name of your own, up to 255 characters; empty: none. Scope
// channels:write.
func (c *Channels) Rename(ctx context.Context, id int64, label string) (Channel, error) {
	return patch[Channel](ctx, c.w, fmt.Sprintf("/v1/channels/%d", id), map[string]string{"label": label})
}

// Target is something that a channel's consent reaches.
type Target struct {
	ID         int64  `json:"id"`
	Kind       string `json:"kind"`
	ExternalID string `json:"external_id"` // the platform's id of it
	Name       string `json:"name"`
	Username   string `json:"username"` // without @
	URL        string `json:"url"`
	Blocked    string `json:"blocked"` // stable slug of why it cannot be chosen; empty: it can
	Current    bool   `json:"current"` // the channel stands for it now
}

// Targets is what a consent reaches.
type Targets struct {
	Data []Target `json:"data"`
}

// Targets lists what a channel's consent reaches and the channel may stand for, as the
// platform told last. Scope channels:read.
func (c *Channels) Targets(ctx context.Context, id int64) (Targets, error) {
	return get[Targets](ctx, c.w, fmt.Sprintf("/v1/channels/%d/targets", id))
}

// ChooseTarget has a channel stand for another of its targets; the id stays. [Conflict] when
// the owner has a channel for that one already. Scope channels:write.
func (c *Channels) ChooseTarget(ctx context.Context, id, targetID int64) (Channel, error) {
	return post[Channel](ctx, c.w, fmt.Sprintf("/v1/channels/%d/target", id), map[string]int64{"target_id": targetID})
}

// Move gives a channel to another owner, by external id; the id stays. [Conflict] when that
// one holds the same already. Scope channels:write, and a key that is bound to no owner.
func (c *Channels) Move(ctx context.Context, id int64, owner string) (Channel, error) {
	return post[Channel](ctx, c.w, fmt.Sprintf("/v1/channels/%d/move", id), map[string]string{"owner": owner})
}

// NewReconnect asks for a link on which a channel's person consents anew.
type NewReconnect struct {
	InitiatorCheck InitiatorCheck `json:"initiator_check,omitempty"` // empty: CheckSameBrowser
	RedirectURL    string         `json:"redirect_url,omitempty"`    // where the person returns
	ExpiresIn      int            `json:"expires_in,omitempty"`      // seconds, 60 to 86400; 0: 900
}

// Reconnect asks for a link that is pinned to a channel: a consent of another account, or
// one that does not reach the channel, is refused and changes nothing. Scope
// sessions:write.
func (c *Channels) Reconnect(ctx context.Context, id int64, n NewReconnect, options ...CreateOption) (Session, error) {
	return create[Session](ctx, c.w, fmt.Sprintf("/v1/channels/%d/reconnect", id), n, options)
}
