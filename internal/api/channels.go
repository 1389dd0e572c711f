package api

import (
	"context"
	"errors"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

type listChannelsInput struct {
	Cursor    string `query:"cursor" doc:"The next_cursor of the page before; leave it out for the first page." example:"MTc"`
	Limit     int    `query:"limit" default:"50" minimum:"1" maximum:"200" doc:"How many channels to answer with at most."`
	Owner     string `query:"owner" doc:"Only those of the owner with this external id. An owner that does not exist has none." example:"user_42"`
	Platform  string `query:"platform" doc:"Only those at this platform." example:"facebook"`
	Kind      string `query:"kind" doc:"Only those of this kind." example:"page"`
	Lifecycle string `query:"lifecycle" enum:"active,paused,disconnected" doc:"Only those in this lifecycle. Without it: active and paused."`
	Health    string `query:"health" enum:"healthy,expiring,needs_reauth,error,unknown" doc:"Only those in this health."`
}

func (in *listChannelsInput) filter() connect.ChannelFilter {
	return connect.ChannelFilter{
		Platform: in.Platform, Kind: in.Kind, Lifecycle: connect.Lifecycle(in.Lifecycle), Health: connect.Health(in.Health),
	}
}

func (a *API) listChannels(ctx context.Context, in *listChannelsInput) (channelPageJSON, error) {
	after, err := afterCursor(in.Cursor)
	if err != nil {
		return channelPageJSON{}, err
	}
	owners := map[int64]connect.Owner{}
	list, err := a.channelsOf(ctx, in.Owner, owners, in.filter(), after, in.Limit+1) // one more tells whether a page follows
	if err != nil {
		return channelPageJSON{}, err
	}
	page := channelPageJSON{}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		page.NextCursor = new(cursor(list[in.Limit-1].ID))
	}
	page.Data, err = a.withOwners(ctx, list, owners)
	return page, err
}

// channelsOf lists an owner's channels, or everybody's when the external id is empty. An
// owner that it had to find it leaves in owners.
func (a *API) channelsOf(ctx context.Context, owner string, owners map[int64]connect.Owner, f connect.ChannelFilter, after int64, limit int) ([]connect.Channel, error) {
	caller := callerOf(ctx)
	if owner == "" {
		return a.svc.Channels(ctx, caller, f, after, limit)
	}
	if err := caller.Require(connect.ScopeChannelsRead); err != nil {
		return nil, err // before telling whether the owner exists
	}
	found, err := a.svc.OwnerByExternalID(ctx, caller, owner)
	if errors.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	f.OwnerID, owners[found.ID] = found.ID, found
	return a.svc.Channels(ctx, caller, f, after, limit)
}

type getChannelInput struct {
	ID int64 `path:"id" doc:"The channel's id." example:"5"`
}

func (a *API) getChannel(ctx context.Context, in *getChannelInput) (channelJSON, error) {
	channel, owner, err := a.svc.Channel(ctx, callerOf(ctx), in.ID)
	return toChannel(channel, owner), err
}

// withOwners renders channels with the owners they belong to: those that are in owners,
// others asked for once.
func (a *API) withOwners(ctx context.Context, list []connect.Channel, owners map[int64]connect.Owner) ([]channelJSON, error) {
	out := make([]channelJSON, len(list))
	for i, c := range list {
		owner, known := owners[c.OwnerID]
		if !known {
			var err error
			if owner, err = a.svc.Owner(ctx, callerOf(ctx), c.OwnerID); err != nil {
				return nil, err
			}
			owners[c.OwnerID] = owner
		}
		out[i] = toChannel(c, owner)
	}
	return out, nil
}
