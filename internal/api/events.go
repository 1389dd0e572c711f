package api

import (
	"context"
	"time"

	"patchbay/internal/webhook"
)

type listEventsInput struct {
	After int64 `query:"after" minimum:"0" doc:"The next of the answer before; 0 or nothing to begin with the first event." example:"128"`
	Limit int   `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many events to answer with at most."`
	Wait  int   `query:"wait" minimum:"0" maximum:"60" doc:"Seconds to wait for an event where there is none yet after that number; it answers at once when there is one, and with none when the time is over." example:"30"`
}

func (a *API) listEvents(ctx context.Context, in *listEventsInput) (eventPageJSON, error) {
	list, err := a.svc.WaitEvents(ctx, callerOf(ctx), in.After, in.Limit, time.Duration(in.Wait)*time.Second)
	page := eventPageJSON{Data: each(list, webhook.ToJSON), Next: in.After}
	if len(list) > 0 {
		page.Next = list[len(list)-1].Number
	}
	return page, err
}
