package api

import (
	"context"

	"patchbay/internal/connect"
)

type createKeyInput struct{ Body newKeyJSON }

func (a *API) createKey(ctx context.Context, in *createKeyInput, once connect.Once[connect.CreatedKey]) (connect.CreatedKey, error) {
	return a.svc.AddKey(ctx, callerOf(ctx), in.Body.core(), once)
}

func (a *API) listKeys(ctx context.Context, in *pageInput) (keyPageJSON, error) {
	list, next, err := pageOf(in, func(after int64, limit int) ([]connect.Key, error) {
		return a.svc.Keys(ctx, callerOf(ctx), after, limit)
	}, func(k connect.Key) int64 { return k.ID })
	return keyPageJSON{Data: each(list, toKey), NextCursor: next}, err
}

type keyInput struct {
	ID int64 `path:"id" doc:"The key's id." example:"4"`
}

func (a *API) getKey(ctx context.Context, in *keyInput) (keyJSON, error) {
	key, err := a.svc.Key(ctx, callerOf(ctx), in.ID)
	return toKey(key), err
}

func (a *API) revokeKey(ctx context.Context, in *keyInput) (keyJSON, error) {
	key, err := a.svc.RevokeKey(ctx, callerOf(ctx), in.ID)
	return toKey(key), err
}
