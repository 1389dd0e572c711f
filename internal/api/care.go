package api

import (
	"context"

	"patchbay/internal/connect"
)

func (a *API) pauseChannel(ctx context.Context, in *channelInput) (channelJSON, error) {
	return a.cared(ctx)(a.svc.PauseChannel(ctx, callerOf(ctx), in.ID))
}

func (a *API) resumeChannel(ctx context.Context, in *channelInput) (channelJSON, error) {
	return a.cared(ctx)(a.svc.ResumeChannel(ctx, callerOf(ctx), in.ID))
}

func (a *API) disconnectChannel(ctx context.Context, in *channelInput) (channelJSON, error) {
	return a.cared(ctx)(a.svc.DisconnectChannel(ctx, callerOf(ctx), in.ID))
}

type updateChannelInput struct {
	ID   int64 `path:"id" doc:"The channel's id." example:"5"`
	Body channelChangeJSON
}

func (a *API) updateChannel(ctx context.Context, in *updateChannelInput) (channelJSON, error) {
	return a.cared(ctx)(a.svc.RenameChannel(ctx, callerOf(ctx), in.ID, in.Body.Label))
}

func (a *API) listTargets(ctx context.Context, in *channelInput) (channelTargetsJSON, error) {
	channel, _, err := a.svc.Channel(ctx, callerOf(ctx), in.ID)
	if err != nil {
		return channelTargetsJSON{}, err
	}
	list, err := a.svc.ChannelTargets(ctx, callerOf(ctx), in.ID)
	return channelTargetsJSON{Data: each(list, func(t connect.Target) channelTargetJSON { return toChannelTarget(t, channel.TargetID) })}, err
}

type chooseTargetInput struct {
	ID   int64 `path:"id" doc:"The channel's id." example:"5"`
	Body targetChoiceJSON
}

func (a *API) chooseTarget(ctx context.Context, in *chooseTargetInput) (channelJSON, error) {
	return a.cared(ctx)(a.svc.Retarget(ctx, callerOf(ctx), in.ID, in.Body.TargetID))
}

type moveChannelInput struct {
	ID   int64 `path:"id" doc:"The channel's id." example:"5"`
	Body channelMoveJSON
}

func (a *API) moveChannel(ctx context.Context, in *moveChannelInput) (channelJSON, error) {
	caller := callerOf(ctx)
	if err := caller.Require(connect.ScopeChannelsWrite); err != nil {
		return channelJSON{}, err // before telling whether the owner exists
	}
	var to connect.Owner
	if caller.OwnerID == 0 { // a bound key is refused by the core, whomever it names
		var err error
		if to, err = a.svc.OwnerByExternalID(ctx, caller, in.Body.Owner); err != nil {
			return channelJSON{}, err
		}
	}
	return a.cared(ctx)(a.svc.MoveChannel(ctx, caller, in.ID, to.ID))
}

type reconnectChannelInput struct {
	ID   int64             `path:"id" doc:"The channel's id." example:"5"`
	Body *newReconnectJSON // optional in the document; readBody makes it an object
}

func (a *API) reconnectChannel(ctx context.Context, in *reconnectChannelInput, once connect.Once[connect.CreatedSession]) (connect.CreatedSession, error) {
	return a.svc.Reconnect(ctx, callerOf(ctx), in.Body.core(in.ID), once)
}

// cared renders what a use case did to a channel, with its owner.
func (a *API) cared(ctx context.Context) func(connect.Channel, error) (channelJSON, error) {
	return func(channel connect.Channel, err error) (channelJSON, error) {
		if err != nil {
			return channelJSON{}, err
		}
		owner, err := a.svc.Owner(ctx, callerOf(ctx), channel.OwnerID)
		return toChannel(channel, owner), err
	}
}
