package api

import "context"

type listEventsInput struct {
	After int64 `query:"after" minimum:"0" doc:"The next of the answer before; 0 or nothing to begin with the first event." example:"128"`
	Limit int   `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many events to answer with at most."`
}

func (a *API) listEvents(ctx context.Context, in *listEventsInput) (eventPageJSON, error) {
	list, err := a.svc.Events(ctx, callerOf(ctx), in.After, in.Limit)
	page := eventPageJSON{Data: each(list, toEvent), Next: in.After}
	if len(list) > 0 {
		page.Next = list[len(list)-1].Number
	}
	return page, err
}
