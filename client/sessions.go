package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// SessionStatus is how far a session is.
type SessionStatus string

// The statuses of a session.
const (
	SessionPending   SessionStatus = "pending"
	SessionSucceeded SessionStatus = "succeeded" // final
	SessionFailed    SessionStatus = "failed"    // of the last attempt; a new one may come while EndedAt is zero
	SessionCanceled  SessionStatus = "canceled"  // final
	SessionExpired   SessionStatus = "expired"   // final
)

// Selection is how many targets one consent may turn into channels.
type Selection string

// The selections.
const (
	SelectionPlatform Selection = "platform" // as many as the platform allows
	SelectionOne      Selection = "one"
	SelectionAll      Selection = "all" // everything that can be chosen, without asking; of sessions that published interfaces made
)

// InitiatorCheck is how it is known that who finished is who began.
type InitiatorCheck string

// The initiator checks.
const (
	CheckSameBrowser InitiatorCheck = "same_browser" // by a cookie
	CheckConfirm     InitiatorCheck = "confirm"      // your backend calls Sessions.Confirm within ten minutes
	CheckNone        InitiatorCheck = "none"
)

// NewSession asks for a connect link. The zero value asks for every platform, for the
// key's owner or else the workspace's default one.
type NewSession struct {
	Owner          NewOwnerRef    `json:"owner,omitzero"`
	Platforms      []string       `json:"platforms,omitempty"`       // to offer; empty: all
	Selection      Selection      `json:"selection,omitempty"`       // empty: SelectionPlatform
	InitiatorCheck InitiatorCheck `json:"initiator_check,omitempty"` // empty: CheckSameBrowser
	RedirectURL    string         `json:"redirect_url,omitempty"`    // where the person returns: https, http on loopback, or an application's own scheme
	ExpiresIn      int            `json:"expires_in,omitempty"`      // seconds, 60 to 86400; 0: 900
}

// NewOwnerRef names whose channels they will be.
type NewOwnerRef struct {
	ExternalID string `json:"external_id,omitempty"` // your own id, up to 255 characters; an unknown one is made
	Name       string `json:"name,omitempty"`        // of an owner that is made
}

// Session is the life of one connect link.
type Session struct {
	ID             int64            `json:"id"`
	Status         SessionStatus    `json:"status"`
	ConnectURL     Secret           `json:"connect_url,omitzero"` // to open for the person; in the answer to Create only. Whoever has it can connect an account
	Origin         string           `json:"origin"`               // "native", or the published interface that made it
	Owner          OwnerRef         `json:"owner"`
	Platforms      []string         `json:"platforms"` // offered; empty: all
	Selection      Selection        `json:"selection"`
	InitiatorCheck InitiatorCheck   `json:"initiator_check"`
	ReconnectID    int64            `json:"reconnect_channel_id"` // the channel that it is pinned to; 0: none
	RedirectURL    string           `json:"redirect_url"`
	Platform       string           `json:"platform"`    // of the last attempt
	Reason         string           `json:"reason"`      // stable slug of why the last attempt failed
	Message        string           `json:"message"`     // the reason in English
	ChannelIDs     []int64          `json:"channel_ids"` // what was connected, in the order in which it was chosen
	Channels       []ChannelSummary `json:"channels"`    // the same in short
	CreatedAt      time.Time        `json:"created_at"`
	UpdatedAt      time.Time        `json:"updated_at"`
	ExpiresAt      time.Time        `json:"expires_at"`          // no consent begins after it; one begun has ten more minutes
	ConfirmBy      time.Time        `json:"confirm_by,omitzero"` // until when Confirm works; zero: nothing waits for it
	EndedAt        time.Time        `json:"ended_at,omitzero"`   // zero while something can still change
}

// Ended tells whether nothing can change any more.
func (s Session) Ended() bool { return !s.EndedAt.IsZero() }

