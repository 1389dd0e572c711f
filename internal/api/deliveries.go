package api

import (
	"context"

	"patchbay/internal/connect"
	"patchbay/internal/webhook"
)

type listDeliveriesInput struct {
	Cursor   string `query:"cursor" doc:"The next_cursor of the page before; leave it out for the first page." example:"MTc"`
	Limit    int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many deliveries to answer with at most."`
	Endpoint int64  `query:"endpoint" minimum:"0" doc:"Only those to the endpoint with this id." example:"2"`
	State    string `query:"state" enum:"pending,delivered,failed,dropped,skipped" doc:"Only those in this state."`
	Event    int64  `query:"event" minimum:"0" doc:"Only those of the event with this number." example:"129"`
	Type     string `query:"type" doc:"Only those of events of this type." example:"channel.connected"`
	Channel  int64  `query:"channel" minimum:"0" doc:"Only those about the channel with this id." example:"5"`
}

func (in *listDeliveriesInput) filter() webhook.DeliveryFilter {
	return webhook.DeliveryFilter{
		EndpointID: in.Endpoint, State: webhook.DeliveryState(in.State), EventNumber: in.Event, EventType: in.Type, ChannelID: in.Channel,
	}
}

func (a *API) listDeliveries(ctx context.Context, in *listDeliveriesInput) (deliveryPageJSON, error) {
	page := pageInput{Cursor: in.Cursor, Limit: in.Limit}
	list, next, err := pageOf(&page, func(before int64, limit int) ([]webhook.Delivery, error) { // the newest first
		return a.hooks.Deliveries(ctx, callerOf(ctx), in.filter(), before, limit)
	}, func(d webhook.Delivery) int64 { return d.ID })
	return deliveryPageJSON{Data: each(list, toDelivery), NextCursor: next}, err
}

type deliveryInput struct {
	ID int64 `path:"id" doc:"The delivery's id." example:"90"`
}

func (a *API) getDelivery(ctx context.Context, in *deliveryInput) (deliveryJSON, error) {
	delivery, attempts, err := a.hooks.Delivery(ctx, callerOf(ctx), in.ID)
	return toDeliveryDetail(delivery, attempts), err
}

func (a *API) replayDelivery(ctx context.Context, in *deliveryInput) (deliveryJSON, error) {
	delivery, err := a.hooks.ReplayDelivery(ctx, callerOf(ctx), in.ID)
	return toDelivery(delivery), err
}

type createReplayInput struct {
	ID   int64          `path:"id" doc:"The endpoint's id." example:"2"`
	Body *newReplayJSON // optional in the document; readBody makes it an object
}

func (a *API) createReplay(ctx context.Context, in *createReplayInput, once connect.Once[webhook.Replay]) (webhook.Replay, error) {
	request, err := in.Body.core(in.ID)
	if err != nil {
		return webhook.Replay{}, err
	}
	return a.hooks.StartReplay(ctx, callerOf(ctx), request, once)
}

type replayInput struct {
	ID int64 `path:"id" doc:"The replay's id." example:"7"`
}

func (a *API) getReplay(ctx context.Context, in *replayInput) (replayJSON, error) {
	replay, err := a.hooks.Replay(ctx, callerOf(ctx), in.ID)
	return toReplay(replay), err
}
