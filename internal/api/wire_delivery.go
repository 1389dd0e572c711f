package api

import "patchbay/internal/webhook"

type deliveryJSON struct {
	ID          int64   `json:"id" example:"90" doc:"The delivery's id."`
	EndpointID  int64   `json:"endpoint_id" example:"2" doc:"Where it goes."`
	MessageID   string  `json:"message_id" example:"evt_1_129" doc:"The message's webhook-id: the same for every attempt, endpoint and replay of an event. Receivers know repetitions by it."`
	EventNumber *int64  `json:"event_number" example:"129" doc:"The event that it tells; null: a test."`
	Type        string  `json:"type" example:"channel.connected" doc:"The event's type."`
	ChannelID   *int64  `json:"channel_id" example:"5" doc:"The channel that it is about. Deliveries about one channel go out in order."`
	ReplayID    *int64  `json:"replay_id" example:"7" doc:"The replay that made it; null: none."`
	State       string  `json:"state" enum:"pending,delivered,failed,dropped,skipped" example:"delivered" doc:"failed: every attempt failed. dropped: the endpoint was disabled before. skipped: the endpoint's scheme has nothing to tell of the event, or its owner was erased. All but pending are final, and may be replayed."`
	Attempts    int     `json:"attempts" example:"1" doc:"How often it was tried."`
	NextAt      *string `json:"next_at" format:"date-time" example:"2026-03-01T09:36:12.480Z" doc:"When it is tried next; null: it has ended, or waits behind an earlier one about its channel."`
	Status      *int    `json:"status" example:"204" doc:"The HTTP status of the last attempt's answer; null: there was none."`
	Error       *string `json:"error" example:"It did not answer in time." doc:"What went wrong at the last attempt, in English; null: nothing."`
	CreatedAt   string  `json:"created_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it was made."`
	UpdatedAt   string  `json:"updated_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it last changed."`
	EndedAt     *string `json:"ended_at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it became final; null while it is pending."`

	AttemptsLog *[]deliveryAttemptJSON `json:"attempts_log,omitempty" doc:"Its attempts, oldest first. Only in the answer about one delivery."`
	Body        string                 `json:"body,omitempty" example:"{\"type\":\"channel.connected\",\"data\":{}}" doc:"What is sent, byte for byte. Only in the answer about one delivery; left out where it was not written yet, or was taken away with its owner."`
}

type deliveryPageJSON struct {
	Data       []deliveryJSON `json:"data" nullable:"false" doc:"Deliveries, the newest first."`
	NextCursor *string        `json:"next_cursor" example:"MTc" doc:"Pass it as cursor to get the next page; null on the last one."`
}

type deliveryAttemptJSON struct {
	Number int     `json:"number" example:"1" doc:"From 1."`
	At     string  `json:"at" format:"date-time" example:"2026-03-01T09:31:12.480Z" doc:"When it began."`
	TookMS int64   `json:"took_ms" example:"83" doc:"How long it took, in milliseconds."`
	Status *int    `json:"status" example:"204" doc:"The HTTP status of the answer; null: there was none."`
	Error  *string `json:"error" example:"It did not answer in time." doc:"What went wrong, in English; null: nothing."`
	Answer *string `json:"answer" example:"ok" doc:"How the answer's body begins, at most 1 KiB; null: it was empty."`
}

func toDelivery(d webhook.Delivery) deliveryJSON {
	return deliveryJSON{
		ID: d.ID, EndpointID: d.EndpointID, MessageID: d.MessageID(), EventNumber: orNil(d.EventNumber), Type: d.EventType, ChannelID: orNil(d.ChannelID),
		ReplayID: orNil(d.ReplayID), State: string(d.State), Attempts: d.Attempts, NextAt: stampOrNil(d.NextAt), Status: orNil(d.Status),
		Error: orNil(d.Error), CreatedAt: stamp(d.CreatedAt), UpdatedAt: stamp(d.UpdatedAt), EndedAt: stampOrNil(d.EndedAt),
	}
}

func toDeliveryDetail(d webhook.Delivery, attempts []webhook.Attempt) deliveryJSON {
	body := toDelivery(d)
	body.AttemptsLog, body.Body = new(each(attempts, toDeliveryAttempt)), string(d.Body)
	return body
}

func toDeliveryAttempt(a webhook.Attempt) deliveryAttemptJSON {
	return deliveryAttemptJSON{
		Number: a.Number, At: stamp(a.At), TookMS: a.Took.Milliseconds(), Status: orNil(a.Status), Error: orNil(a.Error), Answer: orNil(a.Answer),
	}
}