// ChannelSummary is a channel inside a session.
type ChannelSummary struct {
	ID         int64  `json:"id"`
	Platform   string `json:"platform"`
	Kind       string `json:"kind"`
	ExternalID string `json:"external_id"` // the platform's id of it
	Name       string `json:"name"`
	Username   string `json:"username"` // without @
	URL        string `json:"url"`
	AvatarURL  string `json:"avatar_url"`
}

// Attempts are a session's trips to platforms.
type Attempts struct {
	Data []Attempt `json:"data"` // oldest first
}

// Attempt is one trip to a platform.
type Attempt struct {
	ID        int64     `json:"id"`
	Platform  string    `json:"platform"`
	Status    string    `json:"status"`  // away, exchanging, verifying, choosing, warned, confirming, succeeded, denied, failed, …
	Reason    string    `json:"reason"`  // stable slug of why it failed
	Message   string    `json:"message"` // the reason in English
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	ExpiresAt time.Time `json:"expires_at"` // until when the person may come back
	Steps     []Step    `json:"steps"`
}

// Step is one thing that happened in an attempt.
type Step struct {
	Number int       `json:"number"` // from 1
	Name   string    `json:"name"`
	Detail string    `json:"detail"` // a reason slug or a count
	At     time.Time `json:"at"`
}

// Sessions are connect links.
type Sessions struct{ w *wire }

// Create asks for a connect link; scope sessions:write. Open its ConnectURL for the person.
func (s *Sessions) Create(ctx context.Context, n NewSession, options ...CreateOption) (Session, error) {
	return create[Session](ctx, s.w, "/v1/sessions", n, options)
}

// Get reads a session; scope sessions:read.
func (s *Sessions) Get(ctx context.Context, id int64) (Session, error) { return s.Poll(ctx, id, 0) }

// longestHold is how long a server holds a question at most.
const longestHold = time.Minute

// Poll reads a session as soon as it is no longer pending, or as it stands after hold, in
// whole seconds up to a minute.
func (s *Sessions) Poll(ctx context.Context, id int64, hold time.Duration) (Session, error) {
	c := call{method: http.MethodGet, path: fmt.Sprintf("/v1/sessions/%d", id), held: min(hold, longestHold)}
	if seconds := int(c.held.Seconds()); seconds > 0 {
		c.query = url.Values{"wait": {strconv.Itoa(seconds)}}
	}
	return do[Session](ctx, s.w, c)
}

// Wait returns when nothing can change about the session any more: it has ended, at the
// latest by expiring. A failed session may still succeed until then; whoever wants to
// know of the failure at once uses Poll.
func (s *Sessions) Wait(ctx context.Context, id int64) (Session, error) {
	for {
		session, err := s.Poll(ctx, id, longestHold)
		if err != nil || session.Ended() {
			return session, err
		}
		// Questions about a pending session only are held, and none while a server stops.
		if err := rest(ctx, pollPause); err != nil {
			return session, err
		}
	}
}

// Attempts reads a session's timeline: what to look at when somebody says that connecting
// did not work. Scope sessions:read.
func (s *Sessions) Attempts(ctx context.Context, id int64) (Attempts, error) {
	return get[Attempts](ctx, s.w, fmt.Sprintf("/v1/sessions/%d/attempts", id))
}

// Cancel ends a session; [Conflict] when it has ended otherwise. Canceling again changes
// nothing. Scope sessions:write.
func (s *Sessions) Cancel(ctx context.Context, id int64) (Session, error) {
	return post[Session](ctx, s.w, fmt.Sprintf("/v1/sessions/%d/cancel", id), struct{}{})
}

// Confirm connects what the person chose, in a session with CheckConfirm. The code came to
// your redirect URL; check first that the browser that brought it is signed in as the
// person for whom the session was made. Scope sessions:write.
func (s *Sessions) Confirm(ctx context.Context, id int64, code Secret) (Session, error) {
	return post[Session](ctx, s.w, fmt.Sprintf("/v1/sessions/%d/confirm", id), confirmation{code.Reveal()})
}

type confirmation struct {
	Code string `json:"code"`
}
