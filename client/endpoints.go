package client

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"
)

// NewEndpoint has the workspace's events posted to an address of yours.
type NewEndpoint struct {
	URL         string   `json:"url"`                   // https, public; redirects are not followed
	Types       []string `json:"types,omitempty"`       // event types, or all that begin alike: "channel.*"; empty: every one
	Scheme      string   `json:"scheme,omitempty"`      // empty: "standard", which is Standard Webhooks
	Description string   `json:"description,omitempty"` // anything of yours
	Owner       string   `json:"owner,omitempty"`       // external id of the one owner whose events are sent; empty: everybody's
}

// EndpointState tells whether anything is sent.
type EndpointState string

// The states.
const (
	EndpointActive   EndpointState = "active"
	EndpointDisabled EndpointState = "disabled"
)

// EndpointChange changes what is not nil.
type EndpointChange struct {
	URL         *string        `json:"url,omitempty"`
	Types       *[]string      `json:"types,omitempty"` // empty: every one
	Description *string        `json:"description,omitempty"`
	State       *EndpointState `json:"state,omitempty"` // EndpointActive begins anew: failures are forgotten
}

// Endpoint is an address of yours where events are sent.
type Endpoint struct {
	ID            int64         `json:"id"`
	Secret        Secret        `json:"secret,omitzero"`         // what messages are signed with; in the answers to Create and RotateSecret only
	PreviousUntil time.Time     `json:"previous_until,omitzero"` // until when the secret before signs as well; in the answer to RotateSecret only
	URL           string        `json:"url"`
	Types         []string      `json:"types"` // empty: every one
	Scheme        string        `json:"scheme"`
	Description   string        `json:"description"`
	OwnerID       int64         `json:"owner_id"` // the one owner whose events are sent; 0: everybody's
	State         EndpointState `json:"state"`
	Reason        string        `json:"reason"`                 // why it is disabled: gone, failing, disabled; else empty
	Failures      int           `json:"failures"`               // attempts in a row
	FailingSince  time.Time     `json:"failing_since,omitzero"` // zero: it works, or nothing was sent yet
	SucceededAt   time.Time     `json:"succeeded_at,omitzero"`
	FailedAt      time.Time     `json:"failed_at,omitzero"`
	CreatedAt     time.Time     `json:"created_at"`
	UpdatedAt     time.Time     `json:"updated_at"`
}

// Tested is what came of a test message.
type Tested struct {
	Delivered  bool   `json:"delivered"`
	MessageID  string `json:"message_id"`
	DeliveryID int64  `json:"delivery_id"`
	Status     int    `json:"status"`  // HTTP; 0: there was no answer
	Error      string `json:"error"`   // what went wrong, in English
	Answer     string `json:"answer"`  // how the answer's body begins
	TookMS     int64  `json:"took_ms"` // milliseconds
}

// Endpoints are where the workspace's events are sent. All need a key that is bound to no
// owner.
type Endpoints struct{ w *wire }

// Create makes an endpoint; keep its Secret, which is told only here. Scope
// endpoints:write.
func (e *Endpoints) Create(ctx context.Context, n NewEndpoint, options ...CreateOption) (Endpoint, error) {
	return create[Endpoint](ctx, e.w, "/v1/endpoints", n, options)
}

// List reads one page; scope endpoints:read.
func (e *Endpoints) List(ctx context.Context, options ListOptions) (Page[Endpoint], error) {
	return list[Endpoint](ctx, e.w, "/v1/endpoints", options.query())
}

// All yields every endpoint, asking for a page at a time. It ends after an error.
func (e *Endpoints) All(ctx context.Context) iter.Seq2[Endpoint, error] {
	return every[Endpoint](ctx, e.w, "/v1/endpoints", nil)
}

// Get reads an endpoint; scope endpoints:read.
func (e *Endpoints) Get(ctx context.Context, id int64) (Endpoint, error) {
	return get[Endpoint](ctx, e.w, fmt.Sprintf("/v1/endpoints/%d", id))
}

// Update changes an endpoint; scope endpoints:write.
func (e *Endpoints) Update(ctx context.Context, id int64, change EndpointChange) (Endpoint, error) {
	return patch[Endpoint](ctx, e.w, fmt.Sprintf("/v1/endpoints/%d", id), change)
}

// Delete takes an endpoint away with its deliveries. After an answer that was lost the
// second try finds nothing: [NotFound]. Scope endpoints:write.
func (e *Endpoints) Delete(ctx context.Context, id int64) error {
	_, err := e.w.insist(ctx, call{method: http.MethodDelete, path: fmt.Sprintf("/v1/endpoints/%d", id)}, nil)
	return err
}

// RotateSecret gives an endpoint a new secret, which is told only here; the one before signs
// beside it for overlap (whole seconds, up to 7 days). Scope endpoints:write.
func (e *Endpoints) RotateSecret(ctx context.Context, id int64, overlap time.Duration) (Endpoint, error) {
	body := map[string]int64{"overlap_s": int64(overlap / time.Second)}
	return post[Endpoint](ctx, e.w, fmt.Sprintf("/v1/endpoints/%d/rotate-secret", id), body)
}

// Test sends a message of the type "endpoint.test" now, once. An endpoint that did not take
// it is no error. Scope endpoints:write.
func (e *Endpoints) Test(ctx context.Context, id int64) (Tested, error) {
	return post[Tested](ctx, e.w, fmt.Sprintf("/v1/endpoints/%d/test", id), struct{}{})
}
