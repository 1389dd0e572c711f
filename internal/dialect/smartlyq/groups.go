package smartlyq

import (
	"context"
	"errors"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

func (a *API) listGroups(ctx context.Context, c call) (any, error) {
	all, err := a.svc.Groups(ctx, c.caller, c.caller.OwnerID)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(all))
	for i, g := range all {
		list[i] = toGroup(g)
	}
	return list, nil
}

func (a *API) getGroup(ctx context.Context, c call) (any, error) {
	id, err := pathID(c, "group_id")
	if err != nil {
		return nil, err
	}
	g, err := a.svc.Group(ctx, c.caller, id)
	if err != nil {
		return nil, err
	}
	return toGroup(g), nil
}

func (a *API) createGroup(ctx context.Context, c call) (any, error) {
	var wrong fields
	g := connect.Group{
		OwnerID: c.caller.OwnerID, Name: c.body.required(&wrong, "name", maxText), ChannelIDs: c.body.numbers(&wrong, "account_ids"),
	}
	if c.body.absent("account_ids") {
		wrong.add("account_ids", "required", "is required")
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	made, err := a.svc.AddGroup(ctx, c.caller, g, onceOf(c, toGroup))
	if err != nil {
		return nil, err
	}
	return toGroup(made), nil
}

// changeGroup changes what is given.
func (a *API) changeGroup(ctx context.Context, c call) (any, error) {
	id, err := pathID(c, "group_id")
	if err != nil {
		return nil, err
	}
	var wrong fields
	var change connect.GroupChange
	if !c.body.absent("name") {
		name := c.body.required(&wrong, "name", maxText)
		change.Name = &name
	}
	if !c.body.absent("account_ids") {
		ids := c.body.numbers(&wrong, "account_ids")
		change.ChannelIDs = &ids
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	g, err := a.svc.ChangeGroup(ctx, c.caller, id, change)
	if err != nil {
		return nil, err
	}
	return toGroup(g), nil
}

// deleteGroup takes a group away; its accounts stay. A repetition of a request that died
// before its answer finds it gone.
func (a *API) deleteGroup(ctx context.Context, c call) (any, error) {
	id, err := pathID(c, "group_id")
	if err != nil {
		return nil, err
	}
	if err := a.svc.DeleteGroup(ctx, c.caller, id); err != nil && !(c.again && errors.Is(err, fault.NotFound)) {
		return nil, err
	}
	return struct{}{}, nil
}
