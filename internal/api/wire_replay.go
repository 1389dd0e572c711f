package api

import "patchbay/internal/webhook"

type newReplayJSON struct {
	After      int64  `json:"after,omitempty" minimum:"0" example:"128" doc:"Events above this number. Without it, or 0: from the first; with failed_only those of the last 30 days."`
	Until      int64  `json:"until,omitempty" minimum:"0" example:"512" doc:"Events up to this number. Without it: up to the last that there is now."`
	Since      string `json:"since,omitempty" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"In place of after: events at or after this time."`
	FailedOnly bool   `json:"failed_only,omitempty" example:"true" doc:"Only what the endpoint has not taken yet. That is known for 30 days: without after and since, events of before are left out; with them, they count as not taken."`
}

func (n *newReplayJSON) core(endpointID int64) (webhook.ReplayRequest, error) {
	since, err := timeOf("since", n.Since)
	return webhook.ReplayRequest{EndpointID: endpointID, After: n.After, Until: n.Until, Since: since, FailedOnly: n.FailedOnly}, err
}

type replayJSON struct {
	ID         int64  `json:"id" example:"7" doc:"The replay's id."`
	EndpointID int64  `json:"endpoint_id" example:"2" doc:"Where it sends."`
	After      int64  `json:"after" example:"128" doc:"Events above this number."`
	Until      int64  `json:"until" example:"512" doc:"And up to this one."`
	FailedOnly bool   `json:"failed_only" example:"true" doc:"Only what the endpoint had not taken yet."`
	State      string `json:"state" enum:"running,done" example:"running" doc:"done: every delivery was made; some may still be pending."`
	Events     int64  `json:"events" example:"384" doc:"How many events there are to look at."`
	LookedAt   int64  `json:"looked_at" example:"200" doc:"How many of them were."`
	Queued     int64  `json:"queued" example:"180" doc:"How many deliveries were made so far."`
	Delivered  int64  `json:"delivered" example:"150" doc:"How many of these were delivered."`
	Failed     int64  `json:"failed" example:"0" doc:"How many of these failed for good."`
	Skipped    int64  `json:"skipped" example:"0" doc:"How many of these the endpoint's scheme has nothing to tell of."`
	Dropped    int64  `json:"dropped" example:"0" doc:"How many of these were not sent since the endpoint was disabled. What is left is pending."`
	CreatedAt  string `json:"created_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it was asked for."`
	UpdatedAt  string `json:"updated_at" format:"date-time" example:"2026-03-01T09:30:00.000Z" doc:"When it last went on."`
}

func toReplay(r webhook.Replay) replayJSON {
	return replayJSON{
		ID: r.ID, EndpointID: r.EndpointID, After: r.After, Until: r.Until, FailedOnly: r.FailedOnly, State: string(r.State), Events: r.Events,
		LookedAt: max(0, r.Cursor-r.After), Queued: r.Queued, Delivered: r.Delivered, Failed: r.Failed, Skipped: r.Skipped, Dropped: r.Dropped,
		CreatedAt: stamp(r.CreatedAt), UpdatedAt: stamp(r.UpdatedAt),
	}
}
