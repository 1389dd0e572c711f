package api

import (
	"context"

	"patchbay/internal/connect"
	"patchbay/internal/fault"
)

type createOwnerInput struct {
	Body *newOwnerDetailJSON // optional in the document; readBody makes it an object
}

func (a *API) createOwner(ctx context.Context, in *createOwnerInput, once connect.Once[connect.Owner]) (connect.Owner, error) {
	return a.svc.AddOwner(ctx, callerOf(ctx), in.Body.core(), once)
}

func (a *API) listOwners(ctx context.Context, in *pageInput) (ownerPageJSON, error) {
	list, next, err := pageOf(in, func(after int64, limit int) ([]connect.Owner, error) {
		return a.svc.Owners(ctx, callerOf(ctx), after, limit)
	}, func(o connect.Owner) int64 { return o.ID })
	return ownerPageJSON{Data: each(list, toOwnerDetail), NextCursor: next}, err
}

type ownerInput struct {
	ID int64 `path:"id" doc:"Our id of the owner." example:"3"`
}

func (a *API) getOwner(ctx context.Context, in *ownerInput) (ownerDetailJSON, error) {
	owner, err := a.svc.OwnerByID(ctx, callerOf(ctx), in.ID)
	return toOwnerDetail(owner), err
}

type updateOwnerInput struct {
	ID   int64 `path:"id" doc:"Our id of the owner." example:"3"`
	Body ownerChangeJSON
}

func (a *API) updateOwner(ctx context.Context, in *updateOwnerInput) (ownerDetailJSON, error) {
	owner, err := a.svc.ChangeOwner(ctx, callerOf(ctx), in.ID, in.Body.core())
	return toOwnerDetail(owner), err
}

type eraseOwnerInput struct {
	ID   int64 `path:"id" doc:"Our id of the owner." example:"3"`
	Body eraseOwnerJSON
}

var errNotThatOwner = fault.InvalidField("confirm", "mismatch", "must be the external_id of the owner to erase")

func (a *API) eraseOwner(ctx context.Context, in *eraseOwnerInput) (erasedJSON, error) {
	caller := callerOf(ctx)
	if caller.May(connect.ScopeOwnersWrite) && caller.OwnerID == 0 { // others are refused by the core, and told nothing before
		owner, err := a.svc.Owner(ctx, caller, in.ID)
		if err != nil {
			return erasedJSON{}, err
		}
		if owner.ExternalID != in.Body.Confirm {
			return erasedJSON{}, errNotThatOwner
		}
	}
	erased, err := a.svc.EraseOwner(ctx, caller, in.ID)
	return toErased(erased), err
}
