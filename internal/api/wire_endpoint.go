package api

import (
	"time"

	"patchbay/internal/webhook"
)

type newEndpointJSON struct {
	URL         string   `json:"url" minLength:"1" maxLength:"2048" example:"https://app.example/hooks/patchbay" doc:"Where messages are posted: https, at an address that the public internet reaches. Redirects are not followed."`
	Types       []string `json:"types,omitempty" maxItems:"50" example:"[\"channel.*\",\"grant.revoked\"]" doc:"Which events are sent: their types, or all that begin alike as channel.*. Without it: every one. The description of events lists them; an endpoint of another scheme takes that scheme's words."`
	Scheme      string   `json:"scheme,omitempty" maxLength:"64" default:"standard" example:"standard" doc:"How messages are written and signed: standard is Standard Webhooks; others are those of the published interfaces that this server speaks, such as smartlyq. It never changes."`
	Description string   `json:"description,omitempty" maxLength:"255" example:"production" doc:"Anything of yours."`
	Owner       string   `json:"owner,omitempty" maxLength:"255" example:"user_42" doc:"External id of the one owner whose events are sent. Without it: everybody's."`
}

func (n *newEndpointJSON) core() webhook.NewEndpoint {
	return webhook.NewEndpoint{URL: n.URL, Types: n.Types, Scheme: n.Scheme, Description: n.Description, OwnerExternalID: n.Owner}
}

type endpointChangeJSON struct {
	URL         *string   `json:"url,omitempty" minLength:"1" maxLength:"2048" example:"https://app.example/hooks/patchbay" doc:"Where messages are posted from now on, those that wait too."`
	Types       *[]string `json:"types,omitempty" maxItems:"50" example:"[\"channel.*\",\"grant.revoked\"]" doc:"Which events are sent from now on; empty: every one."`
	Description *string   `json:"description,omitempty" maxLength:"255" example:"production" doc:"Anything of yours."`
	State       *string   `json:"state,omitempty" enum:"active,disabled" example:"active" doc:"active begins anew: failures are forgotten. disabled sends nothing, and drops what waits."`
}

func (c *endpointChangeJSON) core() webhook.EndpointChange {
	change := webhook.EndpointChange{URL: c.URL, Types: c.Types, Description: c.Description}
	if c.State != nil {
		change.State = new(webhook.EndpointState(*c.State))
	}
	return change
}

type rotationJSON struct {
	Overlap *int `json:"overlap_s,omitempty" minimum:"0" maximum:"604800" default:"86400" example:"86400" doc:"For how many seconds messages are signed with the secret before as well, so that none is refused while you exchange it; 0: it ends at once."`
}

func (r *rotationJSON) overlap() time.Duration {
	if r.Overlap == nil {
		return 24 * time.Hour // as the document says
	}
	return time.Duration(*r.Overlap) * time.Second
}

type endpointJSON struct {
	ID            int64    `json:"id" example:"2" doc:"The endpoint's id."`
	Secret        string   `json:"secret,omitempty" example:"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" doc:"What messages are signed with. Told only in the answer that creates the endpoint or rotates its secret."`
	PreviousUntil *string  `json:"previous_until,omitempty" format:"date-time" example:"2026-03-02T09:30:00.000Z" doc:"Until when the secret before signs as well. Only in the answer that rotates."`
	URL           string   `json:"url" example:"https://app.example/hooks/patchbay" doc:"Where messages are posted."`
	Types         []string `json:"types" nullable:"false" example:"[\"channel.*\",\"grant.revoked\"]" doc:"Which events are sent; empty: every one."`
	Scheme        string   `json:"scheme" example:"standard" doc:"How messages are written and signed."`
	Description   *string  `json:"description" example:"production" doc:"Anything of yours."`
	OwnerID       *int64   `json:"owner_id" example:"3" doc:"Our id of the one owner whose events are sent; null: everybody's."`
	State         string   `json:"state" enum:"active,disabled" example:"active" doc:"Whether anything is sent."`
	Reason        *string  `json:"reason" example:"failing" doc:"Stable slug of why it is disabled: gone (it answered 410), failing (nothing but failures for days), disabled (somebody asked for it); null while it is active."`
	Failures      int      `json:"failures" example:"0" doc:"How many attempts in a row failed."`
	FailingSince  *string  `json:"failing_since" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"The first failure since the last success; null: it works, or nothing was sent yet."`
	SucceededAt   *string  `json:"succeeded_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it last took a message; null: never yet."`
	FailedAt      *string  `json:"failed_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it last did not; null: never yet."`
	CreatedAt     string   `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was made."`
	UpdatedAt     string   `json:"updated_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it last changed."`
}

type endpointPageJSON struct {
	Data       []endpointJSON `json:"data" nullable:"false" doc:"The workspace's endpoints by ascending id."`
	NextCursor *string        `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

func toEndpoint(e webhook.Endpoint) endpointJSON {
	return endpointJSON{
		ID: e.ID, URL: e.URL, Types: listed(e.Types), Scheme: e.Scheme, Description: orNil(e.Description), OwnerID: orNil(e.OwnerID),
		State: string(e.State), Reason: orNil(e.Reason), Failures: e.Failures, FailingSince: stampOrNil(e.FailingSince),
		SucceededAt: stampOrNil(e.SucceededAt), FailedAt: stampOrNil(e.FailedAt), CreatedAt: stamp(e.CreatedAt), UpdatedAt: stamp(e.UpdatedAt),
	}
}

func toCreatedEndpoint(made webhook.CreatedEndpoint) endpointJSON {
	body := toEndpoint(made.Endpoint)
	body.Secret, body.PreviousUntil = made.Secret.Reveal(), stampOrNil(made.PreviousUntil)
	return body
}

type testedJSON struct {
	Delivered  bool    `json:"delivered" example:"true" doc:"Whether the endpoint took the message."`
	MessageID  string  `json:"message_id" example:"evt_1_test_90" doc:"The message's webhook-id."`
	DeliveryID int64   `json:"delivery_id" example:"90" doc:"The delivery that it was."`
	Status     *int    `json:"status" example:"204" doc:"The HTTP status of the answer; null: there was none."`
	Error      *string `json:"error" example:"It did not answer in time." doc:"What went wrong, in English; null: nothing."`
	Answer     *string `json:"answer" example:"ok" doc:"How the answer's body begins, at most 1 KiB; null: it was empty."`
	TookMS     int64   `json:"took_ms" example:"83" doc:"How long it took, in milliseconds."`
}

func toTested(t webhook.Tested) testedJSON {
	return testedJSON{
		Delivered: t.Delivery.State == webhook.DeliveryDelivered, MessageID: t.Delivery.MessageID(), DeliveryID: t.Delivery.ID,
		Status: orNil(t.Attempt.Status), Error: orNil(t.Attempt.Error), Answer: orNil(t.Attempt.Answer), TookMS: t.Attempt.Took.Milliseconds(),
	}
}
