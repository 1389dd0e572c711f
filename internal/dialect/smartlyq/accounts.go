package smartlyq

import (
	"context"
	"slices"
	"strconv"

	"patchbay/internal/connect"
)

// pageSize is how many channels are read at once: the list itself is not paged.
const pageSize = 500

// visible tells whether a channel is an account here: there is a consent, and nobody
// objects to it.
func visible(c connect.Channel) bool {
	return c.GrantID != 0 && c.Lifecycle != connect.LifecycleDisconnected &&
		(c.Review == connect.ReviewNone || c.Review == connect.ReviewAccepted)
}

// account finds the account of the path. Who may change it may learn whether it is there.
func (a *API) account(ctx context.Context, as connect.Caller, c call) (connect.Channel, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return connect.Channel{}, err
	}
	as.Scopes = append(slices.Clip(as.Scopes), connect.ScopeChannelsRead)
	channel, _, err := a.svc.Channel(ctx, as, id)
	if err == nil && !visible(channel) {
		return connect.Channel{}, errAccount
	}
	return channel, err
}

// pathID reads an id of the path; what is none is not there.
func pathID(c call, name string) (int64, error) {
	id, err := strconv.ParseInt(c.PathValue(name), 10, 64)
	if err != nil || id < 1 {
		return 0, errAccount
	}
	return id, nil
}

// everyAccount lists the caller's accounts by ascending id.
func (a *API) everyAccount(ctx context.Context, as connect.Caller) (all []connect.Channel, err error) {
	after := int64(0)
	for {
		page, err := a.svc.Channels(ctx, as, connect.ChannelFilter{}, after, pageSize)
		if err != nil {
			return nil, err
		}
		for _, channel := range page {
			if after = channel.ID; visible(channel) {
				all = append(all, channel)
			}
		}
		if len(page) < pageSize {
			return all, nil
		}
	}
}

func (a *API) listAccounts(ctx context.Context, c call) (any, error) {
	all, err := a.everyAccount(ctx, c.caller)
	if err != nil {
		return nil, err
	}
	list := make([]accountJSON, len(all))
	for i, channel := range all {
		list[i] = accountJSON{ID: channel.ID, Platform: platformWord(channel.Platform), Name: accountName(channel)}
	}
	return list, nil
}

// pause "skips it during publishing without disconnecting it".
func (a *API) pause(ctx context.Context, c call) (any, error) {
	return a.turn(ctx, c, a.svc.PauseChannel)
}

func (a *API) resume(ctx context.Context, c call) (any, error) {
	return a.turn(ctx, c, a.svc.ResumeChannel)
}

func (a *API) turn(ctx context.Context, c call, do func(context.Context, connect.Caller, int64) (connect.Channel, error)) (any, error) {
	channel, err := a.account(ctx, c.caller, c)
	if err != nil {
		return nil, err
	}
	if channel, err = do(ctx, c.caller, channel.ID); err != nil {
		return nil, err
	}
	return pausedJSON{ID: channel.ID, Paused: channel.Lifecycle == connect.LifecyclePaused}, nil
}

func (a *API) rename(ctx context.Context, c call) (any, error) {
	channel, err := a.account(ctx, c.caller, c)
	if err != nil {
		return nil, err
	}
	var wrong fields
	name := c.body.required(&wrong, "account_name", maxText)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if channel, err = a.svc.RenameChannel(ctx, c.caller, channel.ID, name); err != nil {
		return nil, err
	}
	return toRenamed(channel), nil
}

// disconnect is "irreversible; the user must reconnect to use it again". A repetition of a
// request that died before its answer finds it done.
func (a *API) disconnect(ctx context.Context, c call) (any, error) {
	id, err := pathID(c, "id")
	if err != nil {
		return nil, err
	}
	if _, err := a.account(ctx, c.caller, c); err != nil && !c.again {
		return nil, err
	}
	_, err = a.svc.DisconnectChannel(ctx, c.caller, id)
	return nil, err
}

// move gives an account to another profile; 0 is the workspace's own. A repetition of a
// request that died before its answer may find it there already.
func (a *API) move(ctx context.Context, c call) (any, error) {
	if err := mayManage.of(c.whole); err != nil {
		return nil, err
	}
	from := c.caller
	if c.again {
		from = c.whole
	}
	channel, err := a.account(ctx, from, c)
	if err != nil {
		return nil, err
	}
	var wrong fields
	profile := c.body.number(&wrong, "profile_id")
	if err := wrong.err(); err != nil {
		return nil, err
	}
	to, err := a.svc.ActAs(ctx, c.whole, profile)
	if err != nil {
		return nil, err
	}
	if channel, err = a.svc.MoveChannel(ctx, c.whole, channel.ID, to.OwnerID); err != nil {
		return nil, err
	}
	return movedJSON{toRenamed(channel), profile, channel.OwnerID}, nil
}

// onlyGoogle is why an account has no other target to choose.
const onlyGoogle = "Only Google Business accounts can be pointed at another location."

func (a *API) connectOptions(ctx context.Context, c call) (any, error) {
	channel, err := a.account(ctx, c.caller, c)
	if err != nil {
		return nil, err
	}
	return optionsJSON{Platform: platformWord(channel.Platform), Reason: onlyGoogle, Options: []string{}}, nil
}

func (a *API) connectSelect(ctx context.Context, c call) (any, error) {
	if _, err := a.account(ctx, c.caller, c); err != nil {
		return nil, err
	}
	return nil, errUnsupported(onlyGoogle, []string{"gmb"})
}
